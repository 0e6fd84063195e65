
/*
 * Verifies the proof of a request (RFC 9449 section 4.3).  The core checks the
 * proof itself; here it is compared with the request as the client sent it, its
 * nonce is checked, and its jti is used up, which is the last thing to happen.
 * The result is in the context of the main request; the key of the proof stays
 * with the token.
 */


#include "ngx_oauth_dpop.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_replay.h"
#include "ngx_oauth_trace.h"
#include "oauth_nonce.h"


static oauth_reason_t ngx_oauth_dpop_check(ngx_oauth_ctx_t *ctx,
    ngx_oauth_ctx_t *main);
static oauth_reason_t ngx_oauth_dpop_use(const ngx_oauth_ctx_t *ctx,
    ngx_oauth_ctx_t *main, const oauth_proof_t *proof);
static oauth_reason_t ngx_oauth_dpop_check_nonce(const ngx_oauth_ctx_t *ctx,
    ngx_oauth_ctx_t *main, const oauth_proof_t *proof, time_t *nonce_ends);
static void ngx_oauth_dpop_renew(const ngx_oauth_ctx_t *ctx,
    ngx_oauth_ctx_t *main);
static ngx_uint_t ngx_oauth_dpop_is_proved(const ngx_oauth_ctx_t *ctx,
    const ngx_oauth_context_proof_t *proof);
static void ngx_oauth_dpop_warn(const ngx_oauth_ctx_t *ctx,
    const ngx_oauth_main_conf_t *mcf);


oauth_reason_t
ngx_oauth_dpop_verify(ngx_oauth_ctx_t *ctx)
{
    oauth_reason_t    reason;
    ngx_oauth_ctx_t  *main;

    main = ngx_oauth_context_create(ctx->request->main);
    if (main == NULL) {
        return OAUTH_SERVER_ERROR;
    }

    if (ngx_oauth_dpop_is_proved(ctx, &main->proof)) {
        return OAUTH_OK;
    }

    ngx_oauth_dpop_keep(main);

    if (main->proof.fields == 0) {
        reason = OAUTH_NO_PROOF;

    } else if (main->proof.fields > 1) {
        reason = OAUTH_PROOF_MALFORMED;

    } else {
        reason = ngx_oauth_dpop_check(ctx, main);
    }

    if (reason == OAUTH_OK) {
        main->proof.conf = ctx->conf;
        main->proof.thumbprint = ctx->token->confirmation.jkt;
        main->proof.leeway = ctx->token->rules->leeway;
    }

    return reason;
}


/*
 * 1 if the request has been proved already, for the same key and by the same
 * rules.  After a redirect to a location with other rules the proof is verified
 * again, but not used up a second time.  The thumbprint of an earlier token is
 * in memory that is kept until the request ends.
 */

static ngx_uint_t
ngx_oauth_dpop_is_proved(const ngx_oauth_ctx_t *ctx,
    const ngx_oauth_context_proof_t *proof)
{
    const ngx_oauth_conf_dpop_t  *a, *b;

    if (proof->conf == NULL
        || proof->leeway != ctx->token->rules->leeway
        || !oauth_str_equal(proof->thumbprint, ctx->token->confirmation.jkt))
    {
        return 0;
    }

    a = &proof->conf->dpop;
    b = &ctx->conf->dpop;

    return a == b
           || (a->max_age == b->max_age
               && a->nonce == b->nonce
               && a->algorithms == b->algorithms
               && ngx_oauth_str_equal(&a->origin, &b->origin));
}


static oauth_reason_t
ngx_oauth_dpop_check(ngx_oauth_ctx_t *ctx, ngx_oauth_ctx_t *main)
{
    ngx_str_t             path, method;
    oauth_proof_t         proof;
    oauth_reason_t        reason;
    oauth_proof_key_t    *before;
    oauth_proof_rules_t   rules;

    path = ngx_oauth_dpop_path(main->request);
    method = ngx_oauth_dpop_method(main->request);

    rules.algorithms = ctx->conf->dpop.algorithms;
    rules.method = ngx_oauth_str(&method);
    rules.origin = ngx_oauth_str(&ctx->conf->dpop.origin);
    rules.path = ngx_oauth_str(&path);
    rules.token = ctx->token->text;
    rules.thumbprint = ctx->token->confirmation.jkt;
    rules.max_age = ctx->conf->dpop.max_age;
    rules.leeway = ctx->token->rules->leeway;

    before = ctx->token->proof_key;

    reason = oauth_proof_verify(ngx_oauth_str(&main->proof.field->value),
                                &rules, ngx_time(), &ctx->token->proof_key,
                                &proof);
    if (reason != OAUTH_OK) {
        return reason;
    }

    if (ngx_oauth_trace_is_on(ctx->request)) {
        ngx_oauth_trace_proof(ctx, ctx->token->proof_key != before);
    }

    reason = ngx_oauth_dpop_use(ctx, main, &proof);

    oauth_proof_free(&proof);

    return reason;
}


static oauth_reason_t
ngx_oauth_dpop_use(const ngx_oauth_ctx_t *ctx, ngx_oauth_ctx_t *main,
    const oauth_proof_t *proof)
{
    time_t                        too_old, nonce_ends;
    oauth_reason_t                reason;
    const ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    /* The proof may come to another location: what that may allow counts. */

    too_old = proof->issued_at + mcf->proof_age;
    nonce_ends = too_old;

    reason = ngx_oauth_dpop_check_nonce(ctx, main, proof, &nonce_ends);

    if (reason != OAUTH_OK || main->proof.used) {
        return reason;
    }

    switch (ngx_oauth_replay_insert(mcf->replay,
                                    ctx->token->confirmation.jkt, proof->id,
                                    ngx_min(too_old, nonce_ends)))
    {

    case NGX_OAUTH_REPLAY_NEW:
        main->proof.used = 1;
        return OAUTH_OK;

    case NGX_OAUTH_REPLAY_USED:
        return OAUTH_PROOF_REPLAYED;

    default:    /* NGX_OAUTH_REPLAY_FULL */
        ngx_oauth_dpop_warn(ctx, mcf);
        return OAUTH_REPLAY_FULL;
    }
}


