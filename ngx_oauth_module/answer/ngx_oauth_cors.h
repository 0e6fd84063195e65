
/*
 * CORS (Fetch standard, section 3.2) for agents that run in a web page, and
 * whether a request is a browser's navigation (Fetch Metadata).  The functions
 * add fields to the response; the bytes of these are constants, or in the
 * request's pool.
 */


#ifndef NGX_OAUTH_CORS_H_INCLUDED
#define NGX_OAUTH_CORS_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Prepares the response to a preflight for a protected location.  Returns the
 * status that the access handler has to return; NGX_OK when the location is in
 * a dry run, so that the app answers; NGX_DECLINED when the request is not a
 * preflight that the module answers.
 */

ngx_int_t ngx_oauth_cors_preflight(ngx_http_request_t *r);

/*
 * Adds the fields that permit what the preflight asks for.  Returns NGX_OK, or
 * NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_cors_allow(ngx_http_request_t *r);

/*
 * Does the same, but permits these methods only.  varies: the request fields
 * that the response depends on, the value of Vary.
 */

ngx_int_t ngx_oauth_cors_headers(ngx_http_request_t *r, ngx_str_t *methods,
    ngx_str_t *varies);

/*
 * Adds the fields that permit a web page to read the response to a refused
 * request.  paged: the response is an error_page.  dpop: the response may have
 * a nonce.  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_cors_refusal(ngx_http_request_t *r, ngx_uint_t paged,
    ngx_uint_t dpop);

/*
 * Returns 1 if a browser is going to show the response in its window (Fetch
 * Metadata: Sec-Fetch-Mode is "navigate").
 */

ngx_uint_t ngx_oauth_cors_navigates(ngx_http_request_t *r);


#endif /* NGX_OAUTH_CORS_H_INCLUDED */
