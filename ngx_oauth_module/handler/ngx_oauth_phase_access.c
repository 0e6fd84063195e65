
/*
 * The handlers of nginx's phases from preaccess to log.  What is decided is in
 * ngx_oauth_steps.c; here the verdict is carried out.  A request that has to
 * wait is parked, and its handler is entered again when the wait is over
 * (ngx_oauth_context.c).
 */


#include "ngx_oauth_cors.h"
#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_forward.h"
#include "ngx_oauth_phase.h"
#include "ngx_oauth_reply.h"
#include "ngx_oauth_steps.h"
#include "ngx_oauth_verdict.h"


static ngx_int_t ngx_oauth_phase_check(ngx_oauth_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_oauth_phase_admit(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_phase_refuse(ngx_oauth_ctx_t *ctx);


/*
 * The access phase does not run in subrequests.  One that reaches a protected
 * location is decided by the main request's token and this location's policy,
 * without waiting.  A main request waits for keys, if the configuration uses
 * any variable of ours anywhere: it may be the key of a limit, and limits are
 * looked at in this phase, after us.
 */

ngx_int_t
ngx_oauth_phase_preaccess(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_oauth_ctx_t              *ctx;
    const ngx_oauth_loc_conf_t   *lcf;
    const ngx_oauth_main_conf_t  *mcf;

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

    rc = ngx_oauth_phase_check(ctx, ngx_oauth_steps_walk(ctx, r,
                                                       NGX_OAUTH_WAIT_NEVER));
    if (rc != NGX_OK) {
        return ngx_oauth_reply_subrequest(ctx);
    }

    if (ngx_oauth_forward_identity(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_ADMITTED);

    return NGX_DECLINED;
}


ngx_int_t
ngx_oauth_phase_access(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_oauth_cors_preflight(r);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_oauth_steps_walk(ctx, r, NGX_OAUTH_WAIT_NOW);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    rc = ngx_oauth_phase_check(ctx, rc);

    /* What nginx has kept of a map was computed without the token. */

    if (rc == NGX_OK && ctx->hidden) {
        ngx_oauth_evaluate_expire(r);
    }

    return (rc == NGX_OK) ? ngx_oauth_phase_admit(ctx)
                          : ngx_oauth_phase_refuse(ctx);
}


/*
 * A token that is good now, and was not when a rewrite rule asked for its
 * claims: before there were keys, on the server's own level by another policy,
 * or before later rules changed what the policy asks for.  The rule saw no
 * claims, so nobody knows what it would have decided.
 */

static ngx_int_t
ngx_oauth_phase_check(ngx_oauth_ctx_t *ctx, ngx_int_t rc)
{
    const ngx_oauth_loc_conf_t  *lcf;

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
ngx_oauth_phase_admit(ngx_oauth_ctx_t *ctx)
{
    if (ngx_oauth_forward_identity(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->doubted) {
        ctx->reason = OAUTH_SERVER_ERROR;
        return ngx_oauth_phase_refuse(ctx);
    }

    ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_ADMITTED);

    return NGX_OK;
}


/*
 * Another module may let the request in (satisfy any): then without an
 * identity, also without that of a location which it was in before.
 */

static ngx_int_t
ngx_oauth_phase_refuse(ngx_oauth_ctx_t *ctx)
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


/*
 * The request got past the access phase.  If we had refused it, another module
 * has let it in (satisfy any), or this is its error page.
 */

ngx_int_t
ngx_oauth_phase_precontent(ngx_http_request_t *r)
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
        ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_OVERRULED);

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
ngx_oauth_phase_log(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    ctx = lcf->issuers ? ngx_oauth_context_create(r)
                       : ngx_oauth_context_lookup(r);
    if (ctx) {
        ctx->logging = 1;
    }

    return NGX_OK;
}
