
/*
 * An HTTP client that never blocks the worker: one GET, one answer.
 *
 * One client a worker; a fetch is made by start and released by done, which
 * at any time before the handler runs is also how to cancel it.
 */


#ifndef NGX_OAUTH_FETCH_H_INCLUDED
#define NGX_OAUTH_FETCH_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "oauth.h"


#define NGX_OAUTH_FETCH_BODY     (1024 * 1024)
#define NGX_OAUTH_FETCH_HEADERS  (64 * 1024)
#define NGX_OAUTH_FETCH_ERROR    384


typedef struct ngx_oauth_fetch_s  ngx_oauth_fetch_t;

/* Called once, from the event loop; may call done and start. */

typedef void (*ngx_oauth_fetch_pt)(ngx_oauth_fetch_t *fetch);


/* What to fetch and how; read by start only, but for the certificates. */

typedef struct {
    ngx_str_t            url;
    ngx_str_t            proxy;         /* of https; plain http is never sent
                                           to one.  Empty: none, whatever the
                                           environment says                   */
    ngx_str_t            certificates;  /* PEM, must outlive the fetch;
                                           empty: the system's store          */
    ngx_str_t            local;         /* abstract name of a unix socket to
                                           connect to instead                 */
    ngx_msec_t           timeout;       /* of the whole fetch                 */
} ngx_oauth_fetch_conf_t;


struct ngx_oauth_fetch_s {
    ngx_queue_t          queue;
    ngx_oauth_fetch_pt   handler;
    void                *data;          /* the caller's                       */

    /*
     * The result, from the handler until done.  NGX_OK: a whole 200 answer;
     * NGX_DECLINED: an answer, but not a usable one; NGX_ERROR: no answer.
     */
    ngx_int_t            rc;
    oauth_buf_t          body;
    ngx_str_t            type;          /* Content-Type, as sent              */
    time_t               max_age;       /* seconds it stays fresh; -1: the
                                           answer does not say                */
    u_char               error[NGX_OAUTH_FETCH_ERROR];  /* one printable line */

    void                *easy;
    void                *headers;
    size_t               header_size;
    const char          *refused;       /* why we ended it ourselves          */
    char                 message[NGX_OAUTH_FETCH_ERROR];
};


/*
 * The worker's client, for its life.  https: fetches that trust the system's
 * certificates are to come, these are loaded at once.
 */

ngx_int_t ngx_oauth_fetch_create(ngx_uint_t https, ngx_log_t *log);
void ngx_oauth_fetch_free(void);


/* NULL: no memory.  The handler is never called from within start. */

ngx_oauth_fetch_t *ngx_oauth_fetch_start(ngx_oauth_fetch_conf_t *conf,
    ngx_oauth_fetch_pt handler, void *data);

void ngx_oauth_fetch_done(ngx_oauth_fetch_t *fetch);


#endif /* NGX_OAUTH_FETCH_H_INCLUDED */
