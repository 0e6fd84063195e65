
/*
 * What a fetch sends, and how: method, URL, header fields, body, proxy, trust
 * and time.  Whoever starts a fetch fills in the request, which is only read
 * while the fetch starts.
 *
 * Body and header fields may hold secrets.  So the copies of them that libcurl
 * reads are this module's, and are wiped when the fetch is done.
 */


#ifndef NGX_OAUTH_FETCH_REQUEST_H_INCLUDED
#define NGX_OAUTH_FETCH_REQUEST_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct {
    ngx_str_t             method;       /* any but HEAD, whose response libcurl
                                           would take for one with a body     */
    ngx_str_t             url;
    const ngx_keyval_t   *fields;       /* header fields; no value is empty   */
    ngx_uint_t            nfields;
    ngx_str_t             body;         /* empty: none.  Its type is that of a
                                           form unless a field names another  */

    ngx_str_t             proxy;        /* for https; plain http never goes to
                                           a proxy.  Empty: none, whatever the
                                           environment says                   */
    ngx_str_t             certificates; /* PEM, has to outlive the fetch;
                                           empty: the system's store          */
    ngx_str_t             local;        /* not empty: connects to the unix
                                           socket of this abstract name       */
    ngx_msec_t            timeout;      /* of the whole fetch                 */
    size_t                limit;        /* of the response's body, in bytes   */
} ngx_oauth_fetch_request_t;


/* What libcurl reads until the fetch is done. */

typedef struct {
    void                 *fields;       /* struct curl_slist                  */
    ngx_str_t             body;
} ngx_oauth_fetch_request_sent_t;


/*
 * Creates libcurl's handle for the request.  The handle belongs to the caller.
 * sent starts as all zero; the caller releases it after the handle, also after
 * a failure.  NULL: no memory.
 */

void *ngx_oauth_fetch_request_create(const ngx_oauth_fetch_request_t *request,
    ngx_oauth_fetch_request_sent_t *sent);

/* Wipes and frees the copies. */

void ngx_oauth_fetch_request_free(ngx_oauth_fetch_request_sent_t *sent);


#endif /* NGX_OAUTH_FETCH_REQUEST_H_INCLUDED */
