
/*
 * The part of a refusal's log line that says what the token is bound to and
 * what proof the request has, if the token is good but the proof is not.
 */


#include "ngx_oauth_explain_line.h"


static void ngx_oauth_explain_bound(ngx_oauth_explain_t *e);


void
ngx_oauth_explain_proof(ngx_oauth_explain_t *e)
{
    if (e->ctx->reason == OAUTH_SENDER_CONSTRAINED) {
        ngx_oauth_explain_bound(e);
    }
}


static void
ngx_oauth_explain_bound(ngx_oauth_explain_t *e)
{
    const oauth_confirmation_t  *confirmation;

    if (e->ctx->token == NULL) {
        ngx_oauth_explain_put(e, ": the scheme of its Authorization header is "
                              OAUTH_CREDENTIALS_PROOF_NAME ", "
                              OAUTH_CREDENTIALS_NAME " is wanted");
        return;
    }

    confirmation = &e->ctx->token->confirmation;

    if (confirmation->unknown) {
        ngx_oauth_explain_put(e, ": its cnf names neither a key of DPoP (jkt) "
                              "nor a client's TLS certificate (x5t#S256)");

    } else if (confirmation->jkt.data) {
        ngx_oauth_explain_put(e, ": its cnf names a key of DPoP (jkt)");

    } else {
        ngx_oauth_explain_put(e, ": its cnf names a client's TLS certificate "
                              "(x5t#S256)");
    }
}
