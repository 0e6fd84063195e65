
/*
 * The decision about a request, as a table of steps that are walked in their
 * order.  What the steps find out is kept in the context, so a step that is
 * done is not repeated when the table is walked again.
 */


#ifndef NGX_OAUTH_STEPS_H_INCLUDED
#define NGX_OAUTH_STEPS_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Walks all steps for the location that the request is in.  Returns NGX_OK when
 * the location admits the token; NGX_DECLINED when it does not, and ctx->reason
 * says why; NGX_AGAIN when keys are missing: the request is then parked
 * (NGX_OAUTH_WAIT_NOW), or the decision is left open (NGX_OAUTH_WAIT_LATER).
 */

ngx_int_t ngx_oauth_steps_walk(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting);

/*
 * These walk only the first steps: up to "keys", so that the issuer's keys are
 * there, and up to "verify", so that the token is verified.  The first also
 * asks for a fetch if none of the keys has the kid of the token.  The policy of
 * the location is not looked at.  Results as above.
 */

ngx_int_t ngx_oauth_steps_walk_to_keys(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_oauth_context_waiting_t waiting);
ngx_int_t ngx_oauth_steps_walk_to_verify(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_oauth_context_waiting_t waiting);

/*
 * Returns 1 if oauth_strict_uri refuses the path of this request, with or
 * without a token.
 */

ngx_uint_t ngx_oauth_steps_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_STEPS_H_INCLUDED */
