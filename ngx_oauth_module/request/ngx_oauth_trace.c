
/*
 * Writes to the debug log what the module does with a request.  nginx has such
 * a log if it was built with --with-debug and "error_log" or "debug_connection"
 * asks for it.  The client chooses the kid, so it is quoted and cut.  The
 * credentials are never written.  The lines are put together on the stack.
 */


#include "ngx_oauth_trace.h"
#include "oauth_quote.h"


#if (NGX_DEBUG)

#define NGX_OAUTH_TRACE_KID  64         /* bytes of a quoted kid, at most */


static u_char *ngx_oauth_trace_kid(const ngx_oauth_ctx_t *ctx, u_char *p,
    u_char *last);
static const ngx_str_t *ngx_oauth_trace_issuer(
    const ngx_oauth_issuer_t *issuer);


static const char *const  ngx_oauth_trace_verdicts[] = {
    [NGX_OAUTH_VERDICT_NONE] = "not decided about",
    [NGX_OAUTH_VERDICT_ADMITTED] = "admitted",
    [NGX_OAUTH_VERDICT_REFUSED] = "refused",
    [NGX_OAUTH_VERDICT_DRY_RUN] = "let in by a dry run",
    [NGX_OAUTH_VERDICT_OVERRULED] = "let in by another module"
};


void
ngx_oauth_trace_step(const ngx_oauth_ctx_t *ctx, const char *step,
    ngx_int_t rc)
{
    u_char       kid[NGX_OAUTH_TRACE_KID], *last;
    const char  *result;

    switch (rc) {

    case NGX_OK:
        result = "passed";
        break;

    case NGX_AGAIN:
        result = "waits";
        break;

    default:
        result = oauth_reason_info(ctx->reason)->code;
    }

    last = ngx_oauth_trace_kid(ctx, kid, kid + sizeof(kid));

    ngx_log_debug5(NGX_LOG_DEBUG_HTTP, ctx->request->connection->log, 0,
                   "oauth: step %s: %s, issuer \"%V\", kid \"%*s\"",
                   step, result, ngx_oauth_trace_issuer(ctx->issuer),
                   (size_t) (last - kid), kid);
}


void
ngx_oauth_trace_proof(const ngx_oauth_ctx_t *ctx, ngx_uint_t imported)
{
    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ctx->request->connection->log, 0,
                   "oauth: the proof is signed by the key of the token, %s",
                   imported ? "which was imported" : "which was known");
}


void
ngx_oauth_trace_wake(const ngx_oauth_ctx_t *ctx)
{
    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ctx->request->connection->log, 0,
                   "oauth: the request goes on, issuer \"%V\"",
                   ngx_oauth_trace_issuer(ctx->issuer));
}


void
ngx_oauth_trace_verdict(const ngx_oauth_ctx_t *ctx)
{
    u_char  kid[NGX_OAUTH_TRACE_KID], *last;

    last = ngx_oauth_trace_kid(ctx, kid, kid + sizeof(kid));

    ngx_log_debug5(NGX_LOG_DEBUG_HTTP, ctx->request->connection->log, 0,
                   "oauth: the request was %s: %s, issuer \"%V\", kid "
                   "\"%*s\"",
                   ngx_oauth_trace_verdicts[ctx->verdict],
                   oauth_reason_info(ctx->verdict_reason)->code,
                   ngx_oauth_trace_issuer(ctx->verdict_issuer),
                   (size_t) (last - kid), kid);
}


static u_char *
ngx_oauth_trace_kid(const ngx_oauth_ctx_t *ctx, u_char *p, u_char *last)
{
    if (ctx->token) {
        return oauth_quote_write(p, last, ctx->token->kid);
    }

    return ctx->jwt ? oauth_quote_write(p, last, ctx->jwt->jws.kid) : p;
}


/* Returns the name of the issuer's block, or "" if no issuer is known yet. */

static const ngx_str_t *
ngx_oauth_trace_issuer(const ngx_oauth_issuer_t *issuer)
{
    static const ngx_str_t  none = ngx_null_string;

    return issuer ? &issuer->name : &none;
}

#endif /* NGX_DEBUG */
