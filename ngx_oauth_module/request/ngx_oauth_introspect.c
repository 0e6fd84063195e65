
/*
 * Who is asked about a token, in which order, and what follows from several
 * answers.  The table of steps comes here again after each wait; the context
 * holds the question that is under way, how far the list of issuers has been
 * asked, and the result, so that nobody is asked twice for one location.
 */


#include "ngx_oauth_introspect.h"
#include "ngx_oauth_known.h"


static ngx_int_t ngx_oauth_introspect_opaque(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_introspect_verified(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_introspect_ask(ngx_oauth_ctx_t *ctx,
    ngx_oauth_issuer_t *issuer, oauth_token_t *verified,
    oauth_token_t **token);
static ngx_int_t ngx_oauth_introspect_question(ngx_oauth_ctx_t *ctx,
    ngx_oauth_issuer_t *issuer, oauth_token_t *verified);
static void ngx_oauth_introspect_adopt(ngx_oauth_ctx_t *ctx,
    oauth_token_t *token);
static void ngx_oauth_introspect_note(ngx_oauth_ctx_t *ctx);


ngx_uint_t
ngx_oauth_introspect_is_opaque(const ngx_oauth_ctx_t *ctx)
{
    return ctx->conf->introspects
           && oauth_credentials_is_opaque(ctx->credentials.text);
}


ngx_int_t
ngx_oauth_introspect(ngx_oauth_ctx_t *ctx)
{
    ctx->reason = OAUTH_OK;

    if (ctx->settled) {
        return NGX_OK;
    }

    if (ctx->token == NULL) {
        return ngx_oauth_introspect_opaque(ctx);
    }

    return (ctx->issuer->introspect == NGX_OAUTH_INTROSPECT_ALWAYS)
           ? ngx_oauth_introspect_verified(ctx) : NGX_OK;
}


/*
 * An issuer that has no answer does not decide: another one may know the token.
 * If no issuer accepts it, and one had no answer, the response is 503, because
 * that one might know it.
 */

static ngx_int_t
ngx_oauth_introspect_opaque(ngx_oauth_ctx_t *ctx)
{
    ngx_int_t             rc;
    oauth_token_t        *token;
    ngx_oauth_issuer_t   *issuer, **issuers;

    if (ctx->asked_conf != ctx->conf) {
        ctx->asked_conf = ctx->conf;
        ctx->next_issuer = 0;
        ctx->said = OAUTH_INACTIVE;
    }

    issuers = ctx->conf->issuers->elts;

    while (ctx->next_issuer < ctx->conf->issuers->nelts) {

        issuer = issuers[ctx->next_issuer];

        if (issuer->introspect == NGX_OAUTH_INTROSPECT_OFF) {
            ctx->next_issuer++;
            continue;
        }

        rc = ngx_oauth_introspect_ask(ctx, issuer, NULL, &token);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        if (rc == NGX_OK) {
            ngx_oauth_introspect_adopt(ctx, token);
            return NGX_OK;
        }

        ngx_oauth_introspect_note(ctx);
        ctx->next_issuer++;
    }

    ctx->reason = ctx->said;

    return NGX_DECLINED;
}


/*
 * Of the reasons of several issuers, the first of these is kept: there was no
 * answer; what an active token was refused for; OAUTH_INACTIVE.
 */

static void
ngx_oauth_introspect_note(ngx_oauth_ctx_t *ctx)
{
    if (oauth_reason_info(ctx->reason)->answer == OAUTH_ANSWER_UNAVAILABLE
        || ctx->said == OAUTH_INACTIVE)
    {
        ctx->said = ctx->reason;
    }
}


static ngx_int_t
ngx_oauth_introspect_verified(ngx_oauth_ctx_t *ctx)
{
    ngx_int_t       rc;
    oauth_token_t  *token;

    /* The issuer was asked for this location before, and has refused. */

    if (ctx->asked_conf == ctx->conf) {
        ctx->reason = ctx->said;
        return NGX_DECLINED;
    }

    rc = ngx_oauth_introspect_ask(ctx, ctx->issuer, ctx->token, &token);

    if (rc == NGX_OK) {
        ngx_oauth_introspect_adopt(ctx, token);

    } else if (rc == NGX_DECLINED) {
        ctx->asked_conf = ctx->conf;
        ctx->said = ctx->reason;
    }

    return rc;
}


/* The reference to token becomes the context's. */

static void
ngx_oauth_introspect_adopt(ngx_oauth_ctx_t *ctx, oauth_token_t *token)
{
    oauth_token_t  *before;

    before = ctx->token;

    ctx->token = token;
    ctx->settled = 1;
    ctx->verified = 1;

    ngx_oauth_known_store(ctx);

    oauth_token_free(before);
}


/*
 * Asks one issuer.  NGX_OK: *token is the caller's reference.  NGX_DECLINED:
 * ctx->reason says why there is none.  NGX_AGAIN: the request is parked, or its
 * decision is left open.
 */

static ngx_int_t
ngx_oauth_introspect_ask(ngx_oauth_ctx_t *ctx, ngx_oauth_issuer_t *issuer,
    oauth_token_t *verified, oauth_token_t **token)
{
    ngx_int_t                    rc;
    const ngx_oauth_question_t  *question;

    ctx->issuer = issuer;
    ctx->reason = OAUTH_INTROSPECTION_UNAVAILABLE;

    rc = ngx_oauth_introspect_question(ctx, issuer, verified);
    if (rc != NGX_OK) {
        return rc;
    }

    question = ctx->question;

    if (!question->has_result) {
        rc = ngx_oauth_context_park_question(ctx);

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }
    }

    if (question->has_result) {
        ctx->reason = question->reason;
        ctx->believed = question->expires;
        *token = question->token ? oauth_token_acquire(question->token) : NULL;
    }

    ngx_oauth_question_release(ctx->question);
    ctx->question = NULL;

    return (ctx->reason == OAUTH_OK) ? NGX_OK : NGX_DECLINED;
}


/*
 * NGX_OK: ctx->question is the question to this issuer, which is new or was
 * there already.  NGX_DECLINED: the issuer cannot be asked, and ctx->reason
 * stays.  NGX_AGAIN: the request is parked, or its decision is left open.
 *
 * A question to another issuer is given back: if the client left while the
 * request waited, nginx has sent the request to the location of post_action,
 * which may trust another issuer.
 */

static ngx_int_t
ngx_oauth_introspect_question(ngx_oauth_ctx_t *ctx, ngx_oauth_issuer_t *issuer,
    oauth_token_t *verified)
{
    if (ctx->question && ctx->question->issuer == issuer) {
        return NGX_OK;
    }

    ngx_oauth_question_release(ctx->question);
    ctx->question = NULL;

    if (ctx->waiting == NGX_OAUTH_WAIT_LATER) {
        return NGX_AGAIN;
    }

    if (issuer->introspector == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_oauth_introspector_is_early(issuer->introspector)
        && ngx_oauth_context_park(ctx, 0) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    ctx->question = ngx_oauth_introspector_ask(issuer->introspector,
                                               ctx->credentials.text, verified,
                                               ctx->request->connection->log);

    return ctx->question ? NGX_OK : NGX_DECLINED;
}
