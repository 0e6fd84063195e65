
/*
 * The one place in the code where the verdict about a request is known to be
 * final.  The handlers note verdicts; the last note before the request's pool
 * is destroyed counts.  It is reported once, no matter how often the request
 * was parked or redirected, or how often variables asked for a decision.  A
 * subrequest has a verdict of its own.
 */


#ifndef NGX_OAUTH_VERDICT_H_INCLUDED
#define NGX_OAUTH_VERDICT_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Notes what a handler has done with the request, and the reason.  If nginx
 * then redirects the request to another location, that location's verdict takes
 * its place.  A refusal stays: nginx takes a refused request to its error page
 * at most, and what is decided there is not about what the client asked for.  A
 * refusal ends only if another module has let the request in.  What a dry run
 * would have refused stays, too, since the request would not have come further;
 * but if another location refuses it, then that is its verdict.  A post_action
 * runs when the client has its response, so it changes no verdict.
 */

static ngx_inline void
ngx_oauth_verdict_set(ngx_oauth_ctx_t *ctx, ngx_oauth_context_verdict_t verdict)
{
    if (ctx->request->post_action && ctx->verdict != NGX_OAUTH_VERDICT_NONE) {
        return;
    }

    if (ctx->verdict == NGX_OAUTH_VERDICT_DRY_RUN
        && verdict != NGX_OAUTH_VERDICT_REFUSED)
    {
        return;
    }

    if (ctx->verdict != NGX_OAUTH_VERDICT_REFUSED) {
        ctx->verdict = verdict;
        ctx->verdict_reason = ctx->reason;
        ctx->verdict_conf = ctx->conf;
        ctx->verdict_issuer = ctx->issuer;

    } else if (verdict == NGX_OAUTH_VERDICT_OVERRULED) {
        ctx->verdict = verdict;
    }
}

/*
 * Counts the verdict that was noted last, if there is one, and writes it to the
 * debug log.  Called once for a context, when the request's pool is destroyed.
 */

void ngx_oauth_verdict_done(const ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_VERDICT_H_INCLUDED */
