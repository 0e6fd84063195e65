
/*
 * From the Authorization header to a verdict for one location: a table of
 * steps.  Their order is the security property.  A step that has to wait parks
 * the request; the table is walked again when the wait is over, and every step
 * that is done passes.
 */


#include "ngx_oauth_compat.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_known.h"
#include "ngx_oauth_policy.h"
#include "ngx_oauth_steps.h"
#include "ngx_oauth_trace.h"
#include "oauth_target.h"


/* NGX_OK: next; NGX_AGAIN: undecided; NGX_DECLINED: refused with a reason. */

typedef ngx_int_t (*ngx_oauth_step_pt)(ngx_oauth_ctx_t *ctx);

typedef struct {
    const char         *name;
    ngx_oauth_step_pt   handler;
} ngx_oauth_steps_step_t;


static ngx_int_t ngx_oauth_steps_until(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_oauth_context_waiting_t waiting,
    ngx_oauth_step_pt last);
static ngx_int_t ngx_oauth_step_uri(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_token(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_known(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_issuer(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_keys(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_verify(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_refetch(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_policy(ngx_oauth_ctx_t *ctx);
static ngx_uint_t ngx_oauth_steps_is_doubled(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_steps_retire(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_steps_retired(void *data);
static ngx_int_t ngx_oauth_step_result(ngx_oauth_ctx_t *ctx,
    oauth_reason_t reason);


static const ngx_oauth_steps_step_t  ngx_oauth_steps[] = {

    /* a path that every server reads alike, where that is asked for */
    { "uri", ngx_oauth_step_uri },

    /* Authorization holds credentials, or the client gets the challenge */
    { "token", ngx_oauth_step_token },

    /* verified before, in this request or by this worker */
    { "known", ngx_oauth_step_known },

    /* the issuer is one that this location trusts */
    { "issuer", ngx_oauth_step_issuer },

    /* the issuer's keys are there; may park the request */
    { "keys", ngx_oauth_step_keys },

    /* signature, then claims; may park the request */
    { "verify", ngx_oauth_step_verify },

    /* audience, requirements and scopes of this location */
    { "policy", ngx_oauth_step_policy },

    { NULL, NULL }
};


ngx_int_t
ngx_oauth_steps_walk(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting)
{
    ngx_int_t  rc;

    rc = ngx_oauth_steps_until(ctx, r, waiting, ngx_oauth_step_policy);

    ctx->decided = (rc != NGX_AGAIN);

    return rc;
}


ngx_int_t
ngx_oauth_steps_verify(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting)
{
    return ngx_oauth_steps_until(ctx, r, waiting, ngx_oauth_step_verify);
}


ngx_int_t
ngx_oauth_steps_keys(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting)
{
    ngx_int_t            rc;
    const oauth_jwks_t  *keys;

    rc = ngx_oauth_steps_until(ctx, r, waiting, ngx_oauth_step_keys);

    if (rc != NGX_OK || ctx->token) {
        return rc;
    }

    keys = ngx_oauth_provider_keys(ctx->issuer->provider);

    return (keys == NULL || oauth_jwks_has(keys, ctx->jwt->jws.kid))
           ? NGX_OK : ngx_oauth_steps_refetch(ctx);
}


/* Walks until the step "last" is done. */

static ngx_int_t
ngx_oauth_steps_until(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting, ngx_oauth_step_pt last)
{
    ngx_int_t                      rc;
    ngx_uint_t                     trace;
    const ngx_oauth_steps_step_t  *step;

    trace = ngx_oauth_trace_is_on(r);

    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);
    ctx->waiting = waiting;
    ctx->decided = 0;
    ctx->reason = OAUTH_OK;

    /* A server's own level behind a "location /": no request gets there. */

    if (ctx->conf->resource == NULL) {
        return ngx_oauth_step_result(ctx, OAUTH_SERVER_ERROR);
    }

    for (step = ngx_oauth_steps; step->handler; step++) {

        rc = step->handler(ctx);

        if (trace) {
            ngx_oauth_trace_step(ctx, step->name, rc);
        }

        if (rc == NGX_AGAIN) {
            ctx->reason = OAUTH_KEYS_UNAVAILABLE;
            return NGX_AGAIN;
        }

        if (rc != NGX_OK) {
            return NGX_DECLINED;
        }

        if (step->handler == last) {
            break;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_step_uri(ngx_oauth_ctx_t *ctx)
{
    return ngx_oauth_step_result(ctx,
                       ngx_oauth_steps_is_ambiguous(ctx->request, ctx->conf)
                       ? OAUTH_AMBIGUOUS_URI : OAUTH_OK);
}


/* A subrequest's path is the server's own, a redirect's still the client's. */

ngx_uint_t
ngx_oauth_steps_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf)
{
    return lcf->strict_uri
           && r == r->main
           && oauth_target_is_ambiguous(ngx_oauth_str(&r->unparsed_uri));
}


static ngx_int_t
ngx_oauth_step_token(ngx_oauth_ctx_t *ctx)
{
    if (ctx->authorization == NULL) {
        ctx->authorization = ctx->request->headers_in.authorization;
    }

    if (ctx->authorization == NULL) {
        return ngx_oauth_step_result(ctx, OAUTH_NO_TOKEN);
    }

    if (ctx->request->internal && ngx_oauth_steps_is_doubled(ctx->request)) {
        return ngx_oauth_step_result(ctx, OAUTH_MALFORMED_REQUEST);
    }

    return ngx_oauth_step_result(ctx,
                  oauth_credentials_peek(ngx_oauth_str(&ctx->authorization->value),
                                    &ctx->credentials));
}


/* A token that other rules verified has to be verified by these as well. */

static ngx_int_t
ngx_oauth_step_known(ngx_oauth_ctx_t *ctx)
{
    if (ctx->token
        && !ngx_oauth_known_fits(ctx->token->rules, ctx->conf)
        && ngx_oauth_steps_retire(ctx) != NGX_OK)
    {
        return ngx_oauth_step_result(ctx, OAUTH_SERVER_ERROR);
    }

    if (ctx->token == NULL) {
        ctx->token = ngx_oauth_known_lookup(ctx);
    }

    if (ctx->token) {
        ctx->issuer = ngx_oauth_container(ctx->token->rules,
                                          ngx_oauth_issuer_t, rules);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_step_issuer(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t             i;
    oauth_credentials_t    credentials;
    oauth_reason_t         reason, form;
    ngx_oauth_issuer_t   **issuers;

    if (ctx->token) {
        return NGX_OK;
    }

    ctx->issuer = NULL;

    if (ctx->jwt == NULL) {

        reason = oauth_jwt_parse(ctx->credentials.text, &ctx->jwt);

        if (reason != OAUTH_OK) {

            /* What is no b64token is a malformed request in the first place. */

            form = oauth_credentials_parse(
                                  ngx_oauth_str(&ctx->authorization->value),
                                  &credentials);

            return ngx_oauth_step_result(ctx, form == OAUTH_OK ? reason : form);
        }
    }

    issuers = ctx->conf->issuers->elts;

    for (i = 0; i < ctx->conf->issuers->nelts; i++) {
        if (oauth_str_equal(issuers[i]->rules.issuer, ctx->jwt->issuer)) {
            ctx->issuer = issuers[i];
            return NGX_OK;
        }
    }

    return ngx_oauth_step_result(ctx, OAUTH_UNKNOWN_ISSUER);
}


static ngx_int_t
ngx_oauth_step_keys(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_provider_t  *provider;

    if (ctx->token) {
        return NGX_OK;
    }

    provider = ctx->issuer->provider;

    if (provider == NULL) {
        return ngx_oauth_step_result(ctx, OAUTH_KEYS_UNAVAILABLE);
    }

    if (ngx_oauth_provider_keys(provider)) {
        return NGX_OK;
    }

    if (ngx_oauth_context_park(ctx, 0) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    return ngx_oauth_step_result(ctx, OAUTH_KEYS_UNAVAILABLE);
}


static ngx_int_t
ngx_oauth_step_verify(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t           generation;
    oauth_reason_t       reason;
    ngx_oauth_issuer_t  *issuer;
    const oauth_jwks_t  *keys;

    if (ctx->token) {
        return NGX_OK;
    }

    issuer = ctx->issuer;
    keys = ngx_oauth_provider_keys(issuer->provider);

    if (keys == NULL) {
        return ngx_oauth_step_result(ctx, OAUTH_KEYS_UNAVAILABLE);
    }

    generation = ngx_oauth_provider_generation(issuer->provider);

    if (ctx->failure != OAUTH_OK
        && ctx->failed_issuer == issuer
        && ctx->failed_generation == generation)
    {
        reason = ctx->failure;

    } else {
        reason = oauth_token_verify(ctx->jwt, &issuer->rules, keys,
                                    ngx_time(), &ctx->token);

        ctx->failure = reason;
        ctx->failed_issuer = issuer;
        ctx->failed_generation = generation;
    }

    /* The server may have another key by now, under whatever name. */

    if ((reason == OAUTH_UNKNOWN_KEY
         || reason == OAUTH_KEY_MISMATCH
         || reason == OAUTH_BAD_SIGNATURE)
        && ngx_oauth_steps_refetch(ctx) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    if (reason == OAUTH_OK) {
        ngx_oauth_known_store(ctx, generation);
    }

    return ngx_oauth_step_result(ctx, reason);
}


/*
 * At most once in a request.  NGX_AGAIN: a fetch may bring another key; NGX_OK:
 * there is nothing to wait for.
 */

static ngx_int_t
ngx_oauth_steps_refetch(ngx_oauth_ctx_t *ctx)
{
    if (ctx->refetched) {
        return NGX_OK;
    }

    ctx->refetched = (ctx->waiting != NGX_OAUTH_WAIT_LATER);

    return (ngx_oauth_context_park(ctx, 1) == NGX_AGAIN) ? NGX_AGAIN : NGX_OK;
}


static ngx_int_t
ngx_oauth_step_policy(ngx_oauth_ctx_t *ctx)
{
    oauth_reason_t  reason;

    ctx->judging = 1;
    ctx->doubted = 0;

    reason = ngx_oauth_policy_verify(ctx->request, ctx->conf, ctx->token);

    ctx->judging = 0;

    if (reason == OAUTH_OK && ctx->doubted) {
        reason = OAUTH_SERVER_ERROR;
    }

    return ngx_oauth_step_result(ctx, reason);
}


/* nginx refuses a second Authorization, but its error page may lead here. */

static ngx_uint_t
ngx_oauth_steps_is_doubled(ngx_http_request_t *r)
{
    ngx_uint_t               n;
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    n = 0;
    walk = ngx_oauth_field_start(&r->headers_in.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {
        n += ngx_oauth_field_is_literal(h, "authorization");
    }

    return n > 1;
}


/* Header fields and variables may show its claims up to the request's end. */

static ngx_int_t
ngx_oauth_steps_retire(ngx_oauth_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_oauth_steps_retired;
    cln->data = ctx->token;

    ctx->token = NULL;

    return NGX_OK;
}


static void
ngx_oauth_steps_retired(void *data)
{
    oauth_token_free(data);
}


/*
 * Sets ctx->reason.  NGX_OK for OAUTH_OK, NGX_DECLINED for every other reason.
 */

static ngx_int_t
ngx_oauth_step_result(ngx_oauth_ctx_t *ctx, oauth_reason_t reason)
{
    ctx->reason = reason;

    return (reason == OAUTH_OK) ? NGX_OK : NGX_DECLINED;
}
