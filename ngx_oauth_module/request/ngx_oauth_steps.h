
/*
 * The decision about a request: which steps, and in which order.
 */


#ifndef NGX_OAUTH_STEPS_H_INCLUDED
#define NGX_OAUTH_STEPS_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Decides for the location that the request is in: NGX_OK; NGX_DECLINED:
 * ctx->reason says why not; NGX_AGAIN: parked, or left open.
 */

ngx_int_t ngx_oauth_steps_walk(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting);

/*
 * The first steps only, without a verdict: until the issuer's keys are there;
 * until the token is verified.  Results as above.
 */

ngx_int_t ngx_oauth_steps_keys(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting);
ngx_int_t ngx_oauth_steps_verify(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting);

/* 1 when oauth_strict_uri refuses the path, whoever asks. */

ngx_uint_t ngx_oauth_steps_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_STEPS_H_INCLUDED */
