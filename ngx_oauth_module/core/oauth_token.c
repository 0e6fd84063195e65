
/*
 * From a JWT to an access token: RFC 9068 section 4 and RFC 8725 section 3, as
 * one order of checks.  What is left of a verified JWT is packed into one
 * block: the structures first, then the lists, then the bytes they point to.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_secret.h"
#include "oauth_token.h"


/* Where a block is filled; while it is measured, strings and bytes are NULL. */

typedef struct {
    oauth_str_t           *strings;
    size_t                 nstrings;
    unsigned char         *bytes;
    size_t                 nbytes;
    oauth_buf_t            scratch;     /* one value's text                   */
} oauth_pack_t;


static oauth_reason_t oauth_token_verify_header(const oauth_jwt_t *jwt,
    const oauth_policy_t *policy);
static oauth_reason_t oauth_token_verify_claims(const oauth_jwt_t *jwt,
    const oauth_policy_t *policy, int64_t now);
static oauth_token_t *oauth_token_create(const oauth_jwt_t *jwt,
    const oauth_policy_t *policy, oauth_str_t scope);
static void oauth_pack_token(oauth_pack_t *pack, const oauth_jwt_t *jwt,
    const oauth_policy_t *policy, oauth_str_t scope, oauth_token_t *token,
    oauth_claim_t *claims);
static void oauth_pack_audience(oauth_pack_t *pack,
    const oauth_claims_t *claims, oauth_token_t *token);
static void oauth_pack_claim(oauth_pack_t *pack, const json_t *value,
    const oauth_select_t *select, oauth_claim_t *claim);
static oauth_str_t oauth_pack_text(oauth_pack_t *pack, const json_t *value);
static void oauth_pack_members(oauth_pack_t *pack, const json_t *value,
    oauth_claim_t *claim);
static void oauth_pack_member(oauth_pack_t *pack, oauth_str_t s);
static oauth_str_t oauth_pack_str(oauth_pack_t *pack, oauth_str_t s);


/*
 * The order is the security property: nothing that the issuer has not signed
 * decides anything but a refusal.
 */

oauth_reason_t
oauth_token_verify(oauth_jwt_t *jwt, const oauth_policy_t *policy,
    const oauth_jwks_t *keys, int64_t now, oauth_token_t **token)
{
    oauth_buf_t         scope;
    oauth_reason_t      reason;
    const oauth_jws_t  *jws;

    jws = &jwt->jws;

    reason = oauth_token_verify_header(jwt, policy);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_jwks_verify(keys, jws->kid, jws->alg, policy->algorithms,
                               jws->input, jws->signature);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_jwt_read(jwt);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_token_verify_claims(jwt, policy, now);
    if (reason != OAUTH_OK) {
        return reason;
    }

    memset(&scope, 0, sizeof(oauth_buf_t));

    oauth_claims_scope(&jwt->claims, policy->scope_claims,
                       policy->nscope_claims, &scope);

    *token = scope.failed ? NULL
                          : oauth_token_create(jwt, policy,
                                               oauth_buf_str(&scope));

    oauth_buf_free(&scope);

    return *token ? OAUTH_OK : OAUTH_SERVER_ERROR;
}


int
oauth_token_is_current(const oauth_token_t *token, int64_t now)
{
    return now >= token->starts && now < token->expires;
}


int
oauth_claim_has(const oauth_claim_t *claim, const oauth_str_t *values,
    size_t nvalues)
{
    size_t  i, k;

    for (i = 0; i < claim->nmembers; i++) {
        for (k = 0; k < nvalues; k++) {
            if (oauth_str_equal(claim->members[i], values[k])) {
                return 1;
            }
        }
    }

    return 0;
}


int
oauth_token_text(const oauth_token_t *token, oauth_str_t name,
    oauth_buf_t *buf)
{
    int           rc;
    oauth_jwt_t  *jwt;

    /* It was taken apart before: memory is short. */

    if (oauth_jwt_parse(token->text, &jwt) != OAUTH_OK) {
        buf->failed = 1;
        return -1;
    }

    if (oauth_jwt_read(jwt) == OAUTH_OK) {
        rc = oauth_json_text(oauth_claims_at(&jwt->claims, &name, 1), buf);

    } else {
        buf->failed = 1;
        rc = -1;
    }

    oauth_jwt_free(jwt);

    return rc;
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

    oauth_secret_wipe(token, token->size);
    free(token);
}


static oauth_reason_t
oauth_token_verify_header(const oauth_jwt_t *jwt, const oauth_policy_t *policy)
{
    oauth_jws_type_t  type;

    type = jwt->jws.type;

    if (!oauth_str_equal(jwt->issuer, policy->issuer)) {
        return OAUTH_UNKNOWN_ISSUER;
    }

    if (type == OAUTH_TYPE_OTHER
        || (policy->access_only && type != OAUTH_TYPE_ACCESS))
    {
        return OAUTH_WRONG_TYPE;
    }

    if (!(policy->algorithms & jwt->jws.alg->bits)) {
        return OAUTH_WRONG_ALGORITHM;
    }

    return OAUTH_OK;
}


static oauth_reason_t
oauth_token_verify_claims(const oauth_jwt_t *jwt,
    const oauth_policy_t *policy, int64_t now)
{
    oauth_reason_t         reason;
    const oauth_claims_t  *claims;

    claims = &jwt->claims;

    if (!oauth_str_equal(claims->issuer, policy->issuer)) {
        return OAUTH_UNKNOWN_ISSUER;
    }

    if (claims->event
        || (claims->id_token && jwt->jws.type != OAUTH_TYPE_ACCESS))
    {
        return OAUTH_WRONG_TYPE;
    }

    reason = oauth_claims_verify_time(claims, now, policy->leeway,
                                      policy->max_lifetime);
    if (reason != OAUTH_OK) {
        return reason;
    }

    /* RFC 7800: without the proof, whoever holds a bound token stole it. */

    return claims->bound ? OAUTH_SENDER_CONSTRAINED : OAUTH_OK;
}


