
/*
 * The decision, for a variable: nginx may evaluate a variable in any phase, so
 * also before the access phase has decided about the request.  The context
 * belongs to the request.
 */


#ifndef NGX_OAUTH_PEEK_H_INCLUDED
#define NGX_OAUTH_PEEK_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Returns the context, which has the decision for the current location.  If
 * there is none yet, it is made now, unless that would have to wait for keys.
 * While the policy of the location is being evaluated, the context is returned
 * with what is known so far.  In the log phase, and once nginx is answering
 * with an error, no decision is made: only one that was made before is shown.
 * Returns NULL when the location is open, when there is no decision, when the
 * decision would have to wait, or when memory is short.
 */

const ngx_oauth_ctx_t *ngx_oauth_peek(ngx_http_request_t *r);

/*
 * Notes that a variable of the module was read.  token is the token that the
 * variable shows, or NULL when it shows none; then the context also notes
 * whether a value that nginx keeps or a rewrite rule saw an empty claim.
 */

void ngx_oauth_peek_note(ngx_http_request_t *r, const oauth_token_t *token);


#endif /* NGX_OAUTH_PEEK_H_INCLUDED */
