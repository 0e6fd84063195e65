
/*
 * The part of a refusal's log line that says which certificate the token is
 * bound to (RFC 8705 section 3), which one the client has, and where the module
 * has looked for it.  It shows thumbprints only, which tell nothing about
 * whoever has the certificate.
 */


#include "ngx_oauth_explain_line.h"
#include "ngx_oauth_mtls.h"


void
ngx_oauth_explain_mtls(ngx_oauth_explain_t *e)
{
    u_char          thumbprint[OAUTH_HASH_SIZE];
    oauth_str_t     client;
    oauth_reason_t  reason;

    reason = e->ctx->reason;

    if (reason != OAUTH_NO_CERTIFICATE
        && reason != OAUTH_CERTIFICATE_MALFORMED
        && reason != OAUTH_WRONG_CERTIFICATE)
    {
        return;
    }

    ngx_oauth_explain_put(e, ": the token is bound to the one with the "
                          "thumbprint ");
    ngx_oauth_explain_value(e, &e->came, e->ctx->token->confirmation.x5t);

    if (reason == OAUTH_WRONG_CERTIFICATE
        && ngx_oauth_mtls_thumbprint(e->ctx, thumbprint) == OAUTH_OK)
    {
        client.data = thumbprint;
        client.len = OAUTH_HASH_SIZE;

        ngx_oauth_explain_put(e, ", the client has ");
        ngx_oauth_explain_value(e, &e->came, client);
    }

    if (e->ctx->conf->certificate) {
        ngx_oauth_explain_put(e, ", and certificate= in oauth_mtls is ");
        ngx_oauth_explain_value(e, &e->wanted,
                             ngx_oauth_str(&e->ctx->conf->certificate->value));
    }
}
