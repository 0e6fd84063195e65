
/*
 * The step "introspect": what the authorization server says about the token of
 * a request (RFC 7662).
 */


#ifndef NGX_OAUTH_INTROSPECT_H_INCLUDED
#define NGX_OAUTH_INTROSPECT_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * 1 if the credentials are not a JWT, and an issuer of the location can be
 * asked about such a token.
 */

ngx_uint_t ngx_oauth_introspect_is_opaque(const ngx_oauth_ctx_t *ctx);

/*
 * Asks the issuers of the location about an opaque token, one after the other
 * until one says that it is active; or the issuer of a verified JWT, where it
 * has "introspect always".  Sets ctx->reason.  Returns NGX_OK: ctx->token is
 * good, or nobody has to be asked; NGX_DECLINED: the token is refused;
 * NGX_AGAIN: the request is parked, or its decision is left open.
 */

ngx_int_t ngx_oauth_introspect(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_INTROSPECT_H_INCLUDED */
