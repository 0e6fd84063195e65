
/*
 * The one place in the code where the verdict about a request becomes final.
 * That happens once for each request, no matter how often the request was
 * parked or redirected, or how often variables asked for the verdict.  A
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
 * Makes the verdict final, and writes it to the debug log.  Called once for a
 * context, at the end of the request.
 */

void ngx_oauth_verdict_done(const ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_VERDICT_H_INCLUDED */
