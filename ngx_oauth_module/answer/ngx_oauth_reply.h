
/*
 * Refusals: each is logged, and its challenge and body are made ready.
 */


#ifndef NGX_OAUTH_REPLY_H_INCLUDED
#define NGX_OAUTH_REPLY_H_INCLUDED


#include "ngx_oauth_context.h"


/* Logs and renders the refusal.  Returns the status for the phase engine. */

ngx_int_t ngx_oauth_reply(ngx_oauth_ctx_t *ctx);

/*
 * Logs the refusal of a subrequest.  Returns 403, or 503 when the module cannot
 * decide.
 */

ngx_int_t ngx_oauth_reply_subrequest(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_REPLY_H_INCLUDED */
