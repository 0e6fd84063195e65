
/*
 * One round of fetching an issuer's keys: discovery where the address is not
 * known, then the key set.  Where the first place of discovery keeps silent,
 * the second is asked beside it.  Made by start, released by done, which is
 * also how to cancel it.  The caller holds the lease of the issuer's record.
 */


#ifndef NGX_OAUTH_REFRESH_H_INCLUDED
#define NGX_OAUTH_REFRESH_H_INCLUDED


#include "ngx_oauth_fetch.h"
#include "ngx_oauth_provider.h"
#include "oauth_discovery.h"


#define NGX_OAUTH_REFRESH_ERROR   1536
#define NGX_OAUTH_REFRESH_PLACES  2     /* of a discovery document            */


typedef struct ngx_oauth_refresh_s  ngx_oauth_refresh_t;

/* Called once, from the event loop; calls done. */

typedef void (*ngx_oauth_refresh_pt)(ngx_oauth_refresh_t *refresh);


/* A document that is asked for. */

typedef struct {
    ngx_oauth_refresh_t    *refresh;
    ngx_oauth_fetch_t      *fetch;      /* NULL: not under way                */
    oauth_buf_t             url;
} ngx_oauth_refresh_document_t;


struct ngx_oauth_refresh_s {
    ngx_oauth_issuer_t     *issuer;
    ngx_oauth_refresh_pt    handler;
    void                   *data;       /* the caller's                       */

    /* The result, until done; keys == NULL: error says why, in one line. */
    oauth_jwks_t           *keys;
    ngx_str_t               text;       /* that the keys were parsed from     */
    ngx_str_t               uri;        /* where it lies                      */
    time_t                  max_age;
    u_char                  error[NGX_OAUTH_REFRESH_ERROR];

    /* one for each place of discovery; then the first is the key set */
    ngx_oauth_refresh_document_t  documents[NGX_OAUTH_REFRESH_PLACES];
    ngx_uint_t              asked;      /* places of discovery                */
    ngx_event_t             patience;   /* ends: the next place is asked      */
    oauth_discovery_t       discovery;
    size_t                  error_len;
};


/*
 * The time in ms for which a lease is to be held: one fetch and some more.
 * Each fetch that starts prolongs it.
 */

#define ngx_oauth_refresh_time(issuer)  ((issuer)->timeout + 2000)


/*
 * uri: the known address of the key set; empty: it is to be discovered.
 * NULL: no memory.  The handler is never called from within start.
 */

ngx_oauth_refresh_t *ngx_oauth_refresh_start(ngx_oauth_issuer_t *issuer,
    ngx_str_t *uri, ngx_oauth_refresh_pt handler, void *data);

void ngx_oauth_refresh_done(ngx_oauth_refresh_t *refresh);


#endif /* NGX_OAUTH_REFRESH_H_INCLUDED */
