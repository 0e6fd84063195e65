
/*
 * The step "proof".  The claim "cnf" of the token alone decides whether the
 * token is bound, and to what; the scheme of the request and the name that the
 * authorization server gives to the kind of token do not.  Without a proof,
 * whoever sends a bound token may have stolen it.
 */


#include "ngx_oauth_proof.h"


oauth_reason_t
ngx_oauth_proof_verify(ngx_oauth_ctx_t *ctx)
{
    return ctx->token->confirmation.bound ? OAUTH_SENDER_CONSTRAINED
                                          : OAUTH_OK;
}
