
/*
 * The body of a response that the module writes itself, after its header was
 * sent.
 */


#ifndef NGX_OAUTH_BODY_H_INCLUDED
#define NGX_OAUTH_BODY_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Sends the text, which must stay for as long as the request, as whole body.
 * Returns what nginx's filters return; NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_body_send(ngx_http_request_t *r, const ngx_str_t *text);


#endif /* NGX_OAUTH_BODY_H_INCLUDED */
