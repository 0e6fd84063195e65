
/*
 * Where nginx asks: the handlers of its phases, and variables.  What is decided
 * is in ngx_oauth_steps.c.  A request that has to wait is parked, and the
 * handler is entered again when the wait is over (ngx_oauth_context.c).
 */


#include "ngx_oauth_access.h"


static ngx_int_t ngx_oauth_access_enter(ngx_http_request_t *r);
static ngx_uint_t ngx_oauth_access_is_error_page(ngx_http_request_t *r,
    ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_access_check(ngx_oauth_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_oauth_access_admit(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_access_refuse(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_access_preflight(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);
static ngx_uint_t ngx_oauth_access_is_paged(ngx_http_core_loc_conf_t *clcf,
    ngx_uint_t status);
static ngx_int_t ngx_oauth_access_wait(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


/*
 * Takes the client's copies of identity headers off the request; after an
 * internal redirect also what the previous location left.
 */

ngx_int_t
ngx_oauth_server_handler(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t       *ctx;
    ngx_oauth_loc_conf_t  *lcf;
    ngx_oauth_srv_conf_t  *scf;

    if (ngx_oauth_forward_enter(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->headers_in.authorization && !r->internal) {

        scf = ngx_http_get_module_srv_conf(r, ngx_oauth_module);
        ctx = scf->protects ? ngx_oauth_context_create(r) : NULL;

        if (ctx) {
            ctx->uri = r->uri;

        } else if (scf->protects) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    return lcf->reads_claims ? ngx_oauth_access_wait(r, lcf) : NGX_DECLINED;
}


/*
 * Runs when a request comes to a location, ahead of the rewrite rules there.
 * Named locations are entered here and nowhere else.
 */

ngx_int_t
ngx_oauth_rewrite_handler(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t       *ctx;
    ngx_oauth_loc_conf_t  *lcf;

    if (r->internal && ngx_oauth_access_enter(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);
    ctx = r->internal ? ngx_oauth_context_lookup(r)
                      : ngx_http_get_module_ctx(r, ngx_oauth_module);

    /* What rules have made nginx keep elsewhere is not for the rules here. */

    if (ctx || r != r->main) {
        ngx_oauth_evaluate_expire(r);
    }

    if (ctx) {
        ctx->located = 1;

        /* Rules of another location were decided without keys. */

        if (ctx->blind && ctx->conf != lcf) {
            ctx->reason = OAUTH_KEYS_UNAVAILABLE;
            return ngx_oauth_reply(ctx);
        }
    }

    if (lcf->issuers == NULL) {
        return NGX_DECLINED;
    }

    if (ctx == NULL) {

        ctx = ngx_oauth_context_new(r);
        if (ctx == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->located = 1;
    }

    /* The path of another app's document must not end here. */

    if (ctx->foreign) {
        return ngx_oauth_metadata_not_found(r);
    }

    ctx->withheld = !lcf->pass_token;

    return lcf->reads_claims ? ngx_oauth_access_wait(r, lcf) : NGX_DECLINED;
}


/* By a redirect: nothing of the location before is left but the identity. */

static ngx_int_t
ngx_oauth_access_enter(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    ctx = (r == r->main) ? ngx_oauth_context_lookup(r) : NULL;

    if (ctx) {

        /*
         * A client that leaves while its request waits starts a post_action:
         * the request goes elsewhere, and must not be woken there.
         */

        ngx_oauth_wait_done(&ctx->wait);
    }

    if (ngx_oauth_forward_enter(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx) {
        ctx->passed = 0;
    }

    return NGX_OK;
}


/*
 * Rewrite rules run once.  Where they may read a claim the request waits before
 * they do, and is refused if there are no keys: no rule is decided on the
 * empty claims of a token that nobody could verify.
 */

static ngx_int_t
ngx_oauth_access_wait(ngx_http_request_t *r, const ngx_oauth_loc_conf_t *lcf)
{
    ngx_int_t                  rc;
    ngx_oauth_ctx_t           *ctx;
    ngx_http_core_srv_conf_t  *cscf;

    if (lcf->issuers == NULL || lcf->resource == NULL || r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_oauth_access_is_error_page(r, ctx)) {
        return NGX_DECLINED;
    }

    ctx->withheld = !lcf->pass_token;

    rc = ngx_oauth_steps_verify(ctx, r, NGX_OAUTH_WAIT_NOW);

    if (rc == NGX_AGAIN) {
        return NGX_DONE;
    }

    /* On the server's own level only for what certainly reads a claim. */

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    return (rc == NGX_DECLINED
            && (lcf->reads_own || r->loc_conf != cscf->ctx->loc_conf)
            && oauth_reason_info(ctx->reason)->answer
               == OAUTH_ANSWER_UNAVAILABLE)
           ? ngx_oauth_reply(ctx) : NGX_DECLINED;
}


/*
 * The access phase does not run in subrequests.  One that reaches a protected
 * location is decided by the main request's token and this location's policy,
 * without waiting.  A main request waits for keys, if the configuration uses
 * any variable of ours anywhere: it may be the key of a limit, and limits are
 * looked at in this phase, after us.
 */

ngx_int_t
ngx_oauth_preaccess_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_oauth_ctx_t        *ctx;
    ngx_oauth_loc_conf_t   *lcf;
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);

    if (r == r->main && !mcf->reads_claims) {
        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r == r->main) {
        return (mcf->reads_claims
                && ngx_oauth_steps_keys(ctx, r, NGX_OAUTH_WAIT_NOW)
                   == NGX_AGAIN)
               ? NGX_AGAIN : NGX_DECLINED;
    }

    rc = ngx_oauth_access_check(ctx, ngx_oauth_steps_walk(ctx, r,
                                                       NGX_OAUTH_WAIT_NEVER));
    if (rc != NGX_OK) {
        return ngx_oauth_reply_subrequest(ctx);
    }

    if (ngx_oauth_forward_identity(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_oauth_access_handler(ngx_http_request_t *r)
{
    ngx_int_t              rc;
    ngx_oauth_ctx_t       *ctx;
    ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_oauth_access_preflight(r, lcf);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_oauth_steps_walk(ctx, r, NGX_OAUTH_WAIT_NOW);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    rc = ngx_oauth_access_check(ctx, rc);

    /* What nginx has kept of a map was computed without the token. */

    if (rc == NGX_OK && ctx->hidden) {
        ngx_oauth_evaluate_expire(r);
    }

    return (rc == NGX_OK) ? ngx_oauth_access_admit(ctx)
                          : ngx_oauth_access_refuse(ctx);
}


/*
 * A token that is good now, and was not when a rewrite rule asked for its
 * claims: before there were keys, on the server's own level by another policy,
 * or before later rules changed what the policy asks for.  The rule saw no
 * claims, so nobody knows what it would have decided.
 */

static ngx_int_t
ngx_oauth_access_check(ngx_oauth_ctx_t *ctx, ngx_int_t rc)
{
    ngx_oauth_loc_conf_t  *lcf;

    if (rc == NGX_OK && ctx->blind) {
        ctx->reason = OAUTH_KEYS_UNAVAILABLE;
        rc = NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(ctx->request, ngx_oauth_module);

    if (rc == NGX_OK
        && (ctx->misled
            || (ctx->unseen && lcf->rewrite && lcf->rewrite->decides_set)))
    {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "oauth: a rewrite rule asked for a claim when the token "
                      "was not good for the level that the rule is in, or for "
                      "what the policy asked at that time, and saw nothing: "
                      "write the rule into the location, after the rules that "
                      "the location's policy depends on");
        ctx->reason = OAUTH_SERVER_ERROR;
        rc = NGX_DECLINED;
    }

    ctx->blind = 0;
    ctx->misled = 0;

    return rc;
}


static ngx_int_t
ngx_oauth_access_admit(ngx_oauth_ctx_t *ctx)
{
    if (ngx_oauth_forward_identity(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->doubted) {
        ctx->reason = OAUTH_SERVER_ERROR;
        return ngx_oauth_access_refuse(ctx);
    }

    return NGX_OK;
}


/*
 * Another module may let the request in (satisfy any): then without an
 * identity, also without that of a location which it was in before.
 */

static ngx_int_t
ngx_oauth_access_refuse(ngx_oauth_ctx_t *ctx)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_core_module);

    if (ctx->doubted && ctx->reason == OAUTH_SERVER_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "oauth: the policy of this location uses a variable that "
                      "\"set\" assigns more than once, in an \"if\" or from a "
                      "capture, and a claim was read before the token was "
                      "checked: use a \"map\" of the claim instead");
    }

    if ((clcf->satisfy == NGX_HTTP_SATISFY_ANY || ctx->forwarded)
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
    return (r->method == NGX_HTTP_OPTIONS
            && lcf->cors
            && !ngx_oauth_steps_is_ambiguous(r, lcf))
           ? ngx_oauth_cors_preflight(r) : NGX_DECLINED;
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

    ctx = ngx_oauth_context_create(r);
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

    if (ngx_oauth_steps_walk(ctx, r, NGX_OAUTH_WAIT_LATER) != NGX_DECLINED
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


/*
 * The request got past the access phase.  If we had refused it, another module
 * has let it in (satisfy any), or this is its error page.
 */

ngx_int_t
ngx_oauth_admitted_handler(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_lookup(r);

    if (ctx == NULL) {
        return NGX_DECLINED;
    }

    ctx->passed = 1;

    if (ctx->refusal.status == 0) {
        return NGX_DECLINED;
    }

    if (r->err_status == 0) {
        ctx->refusal.status = 0;

    } else {
        ctx->refusal.paged = 1;
    }

    return NGX_DECLINED;
}


/*
 * Runs before the log modules: from here on variables show the decision that
 * was made, and make none.
 */

ngx_int_t
ngx_oauth_log_handler(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t       *ctx;
    ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    ctx = lcf->issuers ? ngx_oauth_context_create(r)
                       : ngx_oauth_context_lookup(r);
    if (ctx) {
        ctx->logging = 1;
    }

    return NGX_OK;
}


const ngx_oauth_ctx_t *
ngx_oauth_access_peek(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t       *ctx;
    ngx_oauth_loc_conf_t  *lcf;

    ctx = ngx_oauth_context_lookup(r);

    if (ctx && ctx->logging) {
        return ctx->decided ? ctx : NULL;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL || lcf->resource == NULL) {
        return NULL;
    }

    if (ctx && (ctx->decided || ctx->judging) && ctx->conf == lcf) {
        return ctx;
    }

    /* nginx answers with an error: it is too late for a decision. */

    if (r->err_status && !r->internal) {
        return NULL;
    }

    ctx = ngx_oauth_context_create(r);

    if (ctx == NULL
        || ctx->wait.linked
        || ngx_oauth_access_is_error_page(r, ctx))
    {
        return NULL;
    }

    if (ngx_oauth_steps_walk(ctx, r, (r == r->main) ? NGX_OAUTH_WAIT_LATER
                                                    : NGX_OAUTH_WAIT_NEVER)
        == NGX_AGAIN)
    {
        ctx->blind = 1;
        return NULL;
    }

    return ctx;
}


/*
 * The error page of a refusal passes the rules of the server's own level once
 * more, on its way to the location of the page: nothing is decided there again.
 */

static ngx_uint_t
ngx_oauth_access_is_error_page(ngx_http_request_t *r, ngx_oauth_ctx_t *ctx)
{
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    return r->internal
           && r->loc_conf == cscf->ctx->loc_conf
           && ctx->refusal.status
           && ctx->refusal.status == r->err_status;
}


void
ngx_oauth_access_read(ngx_http_request_t *r, const oauth_token_t *token)
{
    ngx_oauth_ctx_t            *ctx;
    ngx_oauth_loc_conf_t       *lcf;
    ngx_http_core_main_conf_t  *cmcf;

    ctx = ngx_oauth_context_create(r);

    if (ctx == NULL) {
        return;
    }

    ctx->reads++;

    if (ctx->outer || token) {
        return;
    }

    ctx->hidden = 1;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    if (r->phase_handler < 0
        || cmcf->phase_engine.handlers[r->phase_handler].checker
           != ngx_http_core_rewrite_phase)
    {
        return;
    }

    ctx->unseen = 1;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers && lcf->rewrite && lcf->rewrite->decides) {
        ctx->misled = 1;
    }
}
