
/*
 * Lines of the debug log about a request: its steps, its waits, its verdict.
 * They name the reason, the issuer and the kid, and no secret.
 */


#ifndef NGX_OAUTH_TRACE_H_INCLUDED
#define NGX_OAUTH_TRACE_H_INCLUDED


#include "ngx_oauth_context.h"


/* Returns a value other than 0 where the log of the request is at debug. */

static ngx_inline ngx_uint_t
ngx_oauth_trace_is_on(const ngx_http_request_t *r)
{
#if (NGX_DEBUG)
    return r->connection->log->log_level & NGX_LOG_DEBUG_HTTP;
#else
    return 0;
#endif
}


/* What a step returned. */

void ngx_oauth_trace_step(const ngx_oauth_ctx_t *ctx, const char *step,
    ngx_int_t rc);

/* What became of a wait: it begins, or "what" says another thing. */

void ngx_oauth_trace_wait(const ngx_oauth_ctx_t *ctx, const char *what);

/* The verdict, once it is final. */

void ngx_oauth_trace_verdict(const ngx_oauth_ctx_t *ctx, const char *verdict);


#endif /* NGX_OAUTH_TRACE_H_INCLUDED */