/*
 * If the nonce is good, sets *nonce_ends to the time at which it ends: the
 * proof is remembered only until then.  After that it would look new, so a
 * nonce of this module that has ended is refused also where no nonce is
 * demanded.  A nonce that this module has not written counts as none.
 */

static oauth_reason_t
ngx_oauth_dpop_check_nonce(const ngx_oauth_ctx_t *ctx, ngx_oauth_ctx_t *main,
    const oauth_proof_t *proof, time_t *nonce_ends)
{
    int64_t                        until;
    oauth_nonce_age_t              age;
    const ngx_oauth_main_conf_t   *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    age = OAUTH_NONCE_FOREIGN;
    until = 0;

    if (proof->nonce.data) {
        age = oauth_nonce_verify(ngx_oauth_replay_secret(mcf->replay),
                                 proof->nonce, ngx_time(), &until);
    }

    switch (age) {

    case OAUTH_NONCE_CURRENT:
        main->proof.fresh = 1;
        *nonce_ends = (time_t) until;
        return OAUTH_OK;

    case OAUTH_NONCE_PREVIOUS:
        ngx_oauth_dpop_renew(ctx, main);
        *nonce_ends = (time_t) until;
        return OAUTH_OK;

    case OAUTH_NONCE_OLD:
        ngx_oauth_dpop_renew(ctx, main);
        return OAUTH_PROOF_NONCE;

    default:    /* OAUTH_NONCE_FOREIGN */

        if (!ctx->conf->dpop.nonce
            && (main->proof.used
                || !ngx_oauth_replay_is_crowded(mcf->replay)))
        {
            return OAUTH_OK;
        }

        ngx_oauth_dpop_renew(ctx, main);
        return OAUTH_PROOF_NONCE;
    }
}


/* The response then has a nonce.  A dry run does not change the response. */

static void
ngx_oauth_dpop_renew(const ngx_oauth_ctx_t *ctx, ngx_oauth_ctx_t *main)
{
    if (!ctx->conf->dry_run) {
        main->proof.renew = 1;
    }
}


static void
ngx_oauth_dpop_warn(const ngx_oauth_ctx_t *ctx,
    const ngx_oauth_main_conf_t *mcf)
{
    ngx_log_t   *log;
    ngx_uint_t   level;

    log = ctx->request->connection->log;

    /* This reason has no other notice, so it can be the whole key. */

    level = ngx_oauth_notice_level(mcf->notices, OAUTH_REPLAY_FULL, log);

    ngx_log_error(level, log, 0,
                  "oauth: the set of used DPoP proofs is full, requests with "
                  "new ones are refused with 503: write \"oauth_dpop_replay "
                  "%uzm\" in the http block, which is at least twice the "
                  "present size, and sufficient for as many requests as came "
                  "in the last minute%s",
                  ngx_oauth_replay_sufficient(mcf->replay, mcf->proof_age)
                  / (1024 * 1024) + 1,
                  ngx_oauth_notice_hint(level));
}


void
ngx_oauth_dpop_keep(ngx_oauth_ctx_t *ctx)
{
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    if (ctx->proof.fields) {
        return;
    }

    walk = ngx_oauth_field_start(&ctx->request->headers_in.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {

        if (ngx_oauth_field_is_literal(h, "dpop")) {
            ctx->proof.field = h;
            ctx->proof.fields++;
        }
    }
}


/* unparsed_uri stays as the client sent it, also after a redirect. */

ngx_str_t
ngx_oauth_dpop_path(const ngx_http_request_t *r)
{
    u_char     *query;
    ngx_str_t   path;

    path = r->unparsed_uri;
    query = ngx_strlchr(path.data, path.data + path.len, '?');

    if (query) {
        path.len = query - path.data;
    }

    return path;
}


/*
 * nginx changes the method when it redirects a request to an error page, so it
 * is taken from the request line, which nginx also has for HTTP/2.
 */

ngx_str_t
ngx_oauth_dpop_method(const ngx_http_request_t *r)
{
    u_char     *end;
    ngx_str_t   method;

    method = r->request_line;
    end = ngx_strlchr(method.data, method.data + method.len, ' ');

    if (end == NULL) {
        return r->method_name;
    }

    method.len = end - method.data;

    return method;
}


ngx_int_t
ngx_oauth_dpop_nonce(const ngx_oauth_ctx_t *ctx, ngx_str_t *nonce)
{
    const ngx_oauth_main_conf_t  *mcf;

    ngx_str_null(nonce);

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    if (mcf->replay == NULL
        || !(ctx->proof.renew || (ctx->proof.wanted && !ctx->proof.fresh)))
    {
        return NGX_OK;
    }

    nonce->data = ngx_pnalloc(ctx->request->pool, OAUTH_NONCE_SIZE);

    if (nonce->data == NULL
        || oauth_nonce_write(ngx_oauth_replay_secret(mcf->replay), ngx_time(),
                             nonce->data)
           != 0)
    {
        return NGX_ERROR;
    }

    nonce->len = OAUTH_NONCE_SIZE;

    return NGX_OK;
}
