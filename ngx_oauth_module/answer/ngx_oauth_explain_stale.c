
/*
 * The part of a refusal's log line that says for how long the bus of a fleet
 * has been silent, what oauth_revocation_stale allows, and how old the token
 * is.  The numbers are those of the decision.
 */


#include "ngx_oauth_explain_line.h"


void
ngx_oauth_explain_stale(ngx_oauth_explain_t *e)
{
    const oauth_token_t           *token;
    const ngx_oauth_conf_stale_t  *stale;

    if (e->ctx->reason != OAUTH_REVOCATIONS_STALE
        && e->ctx->reason != OAUTH_REVOCATIONS_SILENT)
    {
        return;
    }

    stale = &e->ctx->conf->stale;

    if (e->ctx->silence == NGX_OAUTH_BUS_NEVER) {
        ngx_oauth_explain_put(e, ": this node was not in sync since nginx was "
                              "started");
    } else {
        ngx_oauth_explain_put(e, ": for %M ms, oauth_revocation_stale allows "
                              "%M ms", e->ctx->silence, stale->time);
    }

    if (e->ctx->reason == OAUTH_REVOCATIONS_SILENT) {
        return;
    }

    token = e->ctx->token;

    if (token->issued_at == 0) {
        ngx_oauth_explain_put(e, ", token has no iat");

    } else {
        ngx_oauth_explain_put(e, ", iat was %L s ago",
                              (int64_t) ngx_time() - token->issued_at);
    }

    ngx_oauth_explain_put(e, ", fresh is %T s", stale->fresh);
}
