
/*
 * Answers to introspection.  Input: a line with four numbers (now, leeway,
 * longest lifetime, lifetime without exp) and a word, then the answer.  After
 * the word "signed", the rest is the payload of a signed answer, which is
 * signed here; after "verified", the answer is about a token that was verified.
 * The verdict must be the one that the answer deserves as jansson reads it, and
 * a token must say what the answer says.
 */


#include <math.h>
#include <string.h>
#include <strings.h>

#include "fuzz.h"
#include "json_copy.h"
#include "keys.h"
#include "oauth_document.h"
#include "oauth_introspection.h"
#include "token_fixture.h"


#define FUZZ_JKT      "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define FUZZ_HEADER   "{\"alg\":\"ES256\",\"typ\":\"token-introspection+jwt\"}"


typedef struct {
    oauth_token_rules_t     rules;
    oauth_introspection_t   question;
    int64_t                 now;
    int                     is_signed;
} fuzz_question_t;


static void fuzz_setup(void);
static void fuzz_read(oauth_str_t line, fuzz_question_t *q);
static oauth_reason_t fuzz_plain(const fuzz_question_t *q, oauth_str_t body);
static oauth_reason_t fuzz_signed(const fuzz_question_t *q, oauth_str_t body);
static int fuzz_envelope(const fuzz_question_t *q, const json_t *root);
static oauth_reason_t fuzz_expected(const fuzz_question_t *q,
    const json_t *root);
static int fuzz_malformed(const json_t *root);
static int fuzz_bad_date(const json_t *value);
static int fuzz_bad_audience(const json_t *aud);
static int fuzz_refused_kind(const fuzz_question_t *q, const json_t *root);
static int fuzz_refused_word(const json_t *value);
static oauth_reason_t fuzz_times(const fuzz_question_t *q,
    const json_t *root);
static double fuzz_date(const json_t *value, double otherwise);
static int fuzz_contradicts(const json_t *root);
static int fuzz_same_audience(const json_t *aud);
static void fuzz_token(const fuzz_question_t *q, const oauth_token_t *token,
    oauth_str_t body);


static const oauth_str_t  fuzz_client = oauth_string("nginx");

static oauth_token_t  *fuzz_verified;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t      input;
    oauth_reason_t   reason;
    fuzz_question_t  q;

    fuzz_setup();

    input.data = data;
    input.len = size;

    fuzz_read(fuzz_line(&input), &q);

    input = fuzz_copy(input);
    reason = q.is_signed ? fuzz_signed(&q, input) : fuzz_plain(&q, input);
    fuzz_free(input);

    fuzz_accepted = (reason == OAUTH_OK);

    return 0;
}


/* The token that was verified is sub joe, for a and b, bound to a key. */

static void
fuzz_setup(void)
{
    oauth_buf_t           text;
    oauth_jwt_t          *jwt;
    oauth_token_rules_t   rules;

    static oauth_token_rules_t  kept;

    if (token_set) {
        return;
    }

    token_setup(NULL);

    rules = token_policy;
    rules.max_lifetime = FUZZ_SECONDS * 2;
    kept = rules;

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(HEADER),
                      oauth_str("{\"iss\":\"https://as.example\",\"sub\":"
                                "\"joe\",\"exp\":1700000100,\"aud\":[\"a\","
                                "\"b\"],\"cnf\":{\"jkt\":\"" FUZZ_JKT "\"}}"));

    fuzz_need(oauth_jwt_parse(oauth_buf_str(&text), &jwt) == OAUTH_OK);
    fuzz_need(oauth_token_verify(jwt, &kept, token_set, NOW, &fuzz_verified)
              == OAUTH_OK);

    oauth_jwt_free(jwt);
    oauth_buf_free(&text);
    ERR_clear_error();
}


