
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
 * says why; NGX_AGAIN when keys, or an issuer's answer about the token, are
 * missing: the request is then parked (NGX_OAUTH_WAIT_NOW), or the decision is
 * left open (NGX_OAUTH_WAIT_LATER).
 */

ngx_int_t ngx_oauth_steps_walk(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting);

/*
 * These walk only the first steps, and do not look at the policy of the
 * location.  _to_revoked ends when the token is verified, the issuer has said
 * that it is active where it has to be asked, and no revocation is about it (up
 * to the step "revoked").  _to_keys ends when the issuer's keys are there (up
 * to "keys"), and asks for a fetch if none of them has the kid of the token;
 * for a token that an issuer has to be asked about, it is the same as
 * _to_revoked.  Results as above.
 */

ngx_int_t ngx_oauth_steps_walk_to_keys(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_oauth_context_waiting_t waiting);
ngx_int_t ngx_oauth_steps_walk_to_revoked(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_oauth_context_waiting_t waiting);

/*
 * Returns 1 if oauth_strict_uri refuses the path of this request, with or
 * without a token.
 */

ngx_uint_t ngx_oauth_steps_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_STEPS_H_INCLUDED */
