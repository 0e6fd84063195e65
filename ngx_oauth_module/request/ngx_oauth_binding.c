
/*
 * The step "proof", which is about both kinds of binding: a key (DPoP, RFC
 * 9449) and a TLS certificate (RFC 8705).  The claim "cnf" of the token alone
 * decides whether the token is bound, and to what; the scheme of the request
 * and the name that the authorization server gives to the kind of token do not.
 * Without a proof, whoever sends a bound token may have stolen it.
 */


#include "ngx_oauth_binding.h"
#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_dpop.h"
#include "ngx_oauth_mtls.h"


static oauth_reason_t ngx_oauth_binding_check(const ngx_oauth_ctx_t *ctx);


oauth_reason_t
ngx_oauth_binding_verify(ngx_oauth_ctx_t *ctx)
{
    oauth_reason_t  reason;

    /* Most tokens are not bound, and most locations accept that. */

    if (!ctx->token->confirmation.bound
        && ctx->credentials.scheme == OAUTH_CREDENTIALS_BEARER
        && ctx->conf->dpop.mode != NGX_OAUTH_DPOP_REQUIRED
        && ctx->conf->mtls != NGX_OAUTH_CONF_MTLS_REQUIRED)
    {
        return OAUTH_OK;
    }

    reason = ngx_oauth_binding_check(ctx);

    if (reason == OAUTH_OK) {
        reason = ngx_oauth_mtls_verify(ctx);
    }

    /* This comes last, because it uses the proof up. */

    if (reason == OAUTH_OK && ctx->token->confirmation.jkt.data) {
        reason = ngx_oauth_dpop_verify(ctx);
    }

    return reason;
}


/* Compares what the token is bound to with what this location accepts. */

static oauth_reason_t
ngx_oauth_binding_check(const ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t                   scheme, mode;
    oauth_reason_t               reason;
    const oauth_confirmation_t  *confirmation;

    mode = ctx->conf->dpop.mode;
    scheme = (ctx->credentials.scheme == OAUTH_CREDENTIALS_DPOP);
    confirmation = &ctx->token->confirmation;

    if (confirmation->unknown
        || (confirmation->jkt.data && mode == NGX_OAUTH_DPOP_OFF))
    {
        return OAUTH_SENDER_CONSTRAINED;
    }

    reason = ngx_oauth_mtls_accept(ctx);

    if (reason != OAUTH_OK) {
        return reason;
    }

    if (confirmation->jkt.data) {
        return scheme ? OAUTH_OK : OAUTH_SENDER_CONSTRAINED;
    }

    return (scheme || mode == NGX_OAUTH_DPOP_REQUIRED) ? OAUTH_NOT_BOUND
                                                       : OAUTH_OK;
}