static void
fuzz_read(oauth_str_t line, fuzz_question_t *q)
{
    oauth_str_t  word;

    memset(q, 0, sizeof(fuzz_question_t));

    q->now = fuzz_seconds(&line);
    q->rules = token_policy;
    q->rules.leeway = fuzz_seconds(&line);
    q->rules.max_lifetime = fuzz_seconds(&line);
    q->question.lifetime = fuzz_seconds(&line);
    q->question.text = oauth_str("opaque-1");
    q->question.rules = &q->rules;

    (void) fuzz_word(&line, &word);

    q->is_signed = oauth_str_equal(word, oauth_str("signed"));

    if (oauth_str_equal(word, oauth_str("verified"))) {
        q->question.text = fuzz_verified->text;
        q->question.rules = fuzz_verified->rules;
        q->question.verified = fuzz_verified;
        q->rules = *fuzz_verified->rules;
    }
}


static oauth_reason_t
fuzz_plain(const fuzz_question_t *q, oauth_str_t body)
{
    json_t          *root;
    const char      *why;
    oauth_token_t   *token;
    oauth_reason_t   reason;

    reason = oauth_introspection_verify(&q->question, body, q->now, &token,
                                        &why);
    fuzz_need_clean();
    fuzz_need((token != NULL) == (reason == OAUTH_OK));

    (void) oauth_document_parse(body, OAUTH_JSON_MEMBERS, &root);

    if (body.len > OAUTH_INTROSPECTION_SIZE) {
        fuzz_need(reason == OAUTH_INTROSPECTION_UNAVAILABLE);

    } else {
        fuzz_need(reason == fuzz_expected(q, root));
    }

    fuzz_need(oauth_introspection_is_unsupported(body)
              == (root && body.len <= OAUTH_INTROSPECTION_SIZE
                  && oauth_str_equal(oauth_document_str(
                                         json_object_get(root, "error")),
                                     oauth_str("unsupported_token_type"))));

    if (token) {
        fuzz_token(q, token, body);
    }

    oauth_token_free(token);
    json_decref(root);

    return reason;
}


static oauth_reason_t
fuzz_signed(const fuzz_question_t *q, oauth_str_t payload)
{
    json_t          *root, *answer, *inner;
    oauth_buf_t      text;
    const char      *why;
    oauth_token_t   *token;
    oauth_reason_t   reason;

    memset(&text, 0, sizeof(oauth_buf_t));
    keys_append_token(&text, token_keys[TOKEN_P256], OAUTH_ALG_ES256,
                      oauth_str(FUZZ_HEADER), payload);

    reason = oauth_introspection_verify_signed(&q->question,
                                               oauth_buf_str(&text),
                                               token_set, fuzz_client, q->now,
                                               &token, &why);
    fuzz_need_clean();
    fuzz_need((token != NULL) == (reason == OAUTH_OK));

    (void) oauth_document_parse(payload, OAUTH_JSON_MEMBERS, &root);
    answer = json_object_get(root, "token_introspection");

    if (text.len > OAUTH_JWS_SIZE || payload.len == 0 || root == NULL
        || !fuzz_envelope(q, root) || !json_is_object(answer))
    {
        fuzz_need(reason == OAUTH_INTROSPECTION_UNAVAILABLE);

    } else {
        fuzz_need(reason == fuzz_expected(q, answer));
    }

    /* What the token keeps is the answer, and nothing around it. */

    if (token) {
        fuzz_need(oauth_document_parse(token->payload, OAUTH_JSON_MEMBERS,
                                       &inner) == OAUTH_DONE);
        fuzz_need(json_equal(inner, answer));
        fuzz_token(q, token, token->payload);
        json_decref(inner);
    }

    oauth_token_free(token);
    oauth_buf_free(&text);
    json_decref(root);

    return reason;
}


static int
fuzz_envelope(const fuzz_question_t *q, const json_t *root)
{
    size_t         i;
    int            named;
    double         iat, now;
    const json_t  *aud, *exp, *member;

    if (fuzz_malformed(root)) {
        return 0;
    }

    aud = json_object_get(root, "aud");
    named = oauth_str_equal(oauth_document_str(aud), fuzz_client);

    json_array_foreach(aud, i, member) {
        named |= oauth_str_equal(oauth_document_str(member), fuzz_client);
    }

    now = (double) q->now;
    iat = fuzz_date(fuzz_member(root, "iat"), NAN);
    exp = json_object_get(root, "exp");

    return named
           && oauth_str_equal(oauth_document_str(json_object_get(root, "iss")),
                              token_policy.issuer)
           && iat <= now + (double) q->rules.leeway
           && iat >= now - (double) q->rules.leeway - 60
           && (exp == NULL
               || now < fuzz_date(exp, 0) + (double) q->rules.leeway);
}


