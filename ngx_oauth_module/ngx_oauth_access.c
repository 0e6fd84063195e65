
/*
 * Where nginx asks: the access handler, subrequests, variables; and the life
 * of a request's context.  What is decided is in ngx_oauth_steps.c.  A request
 * that has to wait is parked, and the handler is entered again when the wait is
 * over; the context is found again by its cleanup in the request's pool.
 */


#include "ngx_oauth_access.h"


static ngx_int_t ngx_oauth_access_preflight(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);
static ngx_uint_t ngx_oauth_access_is_paged(ngx_http_core_loc_conf_t *clcf,
    ngx_uint_t status);
static void ngx_oauth_access_unpark(ngx_http_request_t *r);
static void ngx_oauth_access_wake(ngx_oauth_wait_t *wait);
static ngx_oauth_ctx_t *ngx_oauth_access_create(ngx_http_request_t *r);
static void ngx_oauth_access_cleanup(void *data);


ngx_int_t
ngx_oauth_access_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_oauth_ctx_t           *ctx;
    ngx_oauth_loc_conf_t      *lcf;
    ngx_http_core_loc_conf_t  *clcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_access_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_oauth_access_preflight(r, lcf);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_oauth_steps_walk(ctx, r, 1);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    /* A map of a claim, asked for before there were keys, saw no token. */

    if (ctx->blind) {
        ngx_oauth_variables_expire(r);
        ctx->blind = 0;
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


static ngx_int_t
ngx_oauth_access_preflight(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf)
{
    return (lcf->cors && !ngx_oauth_steps_is_ambiguous(r, lcf))
           ? ngx_oauth_cors_preflight(r) : NGX_DECLINED;
}


/*
 * A named location is entered behind the server's rewrites, where the client's
 * copies are removed: by requests that nginx has refused before, with the
 * client's, and from protected locations, with an identity that does not go
 * along.  Subrequests come here, too; limit_except hides what is named.
 */

ngx_int_t
ngx_oauth_named_handler(ngx_http_request_t *r)
{
    if (r->internal && ngx_oauth_forward_clean(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
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

    if (ngx_oauth_steps_walk(ctx, r, 0) != NGX_OK) {
        return ngx_oauth_reply_subrequest(ctx);
    }

    if (ngx_oauth_forward_identity(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


/*
 * nginx redirects "/mcp" to "/mcp/" while it looks for a location, ahead of all
 * that protects.  Where others have a say in the refusal (satisfy any, an error
 * page for it) it stays with that, and where keys have to be waited for: the
 * redirect gives nothing away.  In a limit_except nothing but the name tells.
 */

ngx_int_t
ngx_oauth_access_redirect(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_oauth_ctx_t           *ctx;
    ngx_oauth_loc_conf_t      *lcf;
    ngx_http_core_loc_conf_t  *clcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (lcf->issuers == NULL
        || clcf->satisfy == NGX_HTTP_SATISFY_ANY
        || clcf->name.len != r->uri.len + 1
        || clcf->name.data[r->uri.len] != '/'
        || ngx_strncmp(clcf->name.data, r->uri.data, r->uri.len) != 0)
    {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_access_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->refusal.status) {
        return NGX_DECLINED;
    }

    rc = ngx_oauth_access_preflight(r, lcf);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_oauth_steps_walk(ctx, r, 0) != NGX_DECLINED
        || ngx_oauth_access_is_paged(clcf, ngx_oauth_reply_status(ctx->reason)))
    {
        return NGX_DECLINED;
    }

    return ngx_oauth_reply(ctx);
}


static ngx_uint_t
ngx_oauth_access_is_paged(ngx_http_core_loc_conf_t *clcf, ngx_uint_t status)
{
    ngx_uint_t            i;
    ngx_http_err_page_t  *pages;

    if (clcf->error_pages == NULL) {
        return 0;
    }

    pages = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (pages[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
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

    if ((ctx->decided || ctx->judging) && ctx->conf == lcf) {
        return ctx;
    }

    if (ctx->wait.linked || r != r->main) {
        return NULL;
    }

    ctx->peeked = 1;

    if (ngx_oauth_steps_walk(ctx, r, 0) == NGX_AGAIN) {
        ctx->blind = 1;
        return NULL;
    }

    return ctx;
}


ngx_int_t
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
