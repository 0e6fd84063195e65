
/*
 * Refuses a request: writes the line in the error log, notes the verdict, and
 * prepares the challenge and the body in ctx->refusal.  The output filters
 * send them.  They are in the request's pool or in the configuration's.
 */


#ifndef NGX_OAUTH_REPLY_H_INCLUDED
#define NGX_OAUTH_REPLY_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Refuses the request for ctx->reason.  Returns the status that the handler has
 * to return to nginx; it is 500 when memory is short.  If ctx->conf is in a dry
 * run, only writes the line and notes the verdict, and returns NGX_DECLINED.
 */

ngx_int_t ngx_oauth_reply(ngx_oauth_ctx_t *ctx);

/*
 * Refuses a subrequest, which gets no challenge and no body.  Returns 403, or
 * 503 when the module cannot decide; NGX_DECLINED in a dry run.
 */

ngx_int_t ngx_oauth_reply_subrequest(ngx_oauth_ctx_t *ctx);


/*
 * Keeps the scopes that the request needs in ctx->required: those that a 403
 * for a missing scope names.  The steps have decided about the request.
 * Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_reply_note_scopes(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_REPLY_H_INCLUDED */
