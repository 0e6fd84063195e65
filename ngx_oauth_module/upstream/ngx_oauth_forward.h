
/*
 * The header fields that the app receives: the module removes the client's
 * copies of identity headers, removes the token, and adds the identity.  Each
 * function changes r->headers_in, and returns NGX_OK, or NGX_ERROR when memory
 * is short.  New fields are in the request's pool, and so is an assertion; the
 * values of claims are in the token, which the request keeps.
 */


#ifndef NGX_OAUTH_FORWARD_H_INCLUDED
#define NGX_OAUTH_FORWARD_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Called when a request comes to a server or, after an internal redirect, to a
 * location.  Removes the fields that have a name which oauth_header or
 * oauth_assertion sets anywhere in this server, and the token if the previous
 * location must keep it to itself.  If the request has passed the access phase
 * with an identity, the function changes nothing.
 */

ngx_int_t ngx_oauth_forward_enter(ngx_http_request_t *r);

/*
 * Removes the same fields, and the token unless the location has
 * oauth_pass_token or oauth_dry_run on.  The request then has no identity.
 */

ngx_int_t ngx_oauth_forward_anonymous(ngx_oauth_ctx_t *ctx);

/*
 * Does the same, and then adds the location's identity headers with the claims
 * of ctx->token, which is verified.  Returns also NGX_DECLINED, and sets
 * ctx->reason: there is no assertion, so the request has to be refused.
 */

ngx_int_t ngx_oauth_forward_identity(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_FORWARD_H_INCLUDED */
