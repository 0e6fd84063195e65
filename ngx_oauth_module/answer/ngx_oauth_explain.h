
/*
 * The line in the error log that a refusal gets.
 */


#ifndef NGX_OAUTH_EXPLAIN_H_INCLUDED
#define NGX_OAUTH_EXPLAIN_H_INCLUDED


#include "ngx_oauth_context.h"


void ngx_oauth_explain(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_EXPLAIN_H_INCLUDED */
