
/*
 * The one place in the code where the verdict about a request is known to be
 * final.  The handlers note in the context what they have done with the
 * request.  When nginx destroys the request's pool, which the context is in,
 * the last of these notes is the verdict.  It is written to the debug log.
 */


#include "ngx_oauth_trace.h"
#include "ngx_oauth_verdict.h"


void
ngx_oauth_verdict_done(const ngx_oauth_ctx_t *ctx)
{
    if (ctx->verdict != NGX_OAUTH_VERDICT_NONE
        && ngx_oauth_trace_is_on(ctx->request))
    {
        ngx_oauth_trace_verdict(ctx);
    }
}
