
/*
 * The one place where a verdict becomes final, once for each request: however
 * often the request was parked, looked at by variables, or redirected on the
 * way.
 */


#ifndef NGX_OAUTH_VERDICT_H_INCLUDED
#define NGX_OAUTH_VERDICT_H_INCLUDED


#include "ngx_oauth_context.h"


/* Notes what was carried out; a later location of the request may change it. */

#define ngx_oauth_verdict_set(ctx, value)  (ctx)->verdict = (value)

/* The request is over: the verdict is final.  Called once for a context. */

void ngx_oauth_verdict_done(const ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_VERDICT_H_INCLUDED */
