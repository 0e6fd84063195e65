
/*
 * The handlers of nginx's server-rewrite and rewrite phases.  nginx calls them
 * before the rewrite module, when a request enters a server or a location.
 * They remove header fields by which a client could claim an identity, make the
 * request wait for keys where rewrite rules may read a claim, and answer 404
 * where the path of another app's metadata document leads to a protected
 * location.  The context is in the request's pool.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_forward.h"
#include "ngx_oauth_metadata.h"
#include "ngx_oauth_phase.h"
#include "ngx_oauth_reply.h"
#include "ngx_oauth_steps.h"


static ngx_oauth_ctx_t *ngx_oauth_phase_redirected(ngx_http_request_t *r);
static ngx_uint_t ngx_oauth_phase_is_blind(const ngx_oauth_ctx_t *ctx,
    const ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_phase_enter(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_phase_wait(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


/*
 * Removes the header fields that the client sent under names of oauth_header;
 * after an internal redirect, removes the fields that the previous location
 * added, and the token if that location does not pass it on, and ends a wait
 * that began there.  Remembers the URI that a client with credentials asked
 * for.  Where rewrite rules of the server's own level may read a claim, the
 * request waits for keys.  If there are none and a rule certainly reads a
 * claim, the request is refused.
 */

ngx_int_t
ngx_oauth_phase_server_rewrite(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;
    const ngx_oauth_srv_conf_t  *scf;

    (void) ngx_oauth_phase_redirected(r);

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
 * nginx calls this when a request comes to a location, before the rewrite rules
 * of that location.  After a redirect it removes the same fields as above,
 * because nginx runs no server-rewrite phase for a named location, and ends a
 * wait that began in the previous location.  It makes nginx forget the values
 * that depend on a claim.  It refuses the request if a variable was read in
 * another location before there were keys.  It answers 404 to another app's
 * metadata path in a protected location, notes whether the token may leave the
 * location, and makes the request wait for keys where rewrite rules may read a
 * claim; if there are none, it refuses the request.
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

    /* Values that nginx kept for rules elsewhere do not hold in a location. */

    if (ctx || r != r->main) {
        ngx_oauth_evaluate_expire(r);
    }

    if (ctx) {
        ctx->located = 1;

        if (ngx_oauth_phase_is_blind(ctx, lcf)) {
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

    /* No protected location may answer for another app's metadata document. */

    if (ctx->foreign && !lcf->dry_run) {
        return ngx_oauth_metadata_not_found(r);
    }

    ctx->withheld = lcf->withholds;

    return lcf->reads_claims ? ngx_oauth_phase_wait(r, lcf) : NGX_DECLINED;
}


/*
 * Returns 1 if a variable of the module was read in another location before
 * there were keys, perhaps by a rewrite rule.  What that decided must not
 * count, so the request is refused; not in a dry run, where the access phase
 * notes it.
 */

static ngx_uint_t
ngx_oauth_phase_is_blind(const ngx_oauth_ctx_t *ctx,
    const ngx_oauth_loc_conf_t *lcf)
{
    return ctx->blind
           && ctx->conf != lcf
           && !(lcf->issuers ? lcf->dry_run : ctx->conf->dry_run);
}


/*
 * Returns the context of a main request that comes here by an internal
 * redirect, or NULL.  When a client leaves while its request waits, nginx sends
 * the request to the location of post_action.  Nothing must wake it there, and
 * it may have to wait again, so the wait ends.
 */

static ngx_oauth_ctx_t *
ngx_oauth_phase_redirected(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    ctx = (r->internal && r == r->main) ? ngx_oauth_context_lookup(r) : NULL;

    if (ctx) {
        ngx_oauth_wait_done(&ctx->wait);
    }

    return ctx;
}


/*
 * The request comes here by an internal redirect.  Ends a wait that began in
 * the previous location.  Removes the identity headers, and the token if that
 * location does not pass it on; a request that was admitted keeps its fields.
 */

static ngx_int_t
ngx_oauth_phase_enter(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    ctx = ngx_oauth_phase_redirected(r);

    if (ngx_oauth_forward_enter(r) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx) {
        ctx->passed = 0;
    }

    return NGX_OK;
}


/*
 * nginx runs rewrite rules only once.  Where they may read a claim, the request
 * waits for keys before they run, and is refused if there are none: no rule
 * must decide by the empty claims of a token that nobody could verify.  In a
 * dry run the rules do decide by them, since nothing is refused.
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

    ctx->withheld = lcf->withholds;

    rc = ngx_oauth_steps_walk_to_revoked(ctx, r, NGX_OAUTH_WAIT_NOW);

    if (rc == NGX_AGAIN) {
        return NGX_DONE;
    }

    /*
     * On the server's own level the request is refused only if a rule certainly
     * reads a claim: all requests to the server run these rules.
     */

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    return (rc == NGX_DECLINED
            && !lcf->dry_run
            && (lcf->reads_own || r->loc_conf != cscf->ctx->loc_conf)
            && oauth_reason_info(ctx->reason)->answer
               == OAUTH_ANSWER_UNAVAILABLE)
           ? ngx_oauth_reply(ctx) : NGX_DECLINED;
}
