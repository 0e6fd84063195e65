
/*
 * CORS (Fetch standard, section 3.2) for pages in browsers.
 */


#ifndef NGX_OAUTH_CORS_H_INCLUDED
#define NGX_OAUTH_CORS_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Answers a preflight of a protected location.  NGX_DECLINED: the request is
 * not a preflight that the module answers.
 */

ngx_int_t ngx_oauth_cors_preflight(ngx_http_request_t *r);

/* Adds what a preflight asks for; NGX_OK or NGX_ERROR. */

ngx_int_t ngx_oauth_cors_allow(ngx_http_request_t *r);

/*
 * The same where only these methods are allowed, and which request fields the
 * answer varies with.
 */

ngx_int_t ngx_oauth_cors_headers(ngx_http_request_t *r, ngx_str_t *methods,
    ngx_str_t *varies);

/* Lets a page read a refusal, or its error page; NGX_OK or NGX_ERROR. */

ngx_int_t ngx_oauth_cors_refusal(ngx_http_request_t *r, ngx_uint_t paged);

/* 1 when a browser asks for what its window is to show (Sec-Fetch-Mode). */

ngx_uint_t ngx_oauth_cors_navigates(ngx_http_request_t *r);


#endif /* NGX_OAUTH_CORS_H_INCLUDED */
