
/*
 * The table of steps that lead from the Authorization header to a decision for
 * one location.  The security of the module depends on their order.  A step
 * that has to wait for keys, or for what an issuer says about the token, parks
 * the request.  When the wait is over the table is walked from its beginning,
 * and the steps that are done pass at once.  Everything that the steps keep is
 * in the request's context.
 */


#include "ngx_oauth_binding.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_introspect.h"
#include "ngx_oauth_known.h"
#include "ngx_oauth_policy.h"
#include "ngx_oauth_revoked.h"
#include "ngx_oauth_steps.h"
#include "ngx_oauth_trace.h"
#include "oauth_target.h"


/*
 * A step returns NGX_OK, and the next step follows; NGX_AGAIN if it cannot
 * decide without keys, or without an issuer's answer about the token, that are
 * not there yet; NGX_DECLINED if the request is refused, for the reason that it
 * puts into ctx->reason.
 */

typedef ngx_int_t (*ngx_oauth_steps_pt)(ngx_oauth_ctx_t *ctx);

typedef struct {
    const char          *name;
    ngx_oauth_steps_pt   handler;
    ngx_uint_t           verifies;      /* it has nothing to do for a token that
                                           is known                           */
} ngx_oauth_steps_step_t;


static ngx_int_t ngx_oauth_steps_walk_to(ngx_oauth_ctx_t *ctx,
    ngx_http_request_t *r, ngx_oauth_context_waiting_t waiting,
    ngx_oauth_steps_pt last);