/* root is NULL where the answer is not JSON. */

static oauth_reason_t
fuzz_expected(const fuzz_question_t *q, const json_t *root)
{
    const json_t    *iss, *active;
    oauth_reason_t   reason;

    active = json_object_get(root, "active");

    if (!json_is_true(active)) {
        return json_is_false(active) ? OAUTH_INACTIVE
                                     : OAUTH_INTROSPECTION_UNAVAILABLE;
    }

    if (fuzz_malformed(root)) {
        return OAUTH_MALFORMED_CLAIMS;
    }

    iss = json_object_get(root, "iss");

    if (iss && !oauth_str_equal(oauth_document_str(iss), token_policy.issuer)) {
        return OAUTH_UNKNOWN_ISSUER;
    }

    /* The first of the two decides which reason it is. */

    if (fuzz_refused_word(fuzz_member(root, "token_type"))) {
        return OAUTH_WRONG_TYPE;
    }

    if ((fuzz_member(root, "token_type")
         && !json_is_string(fuzz_member(root, "token_type")))
        || (fuzz_member(root, "token_use")
            && !json_is_string(fuzz_member(root, "token_use"))))
    {
        return OAUTH_MALFORMED_CLAIMS;
    }

    if (fuzz_refused_kind(q, root)) {
        return OAUTH_WRONG_TYPE;
    }

    reason = fuzz_times(q, root);
    if (reason != OAUTH_OK) {
        return reason;
    }

    return (q->question.verified && fuzz_contradicts(root))
           ? OAUTH_INTROSPECTION_MISMATCH : OAUTH_OK;
}


static int
fuzz_malformed(const json_t *root)
{
    const json_t  *iss, *sub;

    iss = json_object_get(root, "iss");
    sub = fuzz_member(root, "sub");

    return (iss && !json_is_string(iss))
           || (sub && !json_is_string(sub))
           || fuzz_bad_date(json_object_get(root, "exp"))
           || fuzz_bad_date(fuzz_member(root, "nbf"))
           || fuzz_bad_date(fuzz_member(root, "iat"))
           || fuzz_bad_audience(json_object_get(root, "aud"));
}


static int
fuzz_bad_date(const json_t *value)
{
    return value
           && !json_is_integer(value)
           && !(json_is_real(value) && fabs(json_real_value(value)) >= 1);
}


static int
fuzz_bad_audience(const json_t *aud)
{
    size_t         i;
    const json_t  *member;

    if (aud == NULL || json_is_string(aud)) {
        return 0;
    }

    json_array_foreach(aud, i, member) {
        if (!json_is_string(member)) {
            return 1;
        }
    }

    return !json_is_array(aud);
}


/* fuzz_claims sees to the marks of an ID token. */

static int
fuzz_refused_kind(const fuzz_question_t *q, const json_t *root)
{
    int              marked;
    char            *text;
    json_copy_t      copy;
    oauth_claims_t   claims;

    if (fuzz_refused_word(fuzz_member(root, "token_use"))) {
        return 1;
    }

    if (q->question.verified) {
        return 0;
    }

    text = json_dumps(root, JSON_COMPACT);
    json_copy_parse(&copy, oauth_str_of(text));
    fuzz_need(oauth_claims_read(copy.root, &claims) == OAUTH_OK);
    marked = claims.id_token || claims.event;

    json_copy_free(&copy);
    free(text);

    return marked;
}


static int
fuzz_refused_word(const json_t *value)
{
    static fuzz_pattern_t  pattern = {
        "^([Rr][Ee][Ff][Rr][Ee][Ss][Hh](_[Tt][Oo][Kk][Ee][Nn])?"
        "|[Ii][Dd](_[Tt][Oo][Kk][Ee][Nn])?)$", 0, { 0 }
    };

    return json_is_string(value)
           && fuzz_matches(&pattern, oauth_document_str(value));
}


