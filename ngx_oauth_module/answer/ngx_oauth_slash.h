
/*
 * nginx's own redirect to the slash that a location ends with.
 */


#ifndef NGX_OAUTH_SLASH_H_INCLUDED
#define NGX_OAUTH_SLASH_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Returns the status that a request gets in place of nginx's redirect, or
 * NGX_DECLINED: the redirect stays.
 */

ngx_int_t ngx_oauth_slash_redirect(ngx_http_request_t *r);


#endif /* NGX_OAUTH_SLASH_H_INCLUDED */
