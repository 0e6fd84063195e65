
/*
 * Refuses a request: logs the refusal, and prepares the challenge (RFC 6750
 * section 3, RFC 9728 section 5.1) and the body, which is a problem document
 * (RFC 9457) or an HTML page for the window of a browser.  The access handler
 * returns a bare status, so satisfy, auth_delay and error_page work as they do
 * with any module.  When nginx responds with that status, ngx_oauth_filter.c
 * sends what was prepared here in the request's pool.
 */


#include "ngx_oauth_cors.h"
#include "ngx_oauth_explain.h"
#include "ngx_oauth_reflect.h"
#include "ngx_oauth_reply.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_text.h"
#include "ngx_oauth_verdict.h"
#include "oauth_challenge.h"


static ngx_int_t ngx_oauth_reply_not(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_reply_retry_after(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_reply_write(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_reply_write_dpop(ngx_oauth_ctx_t *ctx,
    const ngx_str_t *resource);
static ngx_oauth_text_t *ngx_oauth_reply_text(ngx_oauth_ctx_t *ctx,
    ngx_oauth_text_kind_t kind, ngx_oauth_text_t *rendered);
static ngx_oauth_text_t *ngx_oauth_reply_prepared(ngx_oauth_ctx_t *ctx,
    ngx_oauth_text_kind_t kind);
static ngx_int_t ngx_oauth_reply_render(ngx_oauth_ctx_t *ctx,
    ngx_oauth_text_kind_t kind, ngx_oauth_text_t *text);
static ngx_int_t ngx_oauth_reply_scope(ngx_oauth_ctx_t *ctx,
    ngx_oauth_text_kind_t kind, ngx_uint_t judging, ngx_str_t *value);


ngx_int_t
ngx_oauth_reply(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t                    status;
    ngx_http_request_t           *r;
    ngx_oauth_context_refusal_t  *refusal;

    if (ctx->conf->dry_run) {
        return ngx_oauth_reply_not(ctx);
    }

    r = ctx->request;
    refusal = &ctx->refusal;
    status = ngx_oauth_text_status(ctx->reason);

    /*
     * The location of the error_page refuses the request, too.  The client is
     * told why its own request was refused.  So the first refusal stays as it
     * is, except that this location is now the one that sends it.
     */

    if (refusal->status == status && r->err_status == status) {
        refusal->conf = ctx->conf;
        refusal->paged = 0;
        return status;
    }

    ngx_oauth_explain(ctx);
    ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_REFUSED);

    /* Another location, before an internal redirect, left a refusal there. */

    if (refusal->conf) {
        ngx_memzero(refusal, sizeof(ngx_oauth_context_refusal_t));
    }

    refusal->status = status;
    refusal->conf = ctx->conf;

    if (ngx_oauth_reply_write(ctx) != NGX_OK
        || (status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_oauth_reply_retry_after(ctx) != NGX_OK))
    {
        refusal->status = 0;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return status;
}


ngx_int_t
ngx_oauth_reply_subrequest(ngx_oauth_ctx_t *ctx)
{
    oauth_answer_t  answer;

    if (ctx->conf->dry_run) {
        return ngx_oauth_reply_not(ctx);
    }

    ngx_oauth_explain(ctx);
    ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_REFUSED);

    answer = oauth_reason_info(ctx->reason)->answer;

    return (answer == OAUTH_ANSWER_UNAVAILABLE) ? NGX_HTTP_SERVICE_UNAVAILABLE
                                                : NGX_HTTP_FORBIDDEN;
}


/*
 * In a dry run, the refusal is logged and noted only.  Neither is done if the
 * request comes here for the error page of a location that has refused it: that
 * refusal is the one that the client gets.
 */

static ngx_int_t
ngx_oauth_reply_not(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t  status;

    status = ctx->refusal.status;

    if (status == 0 || ctx->request->err_status != status) {
        ngx_oauth_explain(ctx);
        ngx_oauth_verdict_set(ctx, NGX_OAUTH_VERDICT_DRY_RUN);
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_oauth_reply_note_scopes(ngx_oauth_ctx_t *ctx)
{
    oauth_answer_t                 answer;
    ngx_oauth_text_t              *prepared;
    ngx_oauth_context_required_t  *required;

    required = ngx_palloc(ctx->request->pool,
                          sizeof(ngx_oauth_context_required_t));
    if (required == NULL) {
        return NGX_ERROR;
    }

    ctx->required = required;
    required->conf = ctx->conf;
    ngx_str_null(&required->scopes);

    prepared = ngx_oauth_reply_prepared(ctx, NGX_OAUTH_TEXT_MORE);

    if (prepared) {
        required->scopes = prepared->scope;
        return NGX_OK;
    }

    /* Variables show the token only if it was verified. */

    answer = oauth_reason_info(ctx->reason)->answer;

    return ngx_oauth_reply_scope(ctx, NGX_OAUTH_TEXT_MORE,
                                 answer == OAUTH_ANSWER_NONE
                                 || answer == OAUTH_ANSWER_AUTHENTICATION
                                 || answer == OAUTH_ANSWER_SCOPE
                                 || answer == OAUTH_ANSWER_FORBIDDEN,
                                 &required->scopes);
}


static ngx_int_t
ngx_oauth_reply_retry_after(ngx_oauth_ctx_t *ctx)
{
    time_t      seconds;
    ngx_str_t  *value;

    seconds = 1;
    value = &ctx->refusal.retry_after;

    if (ctx->issuer && ctx->issuer->provider) {
        seconds = ngx_oauth_provider_retry_after(ctx->issuer->provider);
    }

    value->data = ngx_pnalloc(ctx->request->pool, NGX_TIME_T_LEN);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_sprintf(value->data, "%T", seconds) - value->data;

    return NGX_OK;
}


/*
 * Joins the two halves of the challenge, and finds the two halves of the body.
 * A refusal that no other token would change has no challenge.
 */

static ngx_int_t
ngx_oauth_reply_write(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_text_kind_t           kind;
    ngx_oauth_text_t               *text, rendered;
    const ngx_oauth_text_reason_t  *reason;
    ngx_oauth_context_refusal_t    *refusal;
    const ngx_oauth_main_conf_t    *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    refusal = &ctx->refusal;
    reason = &mcf->reasons[ctx->reason];
    kind = ngx_oauth_text_kind(ctx->reason);
    refusal->page = ngx_oauth_cors_navigates(ctx->request);
    text = ngx_oauth_reply_text(ctx, kind, &rendered);

    if (text == NULL) {
        return NGX_ERROR;
    }

    refusal->body[0] = refusal->page ? reason->page : reason->problem;
    refusal->body[1] = refusal->page ? text->pages[kind]
                                     : text->problems[kind];

    if (kind == NGX_OAUTH_TEXT_NONE) {
        return NGX_OK;
    }

    if (ctx->conf->dpop.mode != NGX_OAUTH_DPOP_OFF) {
        return ngx_oauth_reply_write_dpop(ctx, &text->challenge);
    }

    return ngx_oauth_str_join(ctx->request->pool, &refusal->challenge,
                              &reason->challenge, &text->challenge, NULL);
}


/* Writes the challenge of a location that accepts DPoP. */

static ngx_int_t
ngx_oauth_reply_write_dpop(ngx_oauth_ctx_t *ctx, const ngx_str_t *resource)
{
    oauth_buf_t             buf;
    oauth_challenge_dpop_t  challenge;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    challenge.reason = oauth_reason_info(ctx->reason);
    challenge.resource = ngx_oauth_str(resource);
    challenge.algorithms = ngx_oauth_str(&ctx->conf->dpop.names);
    challenge.bearer = (ctx->conf->dpop.mode != NGX_OAUTH_DPOP_REQUIRED);

    oauth_challenge_write_dpop(&buf, &challenge);

    return ngx_oauth_buf_move(ctx->request->pool, &buf,
                              &ctx->refusal.challenge);
}


/*
 * Returns the half about the resource: the text that was rendered with the
 * configuration, or, if that does not fit, one that is rendered now into
 * *rendered.  Returns NULL when memory is short.
 */

static ngx_oauth_text_t *
ngx_oauth_reply_text(ngx_oauth_ctx_t *ctx, ngx_oauth_text_kind_t kind,
    ngx_oauth_text_t *rendered)
{
    ngx_int_t          rc;
    ngx_oauth_text_t  *prepared;

    prepared = ngx_oauth_reply_prepared(ctx, kind);

    if (prepared && !ctx->conf->resource->reflect) {
        return prepared;
    }

    ngx_memzero(rendered, sizeof(ngx_oauth_text_t));

    rc = ngx_oauth_reflect_resource(ctx->request, ctx->conf, rendered);

    if (prepared && rc == NGX_DECLINED) {
        return prepared;
    }

    return (rc == NGX_ERROR
            || ngx_oauth_reply_render(ctx, kind, rendered) != NGX_OK)
           ? NULL : rendered;
}


static ngx_oauth_text_t *
ngx_oauth_reply_prepared(ngx_oauth_ctx_t *ctx, ngx_oauth_text_kind_t kind)
{
    ngx_uint_t                 i, n;
    ngx_oauth_text_variant_t  *variants;

    if (ctx->conf->variants == NULL) {
        return NULL;
    }

    n = ctx->conf->variants->nelts - 1;
    variants = ctx->conf->variants->elts;

    for (i = 0; i < n; i++) {
        if (ngx_oauth_str_equal(&variants[i].method,
                                &ctx->request->method_name))
        {
            break;
        }
    }

    return variants[i].texts[kind];
}


static ngx_int_t
ngx_oauth_reply_render(ngx_oauth_ctx_t *ctx, ngx_oauth_text_kind_t kind,
    ngx_oauth_text_t *text)
{
    ngx_pool_t           *pool;
    ngx_oauth_issuer_t  **issuers;

    pool = ctx->request->pool;
    issuers = ctx->conf->issuers->elts;
    text->issuer = ngx_oauth_str(&issuers[0]->authorization_server);
    text->dpop = (ctx->conf->dpop.mode == NGX_OAUTH_DPOP_REQUIRED);
    ngx_oauth_text_set_authentication(ctx->conf, kind, text);

    if (kind == NGX_OAUTH_TEXT_NONE) {
        return ngx_oauth_text_write(pool, ctx->reason, ctx->refusal.page,
                                    text);
    }

    /*
     * If the token lacks a scope, variables have to show the token, so that the
     * text names the scopes that the policy asked for.
     */

    if (ngx_oauth_reply_scope(ctx, kind,
                              ctx->reason == OAUTH_INSUFFICIENT_SCOPE,
                              &text->scope)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_oauth_text_write(pool, ctx->reason, ctx->refusal.page, text);
}


static ngx_int_t
ngx_oauth_reply_scope(ngx_oauth_ctx_t *ctx, ngx_oauth_text_kind_t kind,
    ngx_uint_t judging, ngx_str_t *value)
{
    ngx_int_t    rc;
    oauth_buf_t  scope;

    ngx_memzero(&scope, sizeof(oauth_buf_t));

    ctx->judging = (judging != 0);

    rc = ngx_oauth_text_scope(ctx->request, ctx->conf,
                              &ctx->request->method_name, kind, &scope);

    ctx->judging = 0;

    if (rc != NGX_OK) {
        oauth_buf_free(&scope);
        return NGX_ERROR;
    }

    return ngx_oauth_buf_move(ctx->request->pool, &scope, value);
}