static oauth_reason_t
fuzz_times(const fuzz_question_t *q, const json_t *root)
{
    double  now, leeway, exp, nbf, iat, local;

    now = (double) q->now;
    leeway = (double) q->rules.leeway;

    exp = fuzz_date(json_object_get(root, "exp"), NAN);
    nbf = fuzz_date(fuzz_member(root, "nbf"), 0);
    iat = fuzz_date(fuzz_member(root, "iat"), 0);

    if (q->question.verified) {
        local = (double) fuzz_verified->expires - leeway;
        exp = fmin(exp, local);             /* not NAN, if one of them is */
    }

    if (now >= exp + leeway) {
        return OAUTH_EXPIRED;
    }

    if (nbf > now + leeway || iat > now + leeway) {
        return OAUTH_NOT_YET_VALID;
    }

    if (!q->question.verified
        && exp - fuzz_date(fuzz_member(root, "iat"), now)
           > (double) q->rules.max_lifetime)
    {
        return OAUTH_LIFETIME_TOO_LONG;
    }

    return OAUTH_OK;
}


static double
fuzz_date(const json_t *value, double otherwise)
{
    return value ? trunc(json_number_value(value)) : otherwise;
}


static int
fuzz_contradicts(const json_t *root)
{
    const json_t  *sub, *aud, *cnf, *jkt;

    sub = fuzz_member(root, "sub");
    aud = fuzz_member(root, "aud");
    cnf = json_object_get(root, "cnf");
    jkt = json_object_get(cnf, "jkt");

    return (sub && !oauth_str_equal(oauth_document_str(sub), oauth_str("joe")))
           || (aud && !fuzz_same_audience(aud))
           || (cnf && (json_object_size(cnf) != 1
                       || !oauth_str_equal(oauth_document_str(jkt),
                                           oauth_str(FUZZ_JKT))));
}


/* Both names have to be there, and no other. */

static int
fuzz_same_audience(const json_t *aud)
{
    int            a, b;
    size_t         i;
    oauth_str_t    name;
    const json_t  *member;

    a = 0;
    b = 0;

    json_array_foreach(aud, i, member) {
        name = oauth_document_str(member);

        if (oauth_str_equal(name, oauth_str("a"))) {
            a = 1;

        } else if (oauth_str_equal(name, oauth_str("b"))) {
            b = 1;

        } else {
            return 0;
        }
    }

    return a && b;
}


static void
fuzz_token(const fuzz_question_t *q, const oauth_token_t *token,
    oauth_str_t body)
{
    json_t       *root, *member;
    const char   *name;
    oauth_buf_t   text;

    fuzz_need(token->refs == 1);
    fuzz_need(oauth_str_equal(token->text, q->question.text));
    fuzz_need(token->opaque == (q->question.verified == NULL));

    if (q->question.verified) {
        fuzz_need(token != fuzz_verified && fuzz_verified->refs == 1);
        fuzz_need(token->expires <= fuzz_verified->expires);
        fuzz_need(oauth_str_equal(token->subject, fuzz_verified->subject));
        return;
    }

    fuzz_need(oauth_str_equal(token->payload, body));

    (void) oauth_document_parse(body, OAUTH_JSON_MEMBERS, &root);

    if (json_object_get(root, "exp") == NULL) {
        fuzz_need(token->expires == q->now + q->question.lifetime);
    }

    fuzz_need(token->confirmation.bound
              == (json_object_get(root, "cnf") != NULL));

    /* Each claim can be looked up later; only its text may be refused. */

    memset(&text, 0, sizeof(oauth_buf_t));

    json_object_foreach(root, name, member) {
        (void) oauth_token_text(token, oauth_str_of(name), &text);
        fuzz_need(!text.failed);

        if (json_is_string(member)
            && oauth_str_equal(oauth_str_of(name), oauth_str("sub")))
        {
            fuzz_need(oauth_str_equal(token->subject,
                                      oauth_document_str(member))
                      || json_string_length(member) == 0);
        }
    }

    oauth_buf_free(&text);
    json_decref(root);
}
