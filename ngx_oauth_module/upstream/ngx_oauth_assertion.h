
/*
 * The assertion that a request carries to the app (see oauth_assertion.h).  It
 * is minted when it is needed, and kept with the token for half of its time, so
 * that most requests only copy it.
 */


#ifndef NGX_OAUTH_ASSERTION_H_INCLUDED
#define NGX_OAUTH_ASSERTION_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Sets *value to an assertion about ctx->token for the location ctx->conf,
 * which has oauth_assertion.  It is in the request's pool.  Returns NGX_OK; or
 * NGX_DECLINED, and ctx->reason is OAUTH_SERVER_ERROR: it would be too large,
 * or memory is short.  The log says which.
 */

ngx_int_t ngx_oauth_assertion_value(ngx_oauth_ctx_t *ctx, ngx_str_t *value);


#endif /* NGX_OAUTH_ASSERTION_H_INCLUDED */
