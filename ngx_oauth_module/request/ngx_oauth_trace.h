
/*
 * The lines that the debug log gets about a request: one for each step, one
 * when it goes on after a wait, and one for the verdict.
 * They name the reason, the issuer and the kid, and never a secret.
 * docs/debug.md tells how to read them.
 */


#ifndef NGX_OAUTH_TRACE_H_INCLUDED
#define NGX_OAUTH_TRACE_H_INCLUDED


#include "ngx_oauth_context.h"


/* Returns a value other than 0 if the log of the request is at level debug. */

static ngx_inline ngx_uint_t
ngx_oauth_trace_is_on(const ngx_http_request_t *r)
{
#if (NGX_DEBUG)
    return r->connection->log->log_level & NGX_LOG_DEBUG_HTTP;
#else
    return 0;
#endif
}


#if (NGX_DEBUG)

/* Writes which result a step has returned. */

void ngx_oauth_trace_step(const ngx_oauth_ctx_t *ctx, const char *step,
    ngx_int_t rc);

/* The wait of the request is over.  The issuer's file writes its beginning. */

void ngx_oauth_trace_wake(const ngx_oauth_ctx_t *ctx);

/* Writes whether the key of a DPoP proof had to be imported for it. */

void ngx_oauth_trace_proof(const ngx_oauth_ctx_t *ctx, ngx_uint_t imported);

/* Writes "the request was", and after it the final verdict. */

void ngx_oauth_trace_verdict(const ngx_oauth_ctx_t *ctx);

#else

#define ngx_oauth_trace_step(ctx, step, rc)
#define ngx_oauth_trace_wake(ctx)
#define ngx_oauth_trace_proof(ctx, imported)  ((void) (imported))
#define ngx_oauth_trace_verdict(ctx)

#endif


#endif /* NGX_OAUTH_TRACE_H_INCLUDED */
