
/*
 * The redirect by which nginx adds the slash at the end of a location's name.
 * In a protected location a refusal takes its place.  What is prepared for the
 * response is in the request's pool or in the configuration's.
 */


#ifndef NGX_OAUTH_SLASH_H_INCLUDED
#define NGX_OAUTH_SLASH_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Returns the status of the response that takes the place of nginx's redirect
 * (500 when memory is short), or NGX_DECLINED when the redirect stays.
 */

ngx_int_t ngx_oauth_slash_redirect(ngx_http_request_t *r);


#endif /* NGX_OAUTH_SLASH_H_INCLUDED */