/* NULL: no memory. */

static oauth_token_t *
oauth_token_create(const oauth_jwt_t *jwt, const oauth_policy_t *policy,
    oauth_str_t scope)
{
    size_t          size, lists;
    oauth_pack_t    pack;
    oauth_token_t   measured, *token;
    oauth_claim_t  *claims;

    memset(&pack, 0, sizeof(oauth_pack_t));

    oauth_pack_token(&pack, jwt, policy, scope, &measured, NULL);

    lists = policy->nselected * sizeof(oauth_claim_t);
    size = sizeof(oauth_token_t) + lists
           + pack.nstrings * sizeof(oauth_str_t) + pack.nbytes;

    token = pack.scratch.failed ? NULL : malloc(size);

    if (token == NULL) {
        oauth_buf_free(&pack.scratch);
        return NULL;
    }

    claims = (oauth_claim_t *) (token + 1);

    pack.strings = (oauth_str_t *) (claims + policy->nselected);
    pack.bytes = (unsigned char *) (pack.strings + pack.nstrings);
    pack.nstrings = 0;
    pack.nbytes = 0;

    oauth_pack_token(&pack, jwt, policy, scope, token, claims);

    token->refs = 1;
    token->size = size;
    token->policy = policy;
    token->starts = jwt->claims.not_before;

    if (token->starts < jwt->claims.issued_at) {
        token->starts = jwt->claims.issued_at;
    }

    token->starts -= policy->leeway;
    token->expires = jwt->claims.expires + policy->leeway;
    token->claims = claims;

    /* It would lack a claim that the JWT has. */

    if (pack.scratch.failed) {
        oauth_token_free(token);
        token = NULL;
    }

    oauth_buf_free(&pack.scratch);

    return token;
}


/* claims is NULL while the block is measured. */

static void
oauth_pack_token(oauth_pack_t *pack, const oauth_jwt_t *jwt,
    const oauth_policy_t *policy, oauth_str_t scope, oauth_token_t *token,
    oauth_claim_t *claims)
{
    size_t                 i;
    const json_t          *value;
    oauth_claim_t          claim;
    const oauth_select_t  *select;

    token->text = oauth_pack_str(pack, jwt->text);
    token->kid = oauth_pack_str(pack, jwt->jws.kid);
    token->subject = oauth_pack_str(pack, jwt->claims.subject);
    token->scope = oauth_pack_str(pack, scope);

    oauth_pack_audience(pack, &jwt->claims, token);

    for (i = 0; i < policy->nselected; i++) {

        select = &policy->selected[i];
        value = oauth_claims_at(&jwt->claims, select->names, select->nnames);

        oauth_pack_claim(pack, value, select, &claim);

        if (claims) {
            claims[i] = claim;
        }
    }
}


static void
oauth_pack_audience(oauth_pack_t *pack, const oauth_claims_t *claims,
    oauth_token_t *token)
{
    size_t       first;
    oauth_str_t  audience;

    first = pack->nstrings;

    for ( ;; ) {

        audience = oauth_claims_audience(claims, pack->nstrings - first);

        if (audience.data == NULL) {
            break;
        }

        oauth_pack_member(pack, audience);
    }

    token->audience = pack->strings ? pack->strings + first : NULL;
    token->naudience = pack->nstrings - first;
}


static void
oauth_pack_claim(oauth_pack_t *pack, const json_t *value,
    const oauth_select_t *select, oauth_claim_t *claim)
{
    memset(claim, 0, sizeof(oauth_claim_t));

    if (value == NULL) {
        return;
    }

    if (select->text) {
        claim->text = oauth_pack_text(pack, value);
        claim->field = (oauth_str_is_field(claim->text) != 0);
    }

    if (select->members) {
        oauth_pack_members(pack, value, claim);
    }
}


/* Absent where the value is not to be handed out. */

static oauth_str_t
oauth_pack_text(oauth_pack_t *pack, const json_t *value)
{
    pack->scratch.len = 0;

    if (oauth_json_text(value, &pack->scratch) != 0) {
        return (oauth_str_t) { 0, NULL };
    }

    return oauth_pack_str(pack, oauth_buf_str(&pack->scratch));
}


static void
oauth_pack_members(oauth_pack_t *pack, const json_t *value,
    oauth_claim_t *claim)
{
    size_t       i, first;
    oauth_str_t  member;

    first = pack->nstrings;

    for (i = 0; i < oauth_claims_count(value); i++) {

        pack->scratch.len = 0;
        member = oauth_claims_member(value, i, &pack->scratch);

        if (member.data) {
            oauth_pack_member(pack, member);
        }
    }

    claim->members = pack->strings ? pack->strings + first : NULL;
    claim->nmembers = pack->nstrings - first;
}


static void
oauth_pack_member(oauth_pack_t *pack, oauth_str_t s)
{
    s = oauth_pack_str(pack, s);

    if (pack->strings) {
        pack->strings[pack->nstrings] = s;
    }

    pack->nstrings++;
}


/* Copied, or counted. */

static oauth_str_t
oauth_pack_str(oauth_pack_t *pack, oauth_str_t s)
{
    if (pack->bytes) {

        if (s.len) {
            memcpy(pack->bytes + pack->nbytes, s.data, s.len);
        }

        s.data = s.data ? pack->bytes + pack->nbytes : NULL;
    }

    pack->nbytes += s.len;

    return s;
}