static ngx_int_t ngx_oauth_steps_uri(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_token(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_known(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_issuer(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_keys(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_verify(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_steps_verified(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_refetch(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_revoked(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_proof(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_steps_policy(ngx_oauth_ctx_t *ctx);
static ngx_uint_t ngx_oauth_steps_is_doubled(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_steps_retire(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_steps_retired(void *data);
static ngx_int_t ngx_oauth_steps_result(ngx_oauth_ctx_t *ctx,
    oauth_reason_t reason);


static const ngx_oauth_steps_step_t  ngx_oauth_steps[] = {

    /* with oauth_strict_uri: refuses a path that an app may read differently */
    { "uri", ngx_oauth_steps_uri, 0 },

    /* requires an access token in the Authorization header */
    { "token", ngx_oauth_steps_token, 0 },

    /* looks for the token among those that this worker has verified; if it is
       there, the next four steps have nothing to do */
    { "known", ngx_oauth_steps_known, 0 },

    /* parses a JWT, and requires an issuer that this location trusts */
    { "issuer", ngx_oauth_steps_issuer, 1 },

    /* requires the issuer's keys; may park the request */
    { "keys", ngx_oauth_steps_keys, 1 },

    /* verifies the signature, then the claims; may park the request */
    { "verify", ngx_oauth_steps_verify, 1 },

    /* asks an issuer about an opaque token, or where it wants to be asked about
       every token; may park the request */
    { "introspect", ngx_oauth_introspect, 1 },

    /* requires that no revocation on disk is about the token, and that other
       nodes cannot have revoked it without this one knowing */
    { "revoked", ngx_oauth_steps_revoked, 0 },

    /* requires a proof for a token that is bound to a key or certificate of
       its client, and a bound token where the location demands one */
    { "proof", ngx_oauth_steps_proof, 0 },

    /* requires the audience, claims and scopes that this location demands */
    { "policy", ngx_oauth_steps_policy, 0 },

    { NULL, NULL, 0 }
};


ngx_int_t
ngx_oauth_steps_walk(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting)
{
    ngx_int_t  rc;

    rc = ngx_oauth_steps_walk_to(ctx, r, waiting, ngx_oauth_steps_policy);

    ctx->decided = (rc != NGX_AGAIN);

    return rc;
}


ngx_int_t
ngx_oauth_steps_walk_to_revoked(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting)
{
    return ngx_oauth_steps_walk_to(ctx, r, waiting, ngx_oauth_steps_revoked);
}


ngx_int_t
ngx_oauth_steps_walk_to_keys(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting)
{
    ngx_int_t            rc;
    const oauth_jwks_t  *keys;

    rc = ngx_oauth_steps_walk_to(ctx, r, waiting, ngx_oauth_steps_keys);

    if (rc != NGX_OK || ctx->token) {
        return rc;
    }

    if (ctx->opaque
        || ctx->issuer->introspect == NGX_OAUTH_INTROSPECT_ALWAYS)
    {
        return ngx_oauth_steps_walk_to_revoked(ctx, r, waiting);
    }

    keys = ngx_oauth_provider_keys(ctx->issuer->provider);

    return (keys == NULL || oauth_jwks_has(keys, ctx->jwt->jws.kid))
           ? NGX_OK : ngx_oauth_steps_refetch(ctx);
}


/* Walks the table from its beginning to the step "last". */

static ngx_int_t
ngx_oauth_steps_walk_to(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_context_waiting_t waiting, ngx_oauth_steps_pt last)
{
    ngx_int_t                      rc;
    ngx_uint_t                     trace;
    const ngx_oauth_steps_step_t  *step;

    trace = ngx_oauth_trace_is_on(r);

    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);
    ctx->waiting = waiting;
    ctx->decided = 0;
    ctx->reason = OAUTH_OK;

    /*
     * A protected level without a resource serves no requests: it is the level
     * of a server that has a "location /", or an "if" block on the level of a
     * server.  So this is a mistake of ours.
     */

    if (ctx->conf->resource == NULL) {
        return ngx_oauth_steps_result(ctx, OAUTH_SERVER_ERROR);
    }

    for (step = ngx_oauth_steps; step->handler; step++) {

        if (!(step->verifies && ctx->settled) || trace) {

            rc = step->handler(ctx);

            if (trace) {
                ngx_oauth_trace_step(ctx, step->name, rc);
            }

            if (rc != NGX_OK) {
                return rc;
            }
        }

        if (step->handler == last) {
            break;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_steps_uri(ngx_oauth_ctx_t *ctx)
{
    return ngx_oauth_steps_result(ctx,
                       ngx_oauth_steps_is_ambiguous(ctx->request, ctx->conf)
                       ? OAUTH_AMBIGUOUS_URI : OAUTH_OK);
}


/*
 * unparsed_uri is the path as the client sent it, also after an internal
 * redirect.  A subrequest has its path from the configuration or from the app,
 * so it is not looked at.
 */

ngx_uint_t
ngx_oauth_steps_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf)
{
    return lcf->strict_uri
           && r == r->main
           && oauth_target_is_ambiguous(ngx_oauth_str(&r->unparsed_uri));
}


static ngx_int_t
ngx_oauth_steps_token(ngx_oauth_ctx_t *ctx)
{
    oauth_reason_t  reason;

    if (ctx->conf->dpop.nonce) {
        ctx->proof.wanted = 1;
    }

    if (ctx->authorization == NULL) {
        ctx->authorization = ctx->request->headers_in.authorization;
    }

    if (ctx->authorization == NULL) {
        return ngx_oauth_steps_result(ctx, OAUTH_NO_TOKEN);
    }

    if (ctx->request->internal && ngx_oauth_steps_is_doubled(ctx->request)) {
        return ngx_oauth_steps_result(ctx, OAUTH_MALFORMED_REQUEST);
    }

    reason = oauth_credentials_peek(ngx_oauth_str(&ctx->authorization->value),
                                    &ctx->credentials);

    if (reason == OAUTH_OK
        && ctx->credentials.scheme == OAUTH_CREDENTIALS_DPOP
        && ctx->conf->dpop.mode == NGX_OAUTH_DPOP_OFF)
    {
        reason = OAUTH_SENDER_CONSTRAINED;
    }

    return ngx_oauth_steps_result(ctx, reason);
}


/*
 * The request may come with a token that another location has verified.  If
 * this location does not trust the issuer block whose rules verified it, the
 * token is verified again by the rules that are valid here.
 */

static ngx_int_t
ngx_oauth_steps_known(ngx_oauth_ctx_t *ctx)
{
    if (ctx->token
        && !ngx_oauth_known_accepts(ctx->token->rules, ctx->conf->issuers)
        && ngx_oauth_steps_retire(ctx) != NGX_OK)
    {
        return ngx_oauth_steps_result(ctx, OAUTH_SERVER_ERROR);
    }

    if (ctx->token == NULL) {
        ctx->token = ngx_oauth_known_lookup(ctx);
        ctx->known = (ctx->token != NULL);
        ctx->settled = ctx->known;
    }

    if (ctx->settled && ctx->question) {
        ngx_oauth_question_release(ctx->question);
        ctx->question = NULL;
    }

    if (ctx->token) {
        ctx->issuer = ngx_oauth_container(ctx->token->rules,
                                          ngx_oauth_issuer_t, rules);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_steps_issuer(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t             i;
    oauth_credentials_t    credentials;
    oauth_reason_t         reason, form;
    ngx_oauth_issuer_t   **issuers;

    if (ctx->token) {
        return NGX_OK;
    }

    ctx->issuer = NULL;
    ctx->opaque = ngx_oauth_introspect_is_opaque(ctx);

    if (ctx->opaque) {
        return NGX_OK;
    }

    if (ctx->jwt == NULL) {

        reason = oauth_jwt_parse(ctx->credentials.text, &ctx->jwt);

        if (reason != OAUTH_OK) {

            /*
             * If the text is not a b64token (RFC 6750 section 2.1), the request
             * is malformed, and that is the reason to tell.
             */

            form = oauth_credentials_parse(
                                  ngx_oauth_str(&ctx->authorization->value),
                                  &credentials);

            return ngx_oauth_steps_result(ctx,
                                          form == OAUTH_OK ? reason : form);
        }
    }

    issuers = ctx->conf->issuers->elts;

    for (i = 0; i < ctx->conf->issuers->nelts; i++) {
        if (oauth_str_equal(issuers[i]->rules.issuer, ctx->jwt->issuer)) {
            ctx->issuer = issuers[i];
            return NGX_OK;
        }
    }

    return ngx_oauth_steps_result(ctx, OAUTH_UNKNOWN_ISSUER);
}


static ngx_int_t
ngx_oauth_steps_keys(ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_provider_t  *provider;

    if (ctx->token || ctx->opaque) {
        return NGX_OK;
    }

    provider = ctx->issuer->provider;

    if (provider == NULL) {
        return ngx_oauth_steps_result(ctx, OAUTH_KEYS_UNAVAILABLE);
    }

    if (ngx_oauth_provider_keys(provider)) {
        return NGX_OK;
    }

    ctx->reason = OAUTH_KEYS_UNAVAILABLE;

    return (ngx_oauth_context_park(ctx, 0) == NGX_AGAIN) ? NGX_AGAIN
                                                         : NGX_DECLINED;
}


static ngx_int_t
ngx_oauth_steps_verify(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t           generation;
    oauth_reason_t       reason;
    ngx_oauth_issuer_t  *issuer;
    const oauth_jwks_t  *keys;

    if (ctx->token || ctx->opaque) {
        return NGX_OK;
    }

    issuer = ctx->issuer;
    keys = ngx_oauth_provider_keys(issuer->provider);

    if (keys == NULL) {
        return ngx_oauth_steps_result(ctx, OAUTH_KEYS_UNAVAILABLE);
    }

    generation = ngx_oauth_provider_generation(issuer->provider);

    if (ctx->failure != OAUTH_OK
        && ctx->failed_issuer == issuer
        && ctx->failed_generation == generation)
    {
        reason = ctx->failure;

    } else {
        reason = oauth_token_verify(ctx->jwt, &issuer->rules, keys,
                                    ngx_time(), &ctx->token);

        ctx->failure = reason;
        ctx->failed_issuer = issuer;
        ctx->failed_generation = generation;
    }

    if (oauth_jwks_other_may_help(reason)
        && ngx_oauth_steps_refetch(ctx) == NGX_AGAIN)
    {
        ctx->reason = OAUTH_KEYS_UNAVAILABLE;
        return NGX_AGAIN;
    }

    if (reason == OAUTH_OK) {
        ngx_oauth_steps_verified(ctx);
    }

    return ngx_oauth_steps_result(ctx, reason);
}


/* Where its issuer has to be asked as well, the token is not known yet. */

static void
ngx_oauth_steps_verified(ngx_oauth_ctx_t *ctx)
{
    ctx->verified = 1;

    if (ctx->issuer->introspect != NGX_OAUTH_INTROSPECT_ALWAYS) {
        ngx_oauth_known_store(ctx);
    }

    /* The token has all that is needed, and the response may be long. */

    oauth_jwt_free(ctx->jwt);
    ctx->jwt = NULL;
}


/*
 * Asks for a fetch that may bring another key, at most once in a request.
 * Returns NGX_AGAIN when the request is parked until the fetch ends; NGX_OK
 * when there is nothing to wait for.  With NGX_OAUTH_WAIT_LATER it asks for
 * nothing and returns NGX_AGAIN, and the decision is left open.
 */

static ngx_int_t
ngx_oauth_steps_refetch(ngx_oauth_ctx_t *ctx)
{
    if (ctx->refetched) {
        return NGX_OK;
    }

    ctx->refetched = (ctx->waiting != NGX_OAUTH_WAIT_LATER);

    return (ngx_oauth_context_park(ctx, 1) == NGX_AGAIN) ? NGX_AGAIN : NGX_OK;
}


static ngx_int_t
ngx_oauth_steps_revoked(ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    if (mcf->store == NULL) {
        return NGX_OK;
    }

    return ngx_oauth_steps_result(ctx, ngx_oauth_revoked_judge(mcf,
                                                         &ctx->conf->stale,
                                                         ctx->token,
                                                         &ctx->silence));
}


static ngx_int_t
ngx_oauth_steps_proof(ngx_oauth_ctx_t *ctx)
{
    return ngx_oauth_steps_result(ctx, ngx_oauth_binding_verify(ctx));
}


static ngx_int_t
ngx_oauth_steps_policy(ngx_oauth_ctx_t *ctx)
{
    oauth_reason_t  reason;

    ctx->judging = 1;
    ctx->doubted = 0;

    reason = ngx_oauth_policy_verify(ctx->request, ctx->conf, ctx->token);

    ctx->judging = 0;

    if (reason == OAUTH_OK && ctx->doubted) {
        reason = OAUTH_SERVER_ERROR;
    }

    return ngx_oauth_steps_result(ctx, reason);
}


/*
 * nginx refuses a request with two Authorization headers, but its error_page
 * may lead to this location.  Returns 1 if there is more than one.
 */

static ngx_uint_t
ngx_oauth_steps_is_doubled(ngx_http_request_t *r)
{
    ngx_uint_t               n;
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    n = 0;
    walk = ngx_oauth_field_start(&r->headers_in.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {
        n += ngx_oauth_field_is_literal(h, "authorization");
    }

    return n > 1;
}


/*
 * Takes the token off the context, and releases it with the request's pool:
 * header fields and variables may point to its claims until then.
 */

static ngx_int_t
ngx_oauth_steps_retire(ngx_oauth_ctx_t *ctx)
{
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(ctx->request->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_oauth_steps_retired;
    cln->data = ctx->token;

    ctx->token = NULL;

    return NGX_OK;
}


static void
ngx_oauth_steps_retired(void *data)
{
    oauth_token_free(data);
}


/*
 * Sets ctx->reason.  Returns NGX_OK for OAUTH_OK, and NGX_DECLINED for every
 * other reason.
 */

static ngx_int_t
ngx_oauth_steps_result(ngx_oauth_ctx_t *ctx, oauth_reason_t reason)
{
    ctx->reason = reason;

    return (reason == OAUTH_OK) ? NGX_OK : NGX_DECLINED;
}
