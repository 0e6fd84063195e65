
/*
 * A look at the verdict from outside the access phase, for variables.
 */


#ifndef NGX_OAUTH_PEEK_H_INCLUDED
#define NGX_OAUTH_PEEK_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Returns the context with the verdict of the current location, which is made
 * now if that needs no waiting; or with what there is of it while the
 * location's policy is at work.  When the request is over, or nginx has
 * answered it with an error, it is the last verdict that there was: nothing
 * is decided for a log line.  Returns NULL when the location is open, the
 * verdict has to wait, there is none, or memory is short.
 */

const ngx_oauth_ctx_t *ngx_oauth_peek(ngx_http_request_t *r);

/*
 * Notes that a variable was read, and which token it could show; NULL: none.
 */

void ngx_oauth_peek_note(ngx_http_request_t *r, const oauth_token_t *token);


#endif /* NGX_OAUTH_PEEK_H_INCLUDED */
