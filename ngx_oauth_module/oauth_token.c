
/*
 * An access token: RFC 9068 section 4 and RFC 8725 section 3, as one order of
 * checks.  The object is counted by its holders; who verifies it is the only
 * one who writes to it, and it is read-only from then on.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_token.h"


static oauth_reason_t oauth_token_verify_kind(const oauth_token_t *token,
    const oauth_policy_t *policy);
static oauth_reason_t oauth_token_verify_claims(const oauth_token_t *token,
    const oauth_policy_t *policy, int64_t now);


oauth_reason_t
oauth_token_parse(oauth_str_t text, oauth_token_t **token)
{
    oauth_token_t   *t;
    oauth_reason_t   reason;

    t = calloc(1, sizeof(oauth_token_t));
    if (t == NULL) {
        return OAUTH_SERVER_ERROR;
    }

    t->refs = 1;

    reason = oauth_jws_parse(text, &t->jws);

    if (reason == OAUTH_OK) {
        reason = oauth_claims_parse(t->jws.payload, &t->claims);
    }

    if (reason == OAUTH_OK && t->claims.issuer.data == NULL) {
        reason = OAUTH_UNKNOWN_ISSUER;
    }

    if (reason != OAUTH_OK) {
        oauth_token_free(t);
        return reason;
    }

    *token = t;

    return OAUTH_OK;
}


oauth_str_t
oauth_token_issuer(const oauth_token_t *token)
{
    return token->claims.issuer;
}


/*
 * The order is the security property: nothing that the issuer has not signed
 * decides anything but a refusal.
 */

oauth_reason_t
oauth_token_verify(oauth_token_t *token, const oauth_policy_t *policy,
    const oauth_jwks_t *keys, int64_t now)
{
    oauth_jws_t     *jws;
    oauth_reason_t   reason;

    if (token->verified) {
        return OAUTH_SERVER_ERROR;
    }

    jws = &token->jws;

    reason = oauth_token_verify_kind(token, policy);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_jwks_verify(keys, jws->kid, jws->alg, jws->input,
                               jws->signature);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_token_verify_claims(token, policy, now);
    if (reason != OAUTH_OK) {
        return reason;
    }

    oauth_claims_scope(&token->claims, policy->scope_claims,
                       policy->nscope_claims, &token->scope);

    if (token->scope.failed) {
        oauth_buf_free(&token->scope);
        return OAUTH_SERVER_ERROR;
    }

    oauth_jws_shrink(jws);

    token->policy = policy;
    token->verified = 1;

    return OAUTH_OK;
}


oauth_reason_t
oauth_token_verify_expiry(const oauth_token_t *token, int64_t now)
{
    if (!token->verified
        || now >= token->claims.expires + token->policy->leeway)
    {
        return OAUTH_EXPIRED;
    }

    return OAUTH_OK;
}


const oauth_claims_t *
oauth_token_claims(const oauth_token_t *token)
{
    return token->verified ? &token->claims : NULL;
}


oauth_str_t
oauth_token_scope(const oauth_token_t *token)
{
    if (!token->verified) {
        return (oauth_str_t) { 0, NULL };
    }

    return token->scope.len ? oauth_buf_str(&token->scope) : oauth_str("");
}


oauth_token_t *
oauth_token_acquire(oauth_token_t *token)
{
    token->refs++;

    return token;
}


void
oauth_token_free(oauth_token_t *token)
{
    if (token == NULL || --token->refs > 0) {
        return;
    }

    oauth_buf_free(&token->scope);
    oauth_claims_free(&token->claims);
    oauth_jws_free(&token->jws);
    free(token);
}


static oauth_reason_t
oauth_token_verify_kind(const oauth_token_t *token,
    const oauth_policy_t *policy)
{
    oauth_jws_type_t       type;
    const oauth_claims_t  *claims;

    type = token->jws.type;
    claims = &token->claims;

    if (!oauth_str_equal(claims->issuer, policy->issuer)) {
        return OAUTH_UNKNOWN_ISSUER;
    }

    if (type == OAUTH_TYPE_OTHER
        || (policy->access_only && type != OAUTH_TYPE_ACCESS))
    {
        return OAUTH_WRONG_TYPE;
    }

    if (claims->event || (claims->id_token && type != OAUTH_TYPE_ACCESS)) {
        return OAUTH_WRONG_TYPE;
    }

    if (!(policy->algorithms & token->jws.alg->bits)) {
        return OAUTH_WRONG_ALGORITHM;
    }

    return OAUTH_OK;
}


static oauth_reason_t
oauth_token_verify_claims(const oauth_token_t *token,
    const oauth_policy_t *policy, int64_t now)
{
    oauth_reason_t  reason;

    reason = oauth_claims_verify_time(&token->claims, now, policy->leeway,
                                      policy->max_lifetime);
    if (reason != OAUTH_OK) {
        return reason;
    }

    /* RFC 7800: without the proof, whoever holds a bound token stole it. */

    return token->claims.bound ? OAUTH_SENDER_CONSTRAINED : OAUTH_OK;
}
