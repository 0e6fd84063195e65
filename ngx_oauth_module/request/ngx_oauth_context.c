
/*
 * How a request's context begins and ends, and how a request waits.  nginx
 * wipes r->ctx when it redirects a request internally, so the module finds the
 * context again by the cleanup that it has in the request's pool.  A request
 * that has to wait is parked: nginx does not run its phases until the wait is
 * over, and then continues with the phase that the request was in.
 */


#include "ngx_oauth_context.h"
#include "ngx_oauth_recheck.h"
#include "ngx_oauth_trace.h"
#include "ngx_oauth_verdict.h"


static void ngx_oauth_context_prepare_wait(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_context_parked(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_context_wake(ngx_oauth_wait_t *wait);
static void ngx_oauth_context_inherit(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_context_cleanup(void *data);


ngx_int_t
ngx_oauth_context_park(ngx_oauth_ctx_t *ctx, ngx_uint_t unknown_key)
{
    ngx_int_t  rc;

    if (ctx->waiting == NGX_OAUTH_WAIT_LATER) {
        return NGX_AGAIN;
    }

    if (ctx->waiting == NGX_OAUTH_WAIT_NEVER) {
        ngx_oauth_provider_fetch(ctx->issuer->provider, unknown_key);
        return NGX_DECLINED;
    }

    ngx_oauth_context_prepare_wait(ctx);

    rc = ngx_oauth_provider_wait(ctx->issuer->provider, unknown_key,
                                 &ctx->wait);

    if (rc == NGX_AGAIN) {
        ngx_oauth_context_parked(ctx);
    }

    return rc;
}


ngx_int_t
ngx_oauth_context_park_question(ngx_oauth_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->waiting == NGX_OAUTH_WAIT_LATER) {
        return NGX_AGAIN;
    }

    if (ctx->waiting == NGX_OAUTH_WAIT_NEVER) {
        return NGX_DECLINED;
    }

    ngx_oauth_context_prepare_wait(ctx);

    rc = ngx_oauth_question_wait(ctx->question, &ctx->wait);

    if (rc == NGX_AGAIN) {
        ngx_oauth_context_parked(ctx);
    }

    return rc;
}


static void
ngx_oauth_context_prepare_wait(ngx_oauth_ctx_t *ctx)
{
    ctx->wait.handler = ngx_oauth_context_wake;
    ctx->wait.data = ctx;
    ctx->wait.log = ctx->request->connection->log;
}


/*
 * If the client closes the connection, the request ends.  A post_action runs
 * after the response, so it does not need the client any more.
 */

static void
ngx_oauth_context_parked(ngx_oauth_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    if (ctx->jwt) {
        oauth_jwt_shrink(ctx->jwt);
    }

    r->read_event_handler = r->post_action ? ngx_http_block_reading
                                           : ngx_http_test_reading;
    r->write_event_handler = ngx_http_request_empty_handler;
}


/* Continues with the request, which may be freed when this returns. */

static void
ngx_oauth_context_wake(ngx_oauth_wait_t *wait)
{
    ngx_oauth_ctx_t *ctx = wait->data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ngx_oauth_trace_is_on(r)) {
        ngx_oauth_trace_wake(ctx);
    }

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
    ngx_http_run_posted_requests(c);
}


ngx_oauth_ctx_t *
ngx_oauth_context_lookup(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t     *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_http_get_module_ctx(r, ngx_oauth_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /* A main request and its subrequests have one pool, with all contexts. */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_oauth_context_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_oauth_module);
            return ctx;
        }
    }

    return NULL;
}


ngx_oauth_ctx_t *
ngx_oauth_context_create(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_oauth_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {
        ctx = ngx_oauth_context_lookup(r);
    }

    return ctx ? ctx : ngx_oauth_context_new(r);
}


ngx_oauth_ctx_t *
ngx_oauth_context_new(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t     *ctx;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_oauth_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_oauth_ctx_t));

    ctx->request = r;
    cln->handler = ngx_oauth_context_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_oauth_module);

    if (r != r->main) {
        ngx_oauth_context_inherit(ctx);
    }

    return ctx;
}


/* A subrequest is decided by the token of the main request. */

static void
ngx_oauth_context_inherit(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_ctx_t  *main;

    main = ngx_oauth_context_lookup(ctx->request->main);

    if (main == NULL) {
        return;
    }

    ctx->authorization = main->authorization;
    ctx->proof.field = main->proof.field;
    ctx->proof.fields = main->proof.fields;

    if (main->token) {
        ctx->token = oauth_token_acquire(main->token);
        ctx->settled = main->settled;
    }
}


/*
 * When nginx redirects a refused request to an error_page, the rewrite rules of
 * the server itself run again before nginx looks for the location of the page.
 * The module decides nothing while they do.
 */

ngx_uint_t
ngx_oauth_context_is_error_page(ngx_http_request_t *r,
    const ngx_oauth_ctx_t *ctx)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    return r->internal
           && r->loc_conf == cscf->ctx->loc_conf
           && ctx->refusal.status
           && ctx->refusal.status == r->err_status;
}


static void
ngx_oauth_context_cleanup(void *data)
{
    ngx_oauth_ctx_t *ctx = data;

    ngx_oauth_verdict_done(ctx);
    ngx_oauth_wait_done(&ctx->wait);
    ngx_oauth_recheck_done(&ctx->recheck);
    ngx_oauth_question_release(ctx->question);

    oauth_jwt_free(ctx->jwt);
    oauth_token_free(ctx->token);
}
