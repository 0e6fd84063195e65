
/*
 * DPoP (RFC 9449): the proof that comes with a request in the header field
 * DPoP.  A proof is about the request that the client sent, so it is verified
 * once, whatever nginx does with that request: redirects, error pages and
 * subrequests are decided by the same proof.  What is kept is in the context of
 * the main request.
 */


#ifndef NGX_OAUTH_DPOP_H_INCLUDED
#define NGX_OAUTH_DPOP_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Decides whether the client has proved that it has the key to which the token
 * ctx->token is bound, as the location ctx->conf demands.  Returns OAUTH_OK, or
 * the reason to refuse the request.
 */

oauth_reason_t ngx_oauth_dpop_verify(ngx_oauth_ctx_t *ctx);

/*
 * Remembers the request's DPoP fields in the context.  It is called before they
 * are removed from the request; from then on the remembered one counts.
 */

void ngx_oauth_dpop_keep(ngx_oauth_ctx_t *ctx);

/*
 * Returns the path that a proof has to name, as the client sent it and without
 * the query, and the method.  Both are views of what the request holds.
 */

ngx_str_t ngx_oauth_dpop_path(const ngx_http_request_t *r);
ngx_str_t ngx_oauth_dpop_method(const ngx_http_request_t *r);

/*
 * ctx is that of the main request.  If the response has to bring a nonce for
 * the client's next proof, *nonce is that nonce, in the request's pool;
 * otherwise it is empty.  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_dpop_nonce(const ngx_oauth_ctx_t *ctx, ngx_str_t *nonce);


#endif /* NGX_OAUTH_DPOP_H_INCLUDED */
