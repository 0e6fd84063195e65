
/*
 * One round of fetching an issuer's keys: discovery, unless the address of the
 * key set is known, and then the key set.  If the first well-known URL does not
 * answer soon, the second is asked as well.  The caller holds the lease of the
 * issuer's record.  Start creates a refresh and done releases it, which is also
 * the way to cancel it.
 */


#ifndef NGX_OAUTH_REFRESH_H_INCLUDED
#define NGX_OAUTH_REFRESH_H_INCLUDED


#include "ngx_oauth_fetch.h"
#include "ngx_oauth_issuer.h"
#include "oauth_discovery.h"


#define NGX_OAUTH_REFRESH_ERROR  1536
#define NGX_OAUTH_REFRESH_URLS   2      /* well-known ones of an issuer       */


typedef struct ngx_oauth_refresh_s  ngx_oauth_refresh_t;

/* Called once, from the event loop; has to call done. */

typedef void (*ngx_oauth_refresh_pt)(ngx_oauth_refresh_t *refresh);


/* A document that is fetched. */

typedef struct {
    ngx_oauth_refresh_t           *refresh;
    ngx_oauth_fetch_t             *fetch;       /* NULL: not under way        */
    oauth_buf_t                    url;
} ngx_oauth_refresh_document_t;


struct ngx_oauth_refresh_s {
    const ngx_oauth_issuer_t      *issuer;
    ngx_oauth_refresh_pt           handler;
    void                          *data;        /* the caller's               */

    /*
     * The result, valid from the handler until done.  keys == NULL: error says
     * in one line why there are none.
     */
    oauth_jwks_t                  *keys;
    ngx_str_t                      text;        /* that the keys come from    */
    ngx_str_t                      uri;         /* the address of that text   */
    ngx_str_t                      metadata;    /* as of oauth_readiness_reduce;
                                                   empty: none was read       */
    time_t                         max_age;
    u_char                         error[NGX_OAUTH_REFRESH_ERROR];

    /* one for each well-known URL; the first is used again for the key set */
    ngx_oauth_refresh_document_t   documents[NGX_OAUTH_REFRESH_URLS];
    ngx_uint_t                     asked;       /* well-known URLs            */
    ngx_event_t                    silence;     /* timer: asks the next one   */
    oauth_discovery_t              discovery;
    size_t                         error_len;
};


/*
 * The time in milliseconds for which a lease is taken: that of one fetch and
 * two seconds.  Each fetch of the round prolongs it.
 */

#define ngx_oauth_refresh_time(issuer)  ((issuer)->timeout + 2000)


/*
 * known: what an earlier discovery has found, of which the address of the key
 * set and the metadata are copied; NULL: the address is jwks_uri, or discovery
 * finds it.  Returns NULL: no memory, or the lease is lost.  The handler is
 * never called from within start.
 */

ngx_oauth_refresh_t *ngx_oauth_refresh_start(const ngx_oauth_issuer_t *issuer,
    const ngx_oauth_doc_content_t *known, ngx_oauth_refresh_pt handler,
    void *data);

void ngx_oauth_refresh_done(ngx_oauth_refresh_t *refresh);


#endif /* NGX_OAUTH_REFRESH_H_INCLUDED */
