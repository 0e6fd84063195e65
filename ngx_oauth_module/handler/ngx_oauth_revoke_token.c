
/*
 * The input "token" (the form of RFC 7009 section 2.1): whoever has a token may
 * have it revoked.  Its issuer must have signed it, or say that it is active,
 * so that strangers cannot fill the store.  A token that is not good yet is
 * revoked as well; what is forged, unknown or expired is answered as if it had
 * been revoked, since it is as good as that (section 2.2).
 */


#include "ngx_oauth_revoke.h"
#include "oauth_credentials.h"


static ngx_int_t ngx_oauth_revoke_token_parse(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_jwt(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_verify(ngx_oauth_revoke_t *revoke);
static ngx_uint_t ngx_oauth_revoke_token_is_early(oauth_reason_t reason);
static ngx_int_t ngx_oauth_revoke_token_create(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_opaque(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_ask(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_question(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_answer(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_unknown(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_token_add(ngx_oauth_revoke_t *revoke,
    oauth_token_t *token);
static int64_t ngx_oauth_revoke_token_end(const oauth_token_t *token);


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

    return (revoke->n == 0 && revoke->missing) ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_oauth_revoke_token_parse(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t  rc;

    rc = ngx_oauth_revoke_read_parameter(revoke, "token", &revoke->text);

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
    oauth_token_t         *token;
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
                                ngx_time(), &token);

    if (reason == OAUTH_OK) {
        return ngx_oauth_revoke_token_add(revoke, token);
    }

    if (ngx_oauth_revoke_token_is_early(reason)) {
        return ngx_oauth_revoke_token_create(revoke);
    }

    if (reason == OAUTH_SERVER_ERROR) {
        return NGX_ERROR;
    }

    return ngx_oauth_revoke_wait_for_newer_keys(revoke, reason);
}


/*
 * 1: the issuer has made the token, and its time or the configuration may still
 * make it good.
 */

static ngx_uint_t
ngx_oauth_revoke_token_is_early(oauth_reason_t reason)
{
    return reason == OAUTH_NOT_YET_VALID || reason == OAUTH_LIFETIME_TOO_LONG;
}


/* The signature and the types of the claims were good. */

static ngx_int_t
ngx_oauth_revoke_token_create(ngx_oauth_revoke_t *revoke)
{
    oauth_token_t         *token;
    oauth_token_source_t   source;

    ngx_memzero(&source, sizeof(oauth_token_source_t));

    source.text = revoke->jwt->text;
    source.claims = &revoke->jwt->claims;

    token = oauth_token_create(&source, &revoke->issuer->rules);

    return token ? ngx_oauth_revoke_token_add(revoke, token) : NGX_ERROR;
}


/*
 * Each issuer that knows the token gets an entry: nobody can tell which of them
 * a location will ask.
 */

static ngx_int_t
ngx_oauth_revoke_token_opaque(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t             rc;
    const ngx_array_t    *trusted;
    ngx_oauth_issuer_t  **issuers;

    trusted = revoke->conf->issuers ? revoke->conf->issuers
                                    : &revoke->mcf->issuers;
    issuers = trusted->elts;

    for ( /* void */ ;
         revoke->next_issuer < trusted->nelts;
         revoke->next_issuer++)
    {
        revoke->issuer = issuers[revoke->next_issuer];

        if (revoke->issuer->introspect == NGX_OAUTH_INTROSPECT_OFF) {
            continue;
        }

        rc = ngx_oauth_revoke_token_ask(revoke);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_revoke_token_ask(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t  rc;

    rc = ngx_oauth_revoke_token_question(revoke);

    if (rc == NGX_DECLINED) {
        revoke->missing = 1;
        return NGX_OK;
    }

    if (rc == NGX_AGAIN
        || (!revoke->question->has_result
            && ngx_oauth_revoke_wait_for_answer(revoke) == NGX_AGAIN))
    {
        return NGX_AGAIN;
    }

    rc = ngx_oauth_revoke_token_answer(revoke);

    ngx_oauth_question_release(revoke->question);
    revoke->question = NULL;

    return rc;
}


/* NGX_DECLINED: the issuer cannot be asked. */

static ngx_int_t
ngx_oauth_revoke_token_question(ngx_oauth_revoke_t *revoke)
{
    ngx_oauth_introspector_t  *introspector;

    if (revoke->question) {
        return NGX_OK;
    }

    introspector = revoke->issuer->introspector;

    if (introspector == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_oauth_introspector_is_early(introspector)
        && ngx_oauth_revoke_wait_for_keys(revoke, 0) == NGX_AGAIN)
    {
        return NGX_AGAIN;
    }

    revoke->question = ngx_oauth_introspector_ask(introspector, revoke->text,
                                     NULL, revoke->request->connection->log);

    return revoke->question ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_oauth_revoke_token_answer(ngx_oauth_revoke_t *revoke)
{
    const ngx_oauth_question_t  *question;

    question = revoke->question;

    if (question->has_result && question->token) {
        return ngx_oauth_revoke_token_add(revoke,
                                       oauth_token_acquire(question->token));
    }

    if (question->has_result
        && ngx_oauth_revoke_token_is_early(question->reason))
    {
        return ngx_oauth_revoke_token_unknown(revoke);
    }

    if (!question->has_result
        || oauth_reason_info(question->reason)->answer
           == OAUTH_ANSWER_UNAVAILABLE)
    {
        revoke->missing = 1;
    }

    return NGX_OK;
}


/* The entry of an opaque token of which only the text is known. */

static ngx_int_t
ngx_oauth_revoke_token_unknown(ngx_oauth_revoke_t *revoke)
{
    oauth_token_source_t   source;
    oauth_claims_t         claims;
    oauth_token_t         *token;

    ngx_memzero(&source, sizeof(oauth_token_source_t));
    ngx_memzero(&claims, sizeof(oauth_claims_t));

    source.text = revoke->text;
    source.payload = oauth_str("{}");
    source.claims = &claims;

    token = oauth_token_create(&source, &revoke->issuer->rules);

    return token ? ngx_oauth_revoke_token_add(revoke, token) : NGX_ERROR;
}


/* The reference to the token becomes the request's: the entry points to it. */

static ngx_int_t
ngx_oauth_revoke_token_add(ngx_oauth_revoke_t *revoke, oauth_token_t *token)
{
    oauth_order_entry_t     *given;
    ngx_oauth_revoke_own_t  *own;

    if (revoke->n == NGX_OAUTH_CONF_INTROSPECTION_ISSUERS) {
        oauth_token_free(token);
        return NGX_OK;
    }

    own = &revoke->own[revoke->n];
    given = &revoke->given[revoke->n];

    own->token = token;

    if (oauth_revocation_name_token(token, own->id, &given->names) != 0
        || oauth_revocation_write_key(&given->names, given->entry.key) != 0)
    {
        oauth_token_free(token);
        own->token = NULL;
        return NGX_ERROR;
    }

    given->entry.time = ngx_time();
    given->entry.cut = OAUTH_REVOCATION_ALWAYS;
    given->entry.end = ngx_oauth_revoke_token_end(token);

    revoke->entries = revoke->given;
    revoke->n++;

    return NGX_OK;
}


/*
 * The token may be judged with another leeway than that of its rules, in
 * another location or after a reload.  An opaque token without exp ends when
 * its issuer says so, which may be never.
 */

static int64_t
ngx_oauth_revoke_token_end(const oauth_token_t *token)
{
    return token->ends ? token->expires + NGX_OAUTH_LEEWAY
                       : OAUTH_REVOCATION_ALWAYS;
}


void
ngx_oauth_revoke_token_done(ngx_oauth_revoke_t *revoke)
{
    ngx_uint_t  i;

    ngx_oauth_question_release(revoke->question);
    oauth_jwt_free(revoke->jwt);

    for (i = 0; i < NGX_OAUTH_CONF_INTROSPECTION_ISSUERS; i++) {
        oauth_token_free(revoke->own[i].token);
    }
}
