
/*
 * The proof that a sender-constrained token needs (RFC 7800): with each request
 * the client has to show that the key to which the token is bound is its own.
 */


#ifndef NGX_OAUTH_PROOF_H_INCLUDED
#define NGX_OAUTH_PROOF_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Decides whether the request proves what the verified token demands.  Returns
 * OAUTH_OK, or the reason to refuse the request.  The result is never kept with
 * the token.
 */

oauth_reason_t ngx_oauth_proof_verify(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_PROOF_H_INCLUDED */
