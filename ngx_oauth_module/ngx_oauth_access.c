
/*
 * The access handler: a table of steps from the Authorization header to the
 * identity that the upstream sees.  The order of the steps is the security
 * property.  A step that has to wait parks the request; the handler is
 * entered again when the wait is over, and every step that is done passes.
 */


#include "ngx_oauth_access.h"
#include "oauth_bearer.h"


/* NGX_OK: next; NGX_AGAIN: undecided; NGX_DECLINED: refused with a reason. */

typedef ngx_int_t (*ngx_oauth_step_pt)(ngx_oauth_ctx_t *ctx);


static ngx_int_t ngx_oauth_access_decide(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_uint_t may_park);
static ngx_int_t ngx_oauth_access_open(ngx_http_request_t *r);

static ngx_int_t ngx_oauth_step_token(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_issuer(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_keys(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_verify(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_policy(ngx_oauth_ctx_t *ctx);

static ngx_uint_t ngx_oauth_access_is_verified(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_refuse(ngx_oauth_ctx_t *ctx, oauth_reason_t reason);
static ngx_int_t ngx_oauth_access_park(ngx_oauth_ctx_t *ctx,
    ngx_uint_t unknown_key);
static void ngx_oauth_access_wake(ngx_oauth_wait_t *wait);
static ngx_oauth_ctx_t *ngx_oauth_access_create(ngx_http_request_t *r);
static void ngx_oauth_access_cleanup(void *data);


static const ngx_oauth_step_pt  ngx_oauth_steps[] = {
    ngx_oauth_step_token,      /* Authorization -> token, or the challenge    */
    ngx_oauth_step_issuer,     /* one that this location trusts               */
    ngx_oauth_step_keys,       /* the issuer's keys; may park                 */
    ngx_oauth_step_verify,     /* signature, then claims; may park            */
    ngx_oauth_step_policy,     /* audience, requirements, scopes of *this*
                                  location                                    */
    NULL
};


ngx_int_t
ngx_oauth_access_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_oauth_ctx_t           *ctx;
    ngx_oauth_loc_conf_t      *lcf;
    ngx_http_core_loc_conf_t  *clcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL) {
        return ngx_oauth_access_open(r);
    }

    ctx = ngx_oauth_access_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (lcf->cors) {
        rc = ngx_oauth_reply_preflight(r);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    rc = ngx_oauth_access_decide(ctx, r, 1);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    if (rc == NGX_OK) {
        rc = ngx_oauth_forward_identity(ctx);
        return (rc == NGX_OK) ? NGX_OK : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    /* Another module may let the request in: then without an identity. */

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY
        && ngx_oauth_forward_anonymous(ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_oauth_reply(ctx);
}


/*
 * Not protected here.  A protected location may have come before, through a
 * named location or an error page: its identity does not go along.
 */

static ngx_int_t
ngx_oauth_access_open(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    if (!r->internal) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_access_lookup(r);

    if (ctx && ctx->forwarded) {
        if (ngx_oauth_forward_clean(r) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->forwarded = 0;
    }

    return NGX_DECLINED;
}


/*
 * The access phase does not run in subrequests.  One that reaches a protected
 * location is decided by the main request's token and this location's policy,
 * without waiting.
 */

ngx_int_t
ngx_oauth_subrequest_handler(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t       *ctx, *main;
    ngx_oauth_loc_conf_t  *lcf;

    if (r == r->main) {
        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_access_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    main = ngx_oauth_access_lookup(r->main);

    if (main && ctx->token == NULL) {
        ctx->authorization = main->authorization;

        if (main->token && main->token->verified) {
            ctx->token = oauth_token_acquire(main->token);
        }
    }

    if (ngx_oauth_access_decide(ctx, r, 0) != NGX_OK) {
        return ngx_oauth_reply_subrequest(ctx);
    }

    if (ngx_oauth_forward_identity(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/* Let in by another module (satisfy any): not refused. */

ngx_int_t
ngx_oauth_admitted_handler(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_access_lookup(r);

    if (ctx == NULL || ctx->refusal.status == 0) {
        return NGX_DECLINED;
    }

    if (r->err_status == 0) {
        ctx->refusal.status = 0;

    } else {
        ctx->refusal.paged = 1;
    }

    return NGX_DECLINED;
}


const ngx_oauth_ctx_t *
ngx_oauth_access_peek(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t       *ctx;
    ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL || lcf->resource == NULL) {
        return NULL;
    }

    ctx = ngx_oauth_access_create(r);
    if (ctx == NULL) {
        return NULL;
    }

    if (ctx->decided && ctx->conf == lcf) {
        return ctx;
    }

    if (ctx->wait.linked || r != r->main) {
        return NULL;
    }

    return (ngx_oauth_access_decide(ctx, r, 0) == NGX_AGAIN) ? NULL : ctx;
}


static ngx_int_t
ngx_oauth_access_decide(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_uint_t may_park)
{
    ngx_int_t                 rc;
    const ngx_oauth_step_pt  *step;

    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);
    ctx->may_park = may_park;
    ctx->decided = 0;
    ctx->reason = OAUTH_OK;

    /* A server's own level behind a "location /": no request gets there. */

    if (ctx->conf->resource == NULL) {
        return ngx_oauth_refuse(ctx, OAUTH_SERVER_ERROR);
    }

    for (step = ngx_oauth_steps; *step; step++) {

        rc = (*step)(ctx);

        if (rc == NGX_AGAIN) {
            ctx->reason = OAUTH_KEYS_UNAVAILABLE;
            return NGX_AGAIN;
        }

        if (rc != NGX_OK) {
            ctx->decided = 1;
            return NGX_DECLINED;
        }
    }

    ctx->decided = 1;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_step_token(ngx_oauth_ctx_t *ctx)
{
    oauth_str_t      text;
    oauth_reason_t   reason;

    if (ctx->token) {
        return NGX_OK;
    }

    if (ctx->authorization == NULL) {
        ctx->authorization = ctx->request->headers_in.authorization;
    }

    if (ctx->authorization == NULL) {
        return ngx_oauth_refuse(ctx, OAUTH_NO_TOKEN);
    }

    reason = oauth_bearer_parse(ngx_oauth_str(&ctx->authorization->value),
                                &text);

    if (reason == OAUTH_OK) {
        reason = oauth_token_parse(text, &ctx->token);
    }

    return ngx_oauth_refuse(ctx, reason);
}


static ngx_int_t
ngx_oauth_step_issuer(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t            i;
    oauth_str_t           name;
    ngx_oauth_issuer_t  **issuers;

    name = oauth_token_issuer(ctx->token);
    issuers = ctx->conf->issuers->elts;

    for (i = 0; i < ctx->conf->issuers->nelts; i++) {
        if (oauth_str_equal(issuers[i]->policy.issuer, name)) {
            break;
        }
    }

    if (i == ctx->conf->issuers->nelts) {
        ctx->issuer = NULL;
        return ngx_oauth_refuse(ctx, OAUTH_UNKNOWN_ISSUER);
    }

    ctx->issuer = issuers[i];

    /* Verified for another location, by other rules of the same issuer. */

    if (ctx->token->verified && !ngx_oauth_access_is_verified(ctx)) {
        oauth_token_free(ctx->token);
        ctx->token = NULL;

        return ngx_oauth_step_token(ctx);
    }

    return NGX_OK;
}


/* By the policy of this very issuer, earlier in the request. */

static ngx_uint_t
ngx_oauth_access_is_verified(ngx_oauth_ctx_t *ctx)
{
    return ctx->token->verified && ctx->token->policy == &ctx->issuer->policy;
}


static ngx_int_t
ngx_oauth_step_keys(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_provider_t  *provider;

    if (ngx_oauth_access_is_verified(ctx)) {
        return NGX_OK;
    }

    provider = ctx->issuer->provider;

    if (provider == NULL) {
        return ngx_oauth_refuse(ctx, OAUTH_KEYS_UNAVAILABLE);
    }

    if (ngx_oauth_provider_keys(provider)) {
        return NGX_OK;
    }

    if (ngx_oauth_access_park(ctx, 0) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    return ngx_oauth_refuse(ctx, OAUTH_KEYS_UNAVAILABLE);
}


static ngx_int_t
ngx_oauth_step_verify(ngx_oauth_ctx_t *ctx)
{
    oauth_reason_t       reason;
    const oauth_jwks_t  *keys;

    if (ngx_oauth_access_is_verified(ctx)) {
        return NGX_OK;
    }

    keys = ngx_oauth_provider_keys(ctx->issuer->provider);

    if (keys == NULL) {
        return ngx_oauth_refuse(ctx, OAUTH_KEYS_UNAVAILABLE);
    }

    reason = oauth_token_verify(ctx->token, &ctx->issuer->policy, keys,
                                ngx_time());

    if (reason != OAUTH_UNKNOWN_KEY || ctx->refetched) {
        return ngx_oauth_refuse(ctx, reason);
    }

    ctx->refetched = ctx->may_park;

    if (ngx_oauth_access_park(ctx, 1) == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    return ngx_oauth_refuse(ctx, OAUTH_UNKNOWN_KEY);
}


static ngx_int_t
ngx_oauth_step_policy(ngx_oauth_ctx_t *ctx)
{
    return ngx_oauth_refuse(ctx, ngx_oauth_policy_verify(ctx->request,
                                                         ctx->conf,
                                                         ctx->token));
}


/* OAUTH_OK refuses nothing. */

static ngx_int_t
ngx_oauth_refuse(ngx_oauth_ctx_t *ctx, oauth_reason_t reason)
{
    ctx->reason = reason;

    return (reason == OAUTH_OK) ? NGX_OK : NGX_DECLINED;
}


/* NGX_AGAIN: parked, or nobody may park; NGX_DECLINED: nothing to wait for. */

static ngx_int_t
ngx_oauth_access_park(ngx_oauth_ctx_t *ctx, ngx_uint_t unknown_key)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    if (!ctx->may_park) {
        return NGX_AGAIN;
    }

    r = ctx->request;

    ctx->wait.handler = ngx_oauth_access_wake;
    ctx->wait.data = ctx;
    ctx->wait.log = r->connection->log;

    rc = ngx_oauth_provider_wait(ctx->issuer->provider, unknown_key,
                                 &ctx->wait);

    if (rc == NGX_AGAIN) {
        r->read_event_handler = ngx_http_test_reading;
        r->write_event_handler = ngx_http_request_empty_handler;
    }

    return rc;
}


/* The wait is over; the request may be gone when this returns. */

static void
ngx_oauth_access_wake(ngx_oauth_wait_t *wait)
{
    ngx_oauth_ctx_t *ctx = wait->data;

    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;
    r->write_event_handler = ngx_http_core_run_phases;

    ngx_http_core_run_phases(r);
    ngx_http_run_posted_requests(c);
}


ngx_oauth_ctx_t *
ngx_oauth_access_lookup(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t     *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_http_get_module_ctx(r, ngx_oauth_module);

    if (ctx || !(r->internal || r->filter_finalize)) {
        return ctx;
    }

    /* Subrequests share the pool: the request must be the same, too. */

    for (cln = r->pool->cleanup; cln; cln = cln->next) {

        if (cln->handler != ngx_oauth_access_cleanup) {
            continue;
        }

        ctx = cln->data;

        if (ctx->request == r) {
            ngx_http_set_ctx(r, ctx, ngx_oauth_module);
            return ctx;
        }
    }

    return NULL;
}


static ngx_oauth_ctx_t *
ngx_oauth_access_create(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t     *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_oauth_access_lookup(r);
    if (ctx) {
        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_oauth_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_oauth_ctx_t));

    ctx->request = r;
    cln->handler = ngx_oauth_access_cleanup;

    ngx_http_set_ctx(r, ctx, ngx_oauth_module);

    return ctx;
}


static void
ngx_oauth_access_cleanup(void *data)
{
    ngx_oauth_ctx_t *ctx = data;

    if (ctx->wait.linked) {
        ngx_oauth_provider_cancel(&ctx->wait);
    }

    oauth_token_free(ctx->token);
}
