
/*
 * Signed answers to introspection (RFC 9701 section 5): a JWT whose claim
 * token_introspection is the answer.  The signature says who answers whom, but
 * not what was asked; that the answer belongs to the question is known from the
 * connection.  What is decoded is wiped afterwards.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_introspection.h"
#include "oauth_secret.h"


#define OAUTH_INTROSPECTION_MAX_AGE  60 /* seconds that an answer may be old  */


static oauth_reason_t oauth_introspection_verify_jws(const oauth_jws_t *jws,
    const oauth_token_rules_t *rules, const oauth_jwks_t *keys,
    const char **why);
static const char *oauth_introspection_envelope_fault(
    const oauth_claims_t *claims, const oauth_token_rules_t *rules,
    oauth_str_t client, int64_t now);
static int oauth_introspection_is_for(const oauth_claims_t *claims,
    oauth_str_t client);
static oauth_reason_t oauth_introspection_open(oauth_jws_t *jws,
    const oauth_introspection_t *introspection, oauth_str_t client,
    int64_t now, oauth_str_t *answer, const char **why);
static size_t oauth_introspection_extent(const unsigned char *text);


oauth_reason_t
oauth_introspection_verify_signed(const oauth_introspection_t *introspection,
    oauth_str_t body, const oauth_jwks_t *keys, oauth_str_t client,
    int64_t now, oauth_token_t **token, const char **why)
{
    size_t           len;
    oauth_jws_t      jws;
    oauth_str_t      answer;
    oauth_reason_t   reason;
    unsigned char   *text;

    *token = NULL;
    *why = NULL;

    reason = oauth_jws_parse(body, &jws);

    if (reason == OAUTH_SERVER_ERROR) {
        return reason;
    }

    if (reason != OAUTH_OK) {
        *why = "it is not a JWS that can be verified";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    reason = oauth_introspection_verify_jws(&jws, introspection->rules, keys,
                                            why);
    if (reason != OAUTH_OK) {
        oauth_jws_free(&jws);
        return reason;
    }

    /*
     * oauth_json_parse changes the payload in place, so the answer is cut out
     * of this copy.
     */

    len = jws.npayload;
    text = malloc(len);

    if (text == NULL) {
        oauth_jws_free(&jws);
        return OAUTH_SERVER_ERROR;
    }

    answer.data = memcpy(text, jws.payload, len);
    reason = oauth_introspection_open(&jws, introspection, client, now,
                                      &answer, why);

    if (reason == OAUTH_OK) {
        reason = oauth_introspection_verify(introspection, answer, now, token,
                                            why);
    }

    oauth_secret_wipe(text, len);
    free(text);
    oauth_jws_free(&jws);

    return reason;
}


/* Runs before the payload is parsed: jws->nodes still hold the header. */

static oauth_reason_t
oauth_introspection_verify_jws(const oauth_jws_t *jws,
    const oauth_token_rules_t *rules, const oauth_jwks_t *keys,
    const char **why)
{
    oauth_reason_t  reason;

    if (!oauth_jws_is_type(jws, oauth_str("token-introspection+jwt"))) {
        *why = "its typ is not token-introspection+jwt";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    if (!(rules->algorithms & jws->alg->bits)) {
        *why = "it is signed with an algorithm that is not allowed";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    reason = oauth_jwks_verify(keys, jws->kid, jws->alg, rules->algorithms,
                               jws->input, jws->signature);

    if (reason == OAUTH_OK || reason == OAUTH_SERVER_ERROR) {
        return reason;
    }

    *why = "none of the keys of the issuer verifies its signature";

    return OAUTH_INTROSPECTION_UNAVAILABLE;
}


/*
 * Finds the answer in the payload.  answer->data is a copy of the payload, and
 * becomes the answer in it.
 */

static oauth_reason_t
oauth_introspection_open(oauth_jws_t *jws,
    const oauth_introspection_t *introspection, oauth_str_t client,
    int64_t now, oauth_str_t *answer, const char **why)
{
    oauth_claims_t       claims;
    const oauth_json_t  *root, *member;

    root = oauth_json_parse(jws->payload, jws->npayload, jws->nodes,
                            jws->nnodes);
    if (root == NULL) {
        *why = "its payload is not a JSON object, or has a member twice";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    if (oauth_claims_read(root, &claims) != OAUTH_OK) {
        *why = claims.malformed;
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    *why = oauth_introspection_envelope_fault(&claims, introspection->rules,
                                              client, now);
    if (*why) {
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    member = oauth_json_member(root, oauth_str("token_introspection"));

    if (!oauth_json_is(member, OAUTH_JSON_OBJECT)) {
        *why = "its token_introspection is not an object";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    answer->data += member->data - jws->payload;
    answer->len = oauth_introspection_extent(answer->data);

    return OAUTH_OK;
}


/* Returns NULL, or a sentence that says what is wrong. */

static const char *
oauth_introspection_envelope_fault(const oauth_claims_t *claims,
    const oauth_token_rules_t *rules, oauth_str_t client, int64_t now)
{
    if (!oauth_str_equal(claims->issuer, rules->issuer)) {
        return "its iss is another issuer";
    }

    if (!oauth_introspection_is_for(claims, client)) {
        return "its aud does not name the client_id of nginx";
    }

    if (!claims->has_issued_at) {
        return "it has no iat";
    }

    if (claims->issued_at > now + rules->leeway) {
        return "its iat is in the future";
    }

    if (now - rules->leeway - claims->issued_at > OAUTH_INTROSPECTION_MAX_AGE
        || (claims->has_expires && now >= claims->expires + rules->leeway))
    {
        return "it is not a new answer by its iat or exp";
    }

    return NULL;
}


static int
oauth_introspection_is_for(const oauth_claims_t *claims, oauth_str_t client)
{
    const oauth_json_t  *element;

    for (element = oauth_claims_next(claims->audience, NULL);
         element;
         element = oauth_claims_next(claims->audience, element))
    {
        if (client.len > 0
            && oauth_str_equal(oauth_json_str(element), client))
        {
            return 1;
        }
    }

    return 0;
}


/* Returns the length of the object that a valid text begins with. */

static size_t
oauth_introspection_extent(const unsigned char *text)
{
    int                   depth, string;
    const unsigned char  *p;

    p = text;
    depth = 0;
    string = 0;

    do {
        if (*p == '"') {
            string = !string;

        } else if (string) {
            p += (*p == '\\');

        } else if (*p == '{' || *p == '[') {
            depth++;

        } else if (*p == '}' || *p == ']') {
            depth--;
        }

        p++;

    } while (depth > 0);

    return (size_t) (p - text);
}
