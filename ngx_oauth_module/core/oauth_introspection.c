
/*
 * From the answer of an authorization server (RFC 7662 section 2.2) to an
 * access token.  The members of an answer are read like the claims of a JWT; no
 * other member than active has to be there, since servers differ in what they
 * tell.  A copy of the answer is read, and wiped afterwards.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_introspection.h"
#include "oauth_secret.h"


/* An answer that was read. */

typedef struct {
    oauth_str_t           body;
    oauth_claims_t        claims;
    const char           *why;
} oauth_introspection_answer_t;


static oauth_reason_t oauth_introspection_read(
    const oauth_introspection_t *introspection, const oauth_json_t *root,
    int64_t now, oauth_introspection_answer_t *answer, oauth_token_t **token);
static oauth_reason_t oauth_introspection_verify_active(
    const oauth_json_t *root, oauth_introspection_answer_t *answer);
static oauth_reason_t oauth_introspection_verify_kind(
    const oauth_introspection_t *introspection,
    oauth_introspection_answer_t *answer);
static oauth_reason_t oauth_introspection_verify_word(
    oauth_introspection_answer_t *answer, oauth_str_t name,
    const char *malformed);
static oauth_reason_t oauth_introspection_create(
    const oauth_introspection_t *introspection, int64_t now,
    oauth_introspection_answer_t *answer, oauth_token_t **token);
static oauth_reason_t oauth_introspection_confirm(
    const oauth_token_t *verified, int64_t now,
    oauth_introspection_answer_t *answer, oauth_token_t **token);
static const char *oauth_introspection_contradiction(
    const oauth_claims_t *claims, const oauth_token_t *token);
static oauth_reason_t oauth_introspection_verify_time(oauth_claims_t *claims,
    const oauth_token_rules_t *rules, int64_t now, int64_t lifetime);
static int oauth_introspection_same_audience(const oauth_json_t *audience,
    const oauth_token_t *token);
static int oauth_introspection_is_audience(oauth_str_t name,
    const oauth_token_t *token);
static int oauth_introspection_has(const oauth_json_t *audience,
    oauth_str_t name);


