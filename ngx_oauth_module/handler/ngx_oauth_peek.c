
/*
 * The decision, for a variable.  nginx may evaluate a variable in any phase, so
 * also before the access phase has decided about the request; then the decision
 * is made for the variable.  The context belongs to the request.
 */


#include "ngx_oauth_peek.h"
#include "ngx_oauth_steps.h"


const ngx_oauth_ctx_t *
ngx_oauth_peek(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;

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

    /* nginx is already sending an error: nothing is decided. */

    if (r->err_status && !r->internal) {
        return NULL;
    }

    ctx = ngx_oauth_context_create(r);

    if (ctx == NULL
        || ctx->wait.linked
        || ngx_oauth_context_is_error_page(r, ctx))
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


void
ngx_oauth_peek_note(ngx_http_request_t *r, const oauth_token_t *token)
{
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;
    ngx_http_core_main_conf_t   *cmcf;

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
