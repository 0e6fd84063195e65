
/*
 * The handlers of nginx's server-rewrite and rewrite phases, ahead of the
 * rewrite module's own: a request enters a server or a location.  They take
 * the client's copies of identity fields off the request, make it wait where
 * rewrite rules may read a claim, and keep a metadata path of another app out
 * of protected locations.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_forward.h"
#include "ngx_oauth_metadata.h"
#include "ngx_oauth_phase.h"
#include "ngx_oauth_reply.h"
#include "ngx_oauth_steps.h"


static ngx_int_t ngx_oauth_phase_enter(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_phase_wait(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


/*
 * Takes the client's copies of identity headers off the request; after an
 * internal redirect also what the previous location left.
 */

ngx_int_t
ngx_oauth_phase_server_rewrite(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;
    const ngx_oauth_srv_conf_t  *scf;

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

    return lcf->reads_claims ? ngx_oauth_phase_wait(r, lcf) : NGX_DECLINED;
}


/*
 * Runs when a request comes to a location, ahead of the rewrite rules there.
 * Named locations are entered here and nowhere else.
 */

ngx_int_t
ngx_oauth_phase_rewrite(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;

    if (r->internal && ngx_oauth_phase_enter(r) != NGX_OK) {
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

    return lcf->reads_claims ? ngx_oauth_phase_wait(r, lcf) : NGX_DECLINED;
}


/* By a redirect: nothing of the location before is left but the identity. */

static ngx_int_t
ngx_oauth_phase_enter(ngx_http_request_t *r)
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
ngx_oauth_phase_wait(ngx_http_request_t *r, const ngx_oauth_loc_conf_t *lcf)
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

    if (ngx_oauth_context_is_error_page(r, ctx)) {
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
