
/*
 * The one place in the code where the verdict about a request is known to be
 * final.  The handlers note verdicts; the last note before the request's pool
 * is destroyed counts.  It is reported once, no matter how often the request
 * was parked or redirected, or how often variables asked for the verdict.  A
 * subrequest has a verdict of its own.
 */


#ifndef NGX_OAUTH_VERDICT_H_INCLUDED
#define NGX_OAUTH_VERDICT_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Notes what a handler has done with the request.  If nginx then redirects the
 * request to another location, that location's verdict takes its place.
 */

#define ngx_oauth_verdict_set(ctx, value)  (ctx)->verdict = (value)

/*
 * Writes the verdict that was noted last, if there is one, to the debug log.
 * Called once for a context, when the request's pool is destroyed.
 */

void ngx_oauth_verdict_done(const ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_VERDICT_H_INCLUDED */
