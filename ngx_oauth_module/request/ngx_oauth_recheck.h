
/*
 * Responses that are still running when their token is revoked, or has expired:
 * event streams, WebSockets, gRPC streams and long bodies.  A worker looks at
 * each response that lasts longer than the interval of oauth_session_recheck,
 * again and again, and ends it when its token is not good any more.
 */


#ifndef NGX_OAUTH_RECHECK_H_INCLUDED
#define NGX_OAUTH_RECHECK_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * In a worker that starts.  least: the shortest interval of the configuration,
 * in milliseconds.  The result is in the cycle's pool.  NULL: no memory.
 */

ngx_oauth_recheck_t *ngx_oauth_recheck_create(ngx_cycle_t *cycle,
    ngx_msec_t least);

/*
 * The request was admitted with ctx->token: from now on its response is
 * checked, as ctx->conf says, or no longer; also if that was done for another
 * location before.
 */

void ngx_oauth_recheck_start(ngx_oauth_ctx_t *ctx);

/*
 * The response is not checked any more: the request ends, or the location that
 * it is in now did not accept its token.
 */

void ngx_oauth_recheck_done(ngx_oauth_context_recheck_t *recheck);


#endif /* NGX_OAUTH_RECHECK_H_INCLUDED */
