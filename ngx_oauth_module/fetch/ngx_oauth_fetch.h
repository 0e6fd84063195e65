
/*
 * An HTTP client (RFC 9110) that never blocks the worker: one request, one
 * response.
 *
 * Each worker has one client.  Start creates a fetch and done releases it.
 * Until the handler is called, done is also the way to cancel the fetch.
 */


#ifndef NGX_OAUTH_FETCH_H_INCLUDED
#define NGX_OAUTH_FETCH_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_oauth_fetch_request.h"
#include "ngx_oauth_fetch_response.h"


typedef struct ngx_oauth_fetch_s  ngx_oauth_fetch_t;

/* Called once, from the event loop; may call done and start. */

typedef void (*ngx_oauth_fetch_pt)(ngx_oauth_fetch_t *fetch);


struct ngx_oauth_fetch_s {
    ngx_queue_t                      queue;     /* the client's               */
    ngx_oauth_fetch_pt               handler;
    void                            *data;      /* the caller's               */

    ngx_oauth_fetch_response_t       response;  /* valid from the handler until
                                                   done                       */
    ngx_oauth_fetch_request_sent_t   sent;
    void                            *easy;      /* libcurl's handle           */
};


/* Creates the worker's client.  NGX_ERROR: no memory, which is logged. */

ngx_int_t ngx_oauth_fetch_create(ngx_log_t *log);

/* Ends all fetches, without calling their handlers, and frees the client. */

void ngx_oauth_fetch_free(void);


/* NULL: no memory.  The handler is never called from within start. */

ngx_oauth_fetch_t *ngx_oauth_fetch_start(
    const ngx_oauth_fetch_request_t *request, ngx_oauth_fetch_pt handler,
    void *data);

void ngx_oauth_fetch_done(ngx_oauth_fetch_t *fetch);


#endif /* NGX_OAUTH_FETCH_H_INCLUDED */
