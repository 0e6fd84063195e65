
/*
 * The access handler: a table of steps from the Authorization header to the
 * identity that the upstream sees.  The order of the steps is the security
 * property.  A step that has to wait parks the request; the handler is
 * entered again when the wait is over, and every step that is done passes.
 */


#include "ngx_oauth_access.h"
#include "oauth_bearer.h"
#include "oauth_target.h"


/* NGX_OK: next; NGX_AGAIN: undecided; NGX_DECLINED: refused with a reason. */

typedef ngx_int_t (*ngx_oauth_step_pt)(ngx_oauth_ctx_t *ctx);


static ngx_int_t ngx_oauth_access_decide(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_uint_t may_park);
static ngx_int_t ngx_oauth_access_open(ngx_http_request_t *r);

static ngx_int_t ngx_oauth_step_uri(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_token(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_known(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_issuer(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_keys(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_verify(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_step_policy(ngx_oauth_ctx_t *ctx);

static oauth_token_t *ngx_oauth_access_cached(ngx_oauth_ctx_t *ctx,
    oauth_cache_t *cache);
static int ngx_oauth_access_accepts(const oauth_policy_t *policy,
    const void *data);
static ngx_int_t ngx_oauth_access_retire(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_access_retired(void *data);
static ngx_uint_t ngx_oauth_access_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_refuse(ngx_oauth_ctx_t *ctx, oauth_reason_t reason);
static ngx_int_t ngx_oauth_access_park(ngx_oauth_ctx_t *ctx,
    ngx_uint_t unknown_key);
static void ngx_oauth_access_unpark(ngx_http_request_t *r);
static void ngx_oauth_access_wake(ngx_oauth_wait_t *wait);
static ngx_oauth_ctx_t *ngx_oauth_access_create(ngx_http_request_t *r);
static void ngx_oauth_access_cleanup(void *data);


static const ngx_oauth_step_pt  ngx_oauth_steps[] = {
    ngx_oauth_step_uri,        /* one that means the same to everybody        */
    ngx_oauth_step_token,      /* Authorization -> token, or the challenge    */
    ngx_oauth_step_known,      /* verified before: in this request, or in the
                                  worker's cache                              */
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

    if (lcf->cors && !ngx_oauth_access_is_ambiguous(r, lcf)) {
        rc = ngx_oauth_cors_preflight(r);

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
        ngx_oauth_access_unpark(r);
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

        if (main->token) {
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
ngx_oauth_step_uri(ngx_oauth_ctx_t *ctx)
{
    return ngx_oauth_refuse(ctx, ngx_oauth_access_is_ambiguous(ctx->request,
                                                               ctx->conf)
                                 ? OAUTH_AMBIGUOUS_URI : OAUTH_OK);
}


/* A subrequest's path is the server's own, a redirect's still the client's. */

static ngx_uint_t
ngx_oauth_access_is_ambiguous(ngx_http_request_t *r,
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
        return ngx_oauth_refuse(ctx, OAUTH_NO_TOKEN);
    }

    return ngx_oauth_refuse(ctx,
                  oauth_bearer_peek(ngx_oauth_str(&ctx->authorization->value),
                                    &ctx->credentials));
}


/* A token that other rules verified has to be verified by these as well. */

static ngx_int_t
ngx_oauth_step_known(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_main_conf_t  *mcf;

    if (ctx->token
        && !ngx_oauth_access_accepts(ctx->token->policy, ctx->conf->issuers)
        && ngx_oauth_access_retire(ctx) != NGX_OK)
    {
        return ngx_oauth_refuse(ctx, OAUTH_SERVER_ERROR);
    }

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    if (ctx->token == NULL && mcf->cache) {
        ctx->token = ngx_oauth_access_cached(ctx, mcf->cache);
    }

    if (ctx->token) {
        ctx->issuer = ngx_oauth_container(ctx->token->policy,
                                          ngx_oauth_issuer_t, policy);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_step_issuer(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t            i;
    oauth_str_t           text, name;
    oauth_reason_t        reason;
    ngx_oauth_issuer_t  **issuers;

    if (ctx->token) {
        return NGX_OK;
    }

    ctx->issuer = NULL;

    if (ctx->jwt == NULL) {

        reason = oauth_bearer_parse(ngx_oauth_str(&ctx->authorization->value),
                                    &text);

        if (reason == OAUTH_OK) {
            reason = oauth_jwt_parse(text, &ctx->jwt);
        }

        if (reason != OAUTH_OK) {
            return ngx_oauth_refuse(ctx, reason);
        }
    }

    name = ctx->jwt->claims.issuer;
    issuers = ctx->conf->issuers->elts;

    for (i = 0; i < ctx->conf->issuers->nelts; i++) {
        if (oauth_str_equal(issuers[i]->policy.issuer, name)) {
            ctx->issuer = issuers[i];
            return NGX_OK;
        }
    }

    return ngx_oauth_refuse(ctx, OAUTH_UNKNOWN_ISSUER);
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
    oauth_reason_t          reason;
    ngx_oauth_issuer_t     *issuer;
    const oauth_jwks_t     *keys;
    ngx_oauth_main_conf_t  *mcf;

    if (ctx->token) {
        return NGX_OK;
    }

    issuer = ctx->issuer;
    keys = ngx_oauth_provider_keys(issuer->provider);

    if (keys == NULL) {
        return ngx_oauth_refuse(ctx, OAUTH_KEYS_UNAVAILABLE);
    }

    reason = oauth_token_verify(ctx->jwt, &issuer->policy, keys, ngx_time(),
                                &ctx->token);

    if (reason == OAUTH_UNKNOWN_KEY && !ctx->refetched) {

        ctx->refetched = ctx->may_park;

        if (ngx_oauth_access_park(ctx, 1) == NGX_AGAIN) {
            return NGX_AGAIN;
        }
    }

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    if (reason == OAUTH_OK && mcf->cache) {
        oauth_cache_store(mcf->cache, ctx->token,
                          ngx_oauth_provider_generation(issuer->provider),
                          ngx_time());
    }

    return ngx_oauth_refuse(ctx, reason);
}


static ngx_int_t
ngx_oauth_step_policy(ngx_oauth_ctx_t *ctx)
{
    return ngx_oauth_refuse(ctx, ngx_oauth_policy_verify(ctx->request,
                                                         ctx->conf,
                                                         ctx->token));
}


/*
 * A token of the cache, as good as on the day it was verified: its time is not
 * over (nor to come, the clock may step), and the keys of its issuer are still
 * the same.
 */

static oauth_token_t *
ngx_oauth_access_cached(ngx_oauth_ctx_t *ctx, oauth_cache_t *cache)
{
    uint64_t               generation;
    oauth_token_t         *token;
    ngx_oauth_issuer_t    *issuer;
    ngx_oauth_provider_t  *provider;

    token = oauth_cache_lookup(cache, ctx->credentials,
                               ngx_oauth_access_accepts, ctx->conf->issuers,
                               &generation);
    if (token == NULL) {
        return NULL;
    }

    issuer = ngx_oauth_container(token->policy, ngx_oauth_issuer_t, policy);
    provider = issuer->provider;

    if (provider
        && ngx_oauth_provider_keys(provider)
        && ngx_oauth_provider_generation(provider) == generation
        && oauth_token_is_current(token, ngx_time()))
    {
        return oauth_token_acquire(token);
    }

    oauth_cache_expire(cache, token);

    return NULL;
}


/* data: the issuers of a location. */

static int
ngx_oauth_access_accepts(const oauth_policy_t *policy, const void *data)
{
    const ngx_array_t *issuers = data;

    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuer;

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        if (&issuer[i]->policy == policy) {
            return 1;
        }
    }

    return 0;
}


/* Header fields and variables may show its claims up to the request's end. */

static ngx_int_t
ngx_oauth_access_retire(ngx_oauth_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_oauth_access_retired;
    cln->data = ctx->token;

    ctx->token = NULL;

    return NGX_OK;
}


static void
ngx_oauth_access_retired(void *data)
{
    oauth_token_free(data);
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

        /* A post_action outlives its client. */

        r->read_event_handler = r->post_action ? ngx_http_block_reading
                                               : ngx_http_test_reading;
        r->write_event_handler = ngx_http_request_empty_handler;
    }

    return rc;
}


/*
 * A client that leaves while its request waits starts a post_action: the
 * request goes elsewhere, and must not be woken there.
 */

static void
ngx_oauth_access_unpark(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    if (!r->internal) {
        return;
    }

    ctx = ngx_oauth_access_lookup(r);

    if (ctx) {
        ngx_oauth_provider_cancel(&ctx->wait);
    }
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

    oauth_jwt_free(ctx->jwt);
    oauth_token_free(ctx->token);
}
