
/*
 * The line that the error log gets about a refused request.  docs/security.md,
 * "What a refusal says", describes it.  The line is put together on the stack.
 */


#ifndef NGX_OAUTH_EXPLAIN_H_INCLUDED
#define NGX_OAUTH_EXPLAIN_H_INCLUDED


#include "ngx_oauth_context.h"


/* Writes the line about the refusal for ctx->reason. */

void ngx_oauth_explain(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_EXPLAIN_H_INCLUDED */
