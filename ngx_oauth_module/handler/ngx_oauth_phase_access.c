
/*
 * The handlers of nginx's phases from preaccess to log.  ngx_oauth_steps.c
 * decides about a request, and these handlers carry the decision out.  A
 * request that has to wait is parked; when the wait is over, nginx calls the
 * same handler again (ngx_oauth_context.c).  The context is in the request's
 * pool.
 */


#include "ngx_oauth_cors.h"
#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_forward.h"
#include "ngx_oauth_phase.h"
#include "ngx_oauth_recheck.h"
#include "ngx_oauth_reply.h"
#include "ngx_oauth_steps.h"
#include "ngx_oauth_verdict.h"


static ngx_int_t ngx_oauth_phase_pass(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_phase_check(ngx_oauth_ctx_t *ctx, ngx_int_t rc);
static ngx_int_t ngx_oauth_phase_admit(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_phase_refuse(ngx_oauth_ctx_t *ctx);


/*
 * nginx does not run the access phase for subrequests, so this handler decides
 * about a subrequest that reaches a protected location: by the token of the
 * main request and the policy of this location, without waiting.  An admitted
 * subrequest gets the identity.
 *
 * A main request waits for keys here, if the configuration uses a variable of
 * the module anywhere.  That variable may be the key of limit_req or
 * limit_conn, whose handlers nginx calls after this one in the same phase.
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
        return (ngx_oauth_steps_walk_to_keys(ctx, r, NGX_OAUTH_WAIT_NOW)
                == NGX_AGAIN)
               ? NGX_AGAIN : NGX_DECLINED;
    }

    rc = ngx_oauth_phase_check(ctx, ngx_oauth_steps_walk(ctx, r,
                                                       NGX_OAUTH_WAIT_NEVER));
    if (rc == NGX_OK) {
        rc = ngx_oauth_forward_identity(ctx);
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        return ngx_oauth_reply_subrequest(ctx);
    }

    ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_ADMITTED);

    return NGX_DECLINED;
}


/*
 * Answers a preflight, or walks the steps: admits the request with its
 * identity, refuses it, or parks it.  If a variable was read when there was no
 * token to show, it makes nginx forget the values that depend on it.
 */

ngx_int_t
ngx_oauth_phase_access(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_oauth_ctx_t              *ctx;
    const ngx_oauth_loc_conf_t   *lcf;
    const ngx_oauth_main_conf_t  *mcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (lcf->issuers == NULL) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_oauth_cors_preflight(r);

    if (rc == NGX_OK) {
        return ngx_oauth_phase_pass(ctx);
    }

    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_oauth_steps_walk(ctx, r, NGX_OAUTH_WAIT_NOW);

    if (rc == NGX_AGAIN) {
        return NGX_AGAIN;
    }

    rc = ngx_oauth_phase_check(ctx, rc);

    /*
     * Maps and the like that nginx evaluated while there was no token to show
     * must be evaluated again.
     */

    if (rc == NGX_OK && ctx->hidden) {
        ngx_oauth_evaluate_expire(r);
    }

    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);

    if (mcf->shows_scopes && ngx_oauth_reply_note_scopes(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return (rc == NGX_OK) ? ngx_oauth_phase_admit(ctx)
                          : ngx_oauth_phase_refuse(ctx);
}


/*
 * In a dry run the app answers a preflight, which has no token.  The identity
 * from a location where the request was before is taken off it.
 */

static ngx_int_t
ngx_oauth_phase_pass(ngx_oauth_ctx_t *ctx)
{
    ctx->conf = ngx_http_get_module_loc_conf(ctx->request, ngx_oauth_module);
    ctx->decided = 0;

    return (ctx->forwarded && ngx_oauth_forward_anonymous(ctx) != NGX_OK)
           ? NGX_HTTP_INTERNAL_SERVER_ERROR : NGX_DECLINED;
}


/*
 * Refuses a request whose token is good now, if a variable of the module was
 * read before there were keys; or if a rewrite rule read one when the token was
 * not good: the rule is on the server's own level, which has another policy, or
 * a later rule changed a variable that the policy uses.  The reader found the
 * claim empty, so nobody knows what it would have decided.  Returns rc, or
 * NGX_DECLINED with the reason in the context.
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
                      "oauth: a rewrite rule read a claim and found it empty, "
                      "because the token was not good for the level that the "
                      "rule is in, or for what the policy demanded at that "
                      "time: write the rule into the location, after the rules "
                      "that set what the location's policy uses");
        ctx->reason = OAUTH_SERVER_ERROR;
        rc = NGX_DECLINED;
    }

    ctx->blind = 0;
    ctx->misled = 0;

    return rc;
}


/*
 * Puts the identity on the request.  Only now it may turn out that there is no
 * assertion, or that the value of a header is doubtful (ngx_oauth_evaluate.c);
 * then the request is refused.  In a dry run, a good token opens nothing that
 * is closed without this module ("satisfy any"), so the other modules decide.
 */

static ngx_int_t
ngx_oauth_phase_admit(ngx_oauth_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_oauth_forward_identity(ctx);

    if (rc == NGX_DECLINED) {
        return ngx_oauth_phase_refuse(ctx);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->doubted) {
        ctx->reason = OAUTH_SERVER_ERROR;
        return ngx_oauth_phase_refuse(ctx);
    }

    ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_ADMITTED);

    ngx_oauth_recheck_start(ctx);

    return ctx->conf->dry_run ? NGX_DECLINED : NGX_OK;
}


/*
 * Refuses the request.  With "satisfy any", another module may still let it in.
 * For that case, and for a dry run, what it got in a location where it was
 * before is undone: the identity, and that its response is checked.
 */

static ngx_int_t
ngx_oauth_phase_refuse(ngx_oauth_ctx_t *ctx)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_core_module);

    ngx_oauth_recheck_done(&ctx->recheck);

    if (ctx->doubted && ctx->reason == OAUTH_SERVER_ERROR) {
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "oauth: a claim was read before the token was checked, "
                      "and the policy or an oauth_header of this location uses "
                      "a variable of \"set\" whose value cannot be computed "
                      "again (more than one \"set\", or one in an \"if\", "
                      "after a \"break\" or \"rewrite\", in another location, "
                      "with a capture or with the variable itself): use a "
                      "\"map\" of the claim instead");
    }

    if ((clcf->satisfy == NGX_HTTP_SATISFY_ANY || ctx->forwarded)
        && ngx_oauth_forward_anonymous(ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_oauth_reply(ctx);
}


/*
 * Notes that the request got past the access phase.  If this module had refused
 * it, then either another module has let it in ("satisfy any"), and the refusal
 * is void; or nginx is on the way to the error page of the refusal, which is
 * the case when err_status is set.
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

        /* The error page of "error_page 403 = /x" comes without a status. */

        if (ctx->refusal.conf
            == ngx_http_get_module_loc_conf(r, ngx_oauth_module))
        {
            ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_OVERRULED);
        }

    } else {
        ctx->refusal.paged = 1;
    }

    return NGX_DECLINED;
}


/*
 * Marks the request as over, before other modules write it to a log: from here
 * on, a variable shows the decision that was made, and none is made for it.
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
