
/*
 * Waiting: a queue of requests that wait for the same event, such as the end of
 * a fetch.  The event wakes all of them.  The waits of a request take a bounded
 * time together; the time between them does not count.
 *
 * A wait belongs to its request, a queue to whoever causes the event.
 */


#ifndef NGX_OAUTH_WAIT_H_INCLUDED
#define NGX_OAUTH_WAIT_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


typedef struct ngx_oauth_wait_s  ngx_oauth_wait_t;

/* Called from the event loop, never from within a function declared here. */

typedef void (*ngx_oauth_wait_pt)(ngx_oauth_wait_t *wait);


/*
 * One request that waits.  It starts as all zero, and the caller fills in
 * handler, data and log.  After each start, the handler is called once: when
 * the queue is woken, or when the time is over; unless the wait or its queue is
 * ended first.  The wait has left the queue by then and may be started again,
 * for what is left of its time.
 */

struct ngx_oauth_wait_s {
    ngx_oauth_wait_pt      handler;
    void                  *data;        /* the caller's                       */
    ngx_log_t             *log;         /* the request's                      */

    ngx_queue_t            queue;
    ngx_event_t            timer;
    ngx_msec_t             started;     /* value of ngx_current_msec; of the
                                           last wait                          */
    ngx_msec_t             spent;       /* in waits that have ended           */
    unsigned               linked:1;    /* it is in a queue                   */
};


typedef struct {
    ngx_queue_t            waiting;
    ngx_queue_t            woken;       /* the event calls their handlers     */
    ngx_event_t            event;
} ngx_oauth_wait_queue_t;


void ngx_oauth_wait_queue_create(ngx_oauth_wait_queue_t *queue,
    ngx_log_t *log);

/* Takes all waits out of the queue; their handlers are not called. */

void ngx_oauth_wait_queue_free(ngx_oauth_wait_queue_t *queue);

/* 1 if nobody waits; those that are woken already do not count. */

ngx_uint_t ngx_oauth_wait_queue_is_empty(const ngx_oauth_wait_queue_t *queue);

/*
 * Wakes all that wait now.  Their handlers are called one by one from the event
 * loop.  A request that starts to wait later waits for the next event.
 */

void ngx_oauth_wait_queue_wake(ngx_oauth_wait_queue_t *queue);


/* The milliseconds for which a request that is in no queue may still wait. */

ngx_msec_t ngx_oauth_wait_left(const ngx_oauth_wait_t *wait);

/*
 * Puts the request into the queue, for the milliseconds that are left.  The
 * wait must not be in a queue.
 */

void ngx_oauth_wait_start(ngx_oauth_wait_queue_t *queue,
    ngx_oauth_wait_t *wait);

/* Ends the wait, if there is one, without calling its handler. */

void ngx_oauth_wait_done(ngx_oauth_wait_t *wait);


#endif /* NGX_OAUTH_WAIT_H_INCLUDED */
