
/*
 * Most responses are short, so a new one is only put at the end of the worker's
 * queue, which is in the order of their beginning.  A timer of the worker takes
 * those off that have lasted almost as long as the shortest interval, and gives
 * each a timer of its own.  All of these timers are cancelable: the connections
 * keep a worker alive that shuts down.
 *
 * The queue and the timer are in the pool of the cycle, the watch over a
 * response is in its request's context.
 */


#include "ngx_oauth_event.h"
#include "ngx_oauth_recheck.h"
#include "ngx_oauth_revoked.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_RECHECK_TICK   1000   /* ms, at most                        */
#define NGX_OAUTH_RECHECK_PARTS  4      /* ticks in an interval, at least     */


struct ngx_oauth_recheck_s {
    ngx_queue_t  queue;                 /* ngx_oauth_context_recheck_t        */
    ngx_msec_t   least;                 /* ms                                 */
    ngx_msec_t   tick;                  /* ms                                 */
    ngx_event_t  timer;
};


/* The timer of one response. */

typedef struct {
    ngx_event_t       event;
    ngx_oauth_ctx_t  *ctx;
} ngx_oauth_recheck_timer_t;


static void ngx_oauth_recheck_change(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_recheck_tick(ngx_event_t *ev);
static ngx_int_t ngx_oauth_recheck_promote(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_recheck_check(ngx_event_t *ev);
static oauth_reason_t ngx_oauth_recheck_verify(const ngx_oauth_ctx_t *ctx);
static void ngx_oauth_recheck_end(ngx_oauth_ctx_t *ctx,
    oauth_reason_t reason);


ngx_oauth_recheck_t *
ngx_oauth_recheck_create(ngx_cycle_t *cycle, ngx_msec_t least)
{
    ngx_oauth_recheck_t  *worker;

    worker = ngx_pcalloc(cycle->pool, sizeof(ngx_oauth_recheck_t));
    if (worker == NULL) {
        return NULL;
    }

    ngx_queue_init(&worker->queue);

    worker->least = least;
    worker->tick = ngx_min(least / NGX_OAUTH_RECHECK_PARTS,
                           NGX_OAUTH_RECHECK_TICK);

    ngx_oauth_watch_timer(&worker->timer, ngx_oauth_recheck_tick, cycle->log);
    worker->timer.cancelable = 1;

    return worker;
}


void
ngx_oauth_recheck_start(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_recheck_t           *worker;
    ngx_oauth_context_recheck_t   *recheck;
    const ngx_oauth_main_conf_t   *mcf;

    recheck = &ctx->recheck;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);
    worker = mcf->recheck;

    /* If nginx has redirected the request, the last location counts. */

    if (worker == NULL
        || ctx->conf->recheck.interval == 0
        || ctx->conf->dry_run
        || !(mcf->store || ctx->conf->recheck.expiry))
    {
        ngx_oauth_recheck_done(recheck);
        return;
    }

    if (recheck->worker) {
        ngx_oauth_recheck_change(ctx);
        return;
    }

    recheck->worker = worker;
    recheck->conf = &ctx->conf->recheck;
    recheck->checked = ngx_current_msec;

    ngx_queue_insert_tail(&worker->queue, &recheck->queue);

    if (!worker->timer.timer_set) {
        ngx_add_timer(&worker->timer, worker->tick);
    }
}


static void
ngx_oauth_recheck_change(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_context_recheck_t  *recheck;

    recheck = &ctx->recheck;
    recheck->conf = &ctx->conf->recheck;

    if (recheck->timer) {
        ngx_add_timer(recheck->timer, recheck->conf->interval);
    }
}


void
ngx_oauth_recheck_done(ngx_oauth_context_recheck_t *recheck)
{
    if (recheck->worker == NULL) {
        return;
    }

    if (recheck->timer == NULL) {
        ngx_queue_remove(&recheck->queue);

    } else if (recheck->timer->timer_set) {
        ngx_del_timer(recheck->timer);
    }

    recheck->worker = NULL;
    recheck->timer = NULL;
}


/* A response without memory for its timer stays in the queue. */

static void
ngx_oauth_recheck_tick(ngx_event_t *ev)
{
    ngx_oauth_ctx_t              *ctx;
    ngx_oauth_recheck_t          *worker;
    ngx_oauth_context_recheck_t  *recheck;

    worker = ngx_oauth_container(ev, ngx_oauth_recheck_t, timer);

    while (!ngx_queue_empty(&worker->queue)) {

        recheck = ngx_queue_data(ngx_queue_head(&worker->queue),
                                 ngx_oauth_context_recheck_t, queue);

        if (!ngx_oauth_msec_passed(recheck->checked + worker->least
                                   - worker->tick))
        {
            break;
        }

        ctx = ngx_oauth_container(recheck, ngx_oauth_ctx_t, recheck);

        if (ngx_oauth_recheck_promote(ctx) != NGX_OK) {
            break;
        }
    }

    if (!ngx_queue_empty(&worker->queue)) {
        ngx_add_timer(&worker->timer, worker->tick);
    }
}


static ngx_int_t
ngx_oauth_recheck_promote(ngx_oauth_ctx_t *ctx)
{
    ngx_msec_int_t                left;
    ngx_oauth_recheck_timer_t    *timer;
    ngx_oauth_context_recheck_t  *recheck;

    recheck = &ctx->recheck;

    timer = ngx_palloc(ctx->request->pool, sizeof(ngx_oauth_recheck_timer_t));
    if (timer == NULL) {
        return NGX_ERROR;
    }

    ngx_oauth_watch_timer(&timer->event, ngx_oauth_recheck_check,
                          recheck->worker->timer.log);
    timer->event.cancelable = 1;
    timer->ctx = ctx;

    ngx_queue_remove(&recheck->queue);
    recheck->timer = &timer->event;

    left = (ngx_msec_int_t) (recheck->checked + recheck->conf->interval
                             - ngx_current_msec);

    ngx_add_timer(&timer->event, (ngx_msec_t) ngx_max(left, 1));

    return NGX_OK;
}


static void
ngx_oauth_recheck_check(ngx_event_t *ev)
{
    ngx_oauth_ctx_t            *ctx;
    oauth_reason_t              reason;
    ngx_oauth_recheck_timer_t  *timer;

    timer = ngx_oauth_container(ev, ngx_oauth_recheck_timer_t, event);
    ctx = timer->ctx;

    reason = ngx_oauth_recheck_verify(ctx);

    if (reason == OAUTH_OK) {
        ngx_add_timer(ev, ctx->recheck.conf->interval);
        return;
    }

    ngx_oauth_recheck_end(ctx, reason);
}


static oauth_reason_t
ngx_oauth_recheck_verify(const ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_main_conf_t  *mcf;

    if (ctx->token == NULL) {
        return OAUTH_OK;
    }

    if (ctx->recheck.conf->expiry
        && ctx->token->ends && ngx_time() >= ctx->token->expires)
    {
        return OAUTH_EXPIRED;
    }

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    return mcf->store ? ngx_oauth_revoked_verify(mcf->store, ctx->token)
                      : OAUTH_OK;
}


/*
 * This sequence of calls closes the connections to the client and to the app
 * for every kind of response.  Finalizing alone leaves HTTP/1.1 clients
 * waiting, because the upstream module keeps the connection alive.  In HTTP/2,
 * nginx only queues the frame that ends the stream while other streams are
 * open, so the event that sends it is posted.  A post_action would keep the
 * response alive, so nginx is told that it has run.
 */

static void
ngx_oauth_recheck_end(ngx_oauth_ctx_t *ctx, oauth_reason_t reason)
{
    ngx_connection_t             *c;
    ngx_http_request_t           *r;
    const ngx_oauth_main_conf_t  *mcf;

    r = ctx->request->main;
    c = r->connection;
    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);

    ngx_http_set_log_request(c->log, r);

    ngx_log_error(NGX_LOG_INFO, c->log, 0,
                  "oauth: nginx ended a response that was running: %s (%s)",
                  oauth_reason_info(reason)->sentence,
                  oauth_reason_info(reason)->code);

    if (mcf->counters) {
        ngx_oauth_counters_add(&mcf->counters->table->ended, 1);
    }

    ctx->reason = reason;

#if (NGX_HTTP_V2)

    if (r->stream) {
        ngx_post_event(r->stream->connection->connection->write,
                       &ngx_posted_events);
    }

#endif

    r->post_action = 1;
    r->uri_changes = 0;

    r->count++;
    ngx_http_finalize_request(r, NGX_ERROR);
    ngx_http_run_posted_requests(c);
}
