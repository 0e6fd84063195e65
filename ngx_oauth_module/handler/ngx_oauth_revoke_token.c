
/*
 * The input "token" (the form of RFC 7009 section 2.1): whoever has a token may
 * have it revoked.  The token is verified as for a request, so that strangers
 * cannot fill the store; what is not a good token of a known issuer is answered
 * as if it had been revoked, since it is as good as that (section 2.2).
 */


#include "ngx_oauth_revoke.h"
#include "oauth_credentials.h"


static ngx_int_t ngx_oauth_revoke_token_parse(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_jwt(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_verify(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_opaque(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_ask(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_entry(ngx_oauth_revoke_t *revoke);


ngx_int_t
ngx_oauth_revoke_token(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t  rc;

    if (!revoke->parsed) {

        rc = ngx_oauth_revoke_token_parse(revoke);

        if (rc != NGX_OK) {
            return rc;
        }

        revoke->parsed = 1;
    }

    rc = oauth_credentials_is_opaque(revoke->text)
         ? ngx_oauth_revoke_token_opaque(revoke)
         : ngx_oauth_revoke_token_jwt(revoke);

    if (rc != NGX_OK) {
        return rc;
    }

    if (revoke->token) {
        return ngx_oauth_revoke_token_entry(revoke);
    }

    return revoke->missing ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_oauth_revoke_token_parse(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t  rc;

    rc = ngx_oauth_revoke_find(revoke, "token", &revoke->text);

    if (rc == NGX_DECLINED) {
        return ngx_oauth_revoke_refuse(revoke, "invalid_request",
                                       "The form needs exactly one parameter "
                                       "\"token\"");
    }

    return rc;
}


/* Several blocks of the configuration may be about the issuer of the token. */

static ngx_int_t
ngx_oauth_revoke_token_jwt(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t       rc;
    oauth_reason_t  reason;

    if (revoke->jwt == NULL) {

        reason = oauth_jwt_parse(revoke->text, &revoke->jwt);

        if (reason != OAUTH_OK) {
            return (reason == OAUTH_SERVER_ERROR) ? NGX_ERROR : NGX_OK;
        }

        revoke->issuer = ngx_oauth_revoke_next_issuer(revoke,
                                                      revoke->jwt->issuer);
    }

    while (revoke->issuer) {

        rc = ngx_oauth_revoke_token_verify(revoke);

        if (rc != NGX_DECLINED) {
            return rc;
        }

        revoke->issuer = ngx_oauth_revoke_next_issuer(revoke,
                                                      revoke->jwt->issuer);
        revoke->refetched = 0;
    }

    return NGX_OK;
}


/* NGX_DECLINED: by the rules and keys of this block, the token is not good. */

static ngx_int_t
ngx_oauth_revoke_token_verify(ngx_oauth_revoke_t *revoke)
{
    oauth_reason_t         reason;
    const oauth_jwks_t    *keys;
    ngx_oauth_provider_t  *provider;

    provider = revoke->issuer->provider;
    keys = provider ? ngx_oauth_provider_keys(provider) : NULL;

    if (keys == NULL) {

        if (provider
            && ngx_oauth_revoke_wait_for_keys(revoke, 0) == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        revoke->missing = 1;
        return NGX_DECLINED;
    }

    reason = oauth_token_verify(revoke->jwt, &revoke->issuer->rules, keys,
                                ngx_time(), &revoke->token);

    if (reason == OAUTH_OK) {
        return NGX_OK;
    }

    if (reason == OAUTH_SERVER_ERROR) {
        return NGX_ERROR;
    }

    if ((reason == OAUTH_UNKNOWN_KEY
         || reason == OAUTH_KEY_MISMATCH
         || reason == OAUTH_BAD_SIGNATURE)
        && !revoke->refetched)
    {
        revoke->refetched = 1;

        if (ngx_oauth_revoke_wait_for_keys(revoke, 1) == NGX_AGAIN) {
            return NGX_AGAIN;
        }
    }

    return NGX_DECLINED;
}


static ngx_int_t
ngx_oauth_revoke_token_opaque(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t             rc;
    ngx_oauth_issuer_t  **issuers;

    issuers = revoke->mcf->issuers.elts;

    for ( /* void */ ;
         revoke->next_issuer < revoke->mcf->issuers.nelts;
         revoke->next_issuer++)
    {
        revoke->issuer = issuers[revoke->next_issuer];

        if (revoke->issuer->introspect == NGX_OAUTH_INTROSPECT_OFF) {
            continue;
        }

        rc = ngx_oauth_revoke_token_ask(revoke);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED: this issuer does not say that the token is active. */

static ngx_int_t
ngx_oauth_revoke_token_ask(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t             rc;
    ngx_oauth_issuer_t   *issuer;
    ngx_oauth_question_t  *question;

    issuer = revoke->issuer;

    if (revoke->question == NULL) {

        if (issuer->introspector == NULL) {
            revoke->missing = 1;
            return NGX_DECLINED;
        }

        if (ngx_oauth_introspector_is_early(issuer->introspector)
            && ngx_oauth_revoke_wait_for_keys(revoke, 0) == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        revoke->question = ngx_oauth_introspector_ask(issuer->introspector,
                                     revoke->text, NULL,
                                     revoke->request->connection->log);
        if (revoke->question == NULL) {
            revoke->missing = 1;
            return NGX_DECLINED;
        }
    }

    question = revoke->question;

    if (!question->has_result
        && ngx_oauth_revoke_wait_for_answer(revoke) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    rc = NGX_DECLINED;

    if (question->has_result && question->token) {
        revoke->token = oauth_token_acquire(question->token);
        rc = NGX_OK;

    } else if (!question->has_result
               || oauth_reason_info(question->reason)->answer
                  == OAUTH_ANSWER_UNAVAILABLE)
    {
        revoke->missing = 1;
    }

    ngx_oauth_question_release(question);
    revoke->question = NULL;

    return rc;
}


/*
 * The entry of a JWT leaves the store when the token has expired.  When an
 * opaque token ends is its issuer's affair, so its entry stays for as long as
 * the issuer might say that the token is active.
 */

static ngx_int_t
ngx_oauth_revoke_token_entry(ngx_oauth_revoke_t *revoke)
{
    oauth_order_entry_t  *own;

    own = &revoke->own;

    if (oauth_revocation_name_token(revoke->token, revoke->id, &own->names)
        != 0
        || oauth_revocation_write_key(&own->names, own->entry.key) != 0)
    {
        return NGX_ERROR;
    }

    own->entry.time = ngx_time();
    own->entry.cut = OAUTH_REVOCATION_ALWAYS;
    own->entry.end = revoke->token->opaque ? OAUTH_REVOCATION_ALWAYS
                                           : revoke->token->expires;

    revoke->entries = own;
    revoke->n = 1;

    return NGX_OK;
}


void
ngx_oauth_revoke_token_done(ngx_oauth_revoke_t *revoke)
{
    ngx_oauth_question_release(revoke->question);
    oauth_jwt_free(revoke->jwt);
    oauth_token_free(revoke->token);
}
