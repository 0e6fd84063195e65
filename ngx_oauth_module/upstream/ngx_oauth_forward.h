
/*
 * The header fields that the app sees.  Each function works on r->headers_in
 * and returns NGX_OK, or NGX_ERROR when memory is short.
 */


#ifndef NGX_OAUTH_FORWARD_H_INCLUDED
#define NGX_OAUTH_FORWARD_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * For a request that enters a location: takes off the client's copies of every
 * name that the server sets, and a token that is not to leave the location
 * that it came from.  The identity of an admitted request stays.
 */

ngx_int_t ngx_oauth_forward_enter(ngx_http_request_t *r);

/* Takes off those, and the token where the location does not pass it. */

ngx_int_t ngx_oauth_forward_anonymous(ngx_oauth_ctx_t *ctx);

/* The same, then adds the identity of the verified token. */

ngx_int_t ngx_oauth_forward_identity(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_FORWARD_H_INCLUDED */