oauth_reason_t
oauth_introspection_verify(const oauth_introspection_t *introspection,
    oauth_str_t body, int64_t now, oauth_token_t **token, const char **why)
{
    size_t                         n;
    oauth_json_t                  *nodes;
    unsigned char                 *text;
    oauth_reason_t                 reason;
    oauth_introspection_answer_t   answer;

    *token = NULL;
    *why = NULL;

    if (body.len > OAUTH_INTROSPECTION_SIZE) {
        *why = "it is larger than 64 KB";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    n = oauth_json_nodes(body.len);
    nodes = malloc(n * sizeof(oauth_json_t) + body.len);

    if (nodes == NULL) {
        return OAUTH_SERVER_ERROR;
    }

    text = (unsigned char *) (nodes + n);

    if (body.len > 0) {
        memcpy(text, body.data, body.len);
    }

    memset(&answer, 0, sizeof(oauth_introspection_answer_t));
    answer.body = body;

    reason = oauth_introspection_read(introspection,
                                      oauth_json_parse(text, body.len, nodes,
                                                       n),
                                      now, &answer, token);
    *why = answer.why;

    oauth_secret_wipe(text, body.len);
    free(nodes);

    return reason;
}


int
oauth_introspection_is_unsupported(oauth_str_t body)
{
    int             yes;
    size_t          n;
    oauth_str_t     error;
    oauth_json_t   *nodes;
    unsigned char  *text;

    if (body.len == 0 || body.len > OAUTH_INTROSPECTION_SIZE) {
        return 0;
    }

    n = oauth_json_nodes(body.len);
    nodes = malloc(n * sizeof(oauth_json_t) + body.len);

    if (nodes == NULL) {
        return 0;
    }

    text = memcpy(nodes + n, body.data, body.len);

    yes = oauth_json_string(oauth_json_parse(text, body.len, nodes, n),
                            oauth_str("error"), &error) == 1
          && oauth_str_equal(error, oauth_str("unsupported_token_type"));

    free(nodes);

    return yes;
}


/* root is NULL where the answer is not JSON. */

static oauth_reason_t
oauth_introspection_read(const oauth_introspection_t *introspection,
    const oauth_json_t *root, int64_t now,
    oauth_introspection_answer_t *answer, oauth_token_t **token)
{
    oauth_reason_t             reason;
    const oauth_token_rules_t  *rules;

    rules = introspection->rules;

    reason = oauth_introspection_verify_active(root, answer);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_claims_read(root, &answer->claims);
    if (reason != OAUTH_OK) {
        answer->why = answer->claims.malformed;
        return reason;
    }

    if (answer->claims.issuer.data
        && !oauth_str_equal(answer->claims.issuer, rules->issuer))
    {
        answer->why = "its iss is another issuer";
        return OAUTH_UNKNOWN_ISSUER;
    }

    reason = oauth_introspection_verify_kind(introspection, answer);
    if (reason != OAUTH_OK) {
        return reason;
    }

    if (introspection->verified) {
        return oauth_introspection_confirm(introspection->verified, now,
                                           answer, token);
    }

    return oauth_introspection_create(introspection, now, answer, token);
}


static oauth_reason_t
oauth_introspection_verify_active(const oauth_json_t *root,
    oauth_introspection_answer_t *answer)
{
    const oauth_json_t  *active;

    if (root == NULL) {
        answer->why = "it is not a JSON object, or has a member twice";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    active = oauth_json_member(root, oauth_str("active"));

    if (oauth_json_is(active, OAUTH_JSON_FALSE)) {
        return OAUTH_INACTIVE;
    }

    if (!oauth_json_is(active, OAUTH_JSON_TRUE)) {
        answer->why = "its active is neither true nor false";
        return OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    return OAUTH_OK;
}


/*
 * Some servers call refresh tokens active as well, and say only here what they
 * are.  Where the token was verified before, its own claims have told that it
 * is not an ID token.
 */

static oauth_reason_t
oauth_introspection_verify_kind(const oauth_introspection_t *introspection,
    oauth_introspection_answer_t *answer)
{
    oauth_reason_t  reason;

    reason = oauth_introspection_verify_word(answer, oauth_str("token_type"),
                                             "token_type is not a string");
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = oauth_introspection_verify_word(answer, oauth_str("token_use"),
                                             "token_use is not a string");
    if (reason != OAUTH_OK) {
        return reason;
    }

    if (introspection->verified == NULL
        && (answer->claims.event || answer->claims.id_token))
    {
        answer->why = "it has the claims of an ID token, or of a refresh or "
                      "logout token";
        return OAUTH_WRONG_TYPE;
    }

    return OAUTH_OK;
}


static oauth_reason_t
oauth_introspection_verify_word(oauth_introspection_answer_t *answer,
    oauth_str_t name, const char *malformed)
{
    size_t       i;
    oauth_str_t  word;

    static const oauth_str_t  refused[] = {
        oauth_string("refresh_token"),
        oauth_string("refresh"),
        oauth_string("id_token"),
        oauth_string("id")
    };

    switch (oauth_json_optional_string(answer->claims.root, name, &word)) {

    case 0:
        return OAUTH_OK;

    case 1:
        break;

    default:
        answer->why = malformed;
        return OAUTH_MALFORMED_CLAIMS;
    }

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (oauth_str_equal_nocase(word, refused[i])) {
            answer->why = "it says that this is a refresh token or an ID "
                          "token";
            return OAUTH_WRONG_TYPE;
        }
    }

    return OAUTH_OK;
}


static oauth_reason_t
oauth_introspection_create(const oauth_introspection_t *introspection,
    int64_t now, oauth_introspection_answer_t *answer, oauth_token_t **token)
{
    oauth_buf_t                 scope;
    oauth_reason_t              reason;
    oauth_token_source_t        source;
    const oauth_token_rules_t  *rules;

    rules = introspection->rules;

    reason = oauth_introspection_verify_time(&answer->claims, rules, now,
                                             introspection->lifetime);
    if (reason != OAUTH_OK) {
        return reason;
    }

    memset(&scope, 0, sizeof(oauth_buf_t));
    memset(&source, 0, sizeof(oauth_token_source_t));

    oauth_claims_scope(&answer->claims, rules->scope_claims,
                       rules->nscope_claims, &scope);

    source.text = introspection->text;
    source.scope = oauth_buf_str(&scope);
    source.payload = answer->body;
    source.claims = &answer->claims;

    *token = scope.failed ? NULL : oauth_token_create(&source, rules);

    oauth_buf_free(&scope);

    return *token ? OAUTH_OK : OAUTH_SERVER_ERROR;
}


/*
 * An answer without exp gets one.  While the times are verified it is a moment
 * ahead, so that only nbf and iat decide.  Then it is the end of the lifetime,
 * by the clock of nginx, which needs no leeway: oauth_token_create adds one, so
 * it is subtracted here.
 */

static oauth_reason_t
oauth_introspection_verify_time(oauth_claims_t *claims,
    const oauth_token_rules_t *rules, int64_t now, int64_t lifetime)
{
    oauth_reason_t  reason;

    if (claims->has_expires) {
        return oauth_claims_verify_time(claims, now, rules->leeway,
                                        rules->max_lifetime);
    }

    claims->has_expires = 1;
    claims->expires = now + 1;

    reason = oauth_claims_verify_time(claims, now, rules->leeway, INT64_MAX);

    claims->has_expires = 0;
    claims->expires = now + lifetime - rules->leeway;

    return reason;
}


/*
 * The token stays as it was verified, but may expire earlier.  An exp that is
 * later than its own is ignored.
 */

static oauth_reason_t
oauth_introspection_confirm(const oauth_token_t *verified, int64_t now,
    oauth_introspection_answer_t *answer, oauth_token_t **token)
{
    int64_t                     expires;
    oauth_claims_t             *claims;
    oauth_reason_t              reason;
    const oauth_token_rules_t  *rules;

    rules = verified->rules;
    claims = &answer->claims;
    expires = verified->expires - rules->leeway;

    if (!claims->has_expires || claims->expires > expires) {
        claims->has_expires = 1;
        claims->expires = expires;
    }

    reason = oauth_claims_verify_time(claims, now, rules->leeway, INT64_MAX);
    if (reason != OAUTH_OK) {
        return reason;
    }

    answer->why = oauth_introspection_contradiction(claims, verified);
    if (answer->why) {
        return OAUTH_INTROSPECTION_MISMATCH;
    }

    *token = oauth_token_shorten(verified, claims->expires + rules->leeway);

    return *token ? OAUTH_OK : OAUTH_SERVER_ERROR;
}


/* Returns NULL, or a sentence that says what is not the token's. */

static const char *
oauth_introspection_contradiction(const oauth_claims_t *claims,
    const oauth_token_t *token)
{
    const oauth_json_t          *audience;
    const oauth_confirmation_t  *theirs, *ours;

    theirs = &claims->confirmation;
    ours = &token->confirmation;
    audience = oauth_json_optional(claims->root, oauth_str("aud"));

    if (claims->subject.data
        && !oauth_str_equal(claims->subject, token->subject))
    {
        return "its sub is not that of the token";
    }

    if (audience && !oauth_introspection_same_audience(audience, token)) {
        return "its aud is not that of the token";
    }

    if (theirs->bound
        && (!ours->bound
            || theirs->unknown != ours->unknown
            || !oauth_str_equal(theirs->jkt, ours->jkt)
            || !oauth_str_equal(theirs->x5t, ours->x5t)))
    {
        return "its cnf is not that of the token";
    }

    return NULL;
}


/* 1 when both have the same members, in any order; else 0. */

static int
oauth_introspection_same_audience(const oauth_json_t *audience,
    const oauth_token_t *token)
{
    size_t               i;
    const oauth_json_t  *element;

    for (element = oauth_claims_next(audience, NULL);
         element;
         element = oauth_claims_next(audience, element))
    {
        if (!oauth_introspection_is_audience(oauth_json_str(element), token)) {
            return 0;
        }
    }

    for (i = 0; i < token->naudience; i++) {
        if (!oauth_introspection_has(audience, token->audience[i])) {
            return 0;
        }
    }

    return 1;
}


static int
oauth_introspection_is_audience(oauth_str_t name, const oauth_token_t *token)
{
    size_t  i;

    for (i = 0; i < token->naudience; i++) {
        if (oauth_str_equal(token->audience[i], name)) {
            return 1;
        }
    }

    return 0;
}


static int
oauth_introspection_has(const oauth_json_t *audience, oauth_str_t name)
{
    const oauth_json_t  *element;

    for (element = oauth_claims_next(audience, NULL);
         element;
         element = oauth_claims_next(audience, element))
    {
        if (oauth_str_equal(oauth_json_str(element), name)) {
            return 1;
        }
    }

    return 0;
}
