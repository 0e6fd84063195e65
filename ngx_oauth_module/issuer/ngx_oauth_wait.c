
/*
 * A queue of waiting requests, on nginx's event loop.
 *
 * A handler that is called may end its own request, end the waits of others,
 * and start to wait again.  So the woken requests are called from a posted
 * event, and the queue is read anew after each of them.
 *
 * The timer of a wait is not cancelable: a worker that shuts down gracefully
 * waits for it.
 */


#include "ngx_oauth_wait.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_WAIT_LIMIT  5000      /* ms; of all waits of a request      */


static void ngx_oauth_wait_queue_event(ngx_event_t *ev);
static void ngx_oauth_wait_queue_clear(ngx_queue_t *queue);
static void ngx_oauth_wait_timer(ngx_event_t *ev);


void
ngx_oauth_wait_queue_create(ngx_oauth_wait_queue_t *queue, ngx_log_t *log)
{
    ngx_queue_init(&queue->waiting);
    ngx_queue_init(&queue->woken);

    ngx_oauth_watch_timer(&queue->event, ngx_oauth_wait_queue_event, log);
}


void
ngx_oauth_wait_queue_free(ngx_oauth_wait_queue_t *queue)
{
    ngx_oauth_wait_queue_clear(&queue->waiting);
    ngx_oauth_wait_queue_clear(&queue->woken);

    if (queue->event.posted) {
        ngx_delete_posted_event(&queue->event);
    }
}


static void
ngx_oauth_wait_queue_clear(ngx_queue_t *queue)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_oauth_wait_done(ngx_queue_data(q, ngx_oauth_wait_t, queue));
    }
}


ngx_uint_t
ngx_oauth_wait_queue_is_empty(const ngx_oauth_wait_queue_t *queue)
{
    return ngx_queue_empty(&queue->waiting);
}


void
ngx_oauth_wait_queue_wake(ngx_oauth_wait_queue_t *queue)
{
    if (ngx_queue_empty(&queue->waiting)) {
        return;
    }

    ngx_queue_add(&queue->woken, &queue->waiting);
    ngx_queue_init(&queue->waiting);

    ngx_post_event(&queue->event, &ngx_posted_events);
}


static void
ngx_oauth_wait_queue_event(ngx_event_t *ev)
{
    ngx_queue_t             *q;
    ngx_oauth_wait_t        *wait;
    ngx_oauth_wait_queue_t  *queue;

    queue = ngx_oauth_container(ev, ngx_oauth_wait_queue_t, event);

    while (!ngx_queue_empty(&queue->woken)) {
        q = ngx_queue_head(&queue->woken);
        wait = ngx_queue_data(q, ngx_oauth_wait_t, queue);

        ngx_oauth_wait_done(wait);
        wait->handler(wait);
    }
}


ngx_msec_t
ngx_oauth_wait_left(const ngx_oauth_wait_t *wait)
{
    return (wait->spent < NGX_OAUTH_WAIT_LIMIT)
           ? NGX_OAUTH_WAIT_LIMIT - wait->spent : 0;
}


void
ngx_oauth_wait_start(ngx_oauth_wait_queue_t *queue, ngx_oauth_wait_t *wait)
{
    ngx_oauth_watch_timer(&wait->timer, ngx_oauth_wait_timer, wait->log);
    ngx_add_timer(&wait->timer, ngx_oauth_wait_left(wait));

    ngx_queue_insert_tail(&queue->waiting, &wait->queue);
    wait->started = ngx_current_msec;
    wait->linked = 1;
}


void
ngx_oauth_wait_done(ngx_oauth_wait_t *wait)
{
    if (!wait->linked) {
        return;
    }

    ngx_queue_remove(&wait->queue);
    wait->spent += ngx_current_msec - wait->started;
    wait->linked = 0;

    if (wait->timer.timer_set) {
        ngx_del_timer(&wait->timer);
    }
}


static void
ngx_oauth_wait_timer(ngx_event_t *ev)
{
    ngx_oauth_wait_t  *wait;

    wait = ngx_oauth_container(ev, ngx_oauth_wait_t, timer);

    ngx_log_debug0(NGX_LOG_DEBUG_HTTP, wait->log, 0,
                   "oauth: the request has waited as long as it may");

    ngx_oauth_wait_done(wait);
    wait->handler(wait);
}
