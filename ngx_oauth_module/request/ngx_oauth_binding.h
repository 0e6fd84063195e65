
/*
 * What a sender-constrained token is bound to (RFC 7800): with each request the
 * client has to prove that it has the key (DPoP, RFC 9449) or the TLS
 * certificate (RFC 8705) which the token names.
 */


#ifndef NGX_OAUTH_BINDING_H_INCLUDED
#define NGX_OAUTH_BINDING_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Decides whether the request proves what the verified token demands.  Returns
 * OAUTH_OK, or the reason to refuse the request.  The result is never kept with
 * the token.
 */

oauth_reason_t ngx_oauth_binding_verify(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_BINDING_H_INCLUDED */
