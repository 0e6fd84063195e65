
/*
 * The whole policy.  Input: a line of words that configure it (see
 * fuzz_options), then the header and the payload as JSON, a line each, which
 * are signed here; or, after the word "raw", the token's text.
 *
 * What is accepted meets the policy, by the JSON itself; it is refused with one
 * bit changed, by another key set, and by a policy that is narrower.  Some
 * refusals have to say the truth.  The keys are those of t/unit/token_fixture.
 */


#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "keys.h"
#include "oauth_json.h"
#include "token_fixture.h"


#define FUZZ_PATHS    4
#define FUZZ_SECONDS  ((int64_t) 1 << 40)


typedef enum { FUZZ_ALL, FUZZ_PINNED, FUZZ_NAMELESS, FUZZ_FOREIGN, FUZZ_SETS }
    fuzz_set_t;


typedef struct {
    oauth_policy_t        policy;
    oauth_str_t           paths[FUZZ_PATHS];   /* of policy.scope_claims      */
    int64_t               now;
    fuzz_set_t            set;
    oauth_alg_id_t        sign;                /* whatever the header says    */
    int                   raw;                 /* not signed here             */
    int                   foreign;             /* signed by a key of no set   */
    int                   flip;                /* one bit changed             */
    int64_t               flip_at;
    oauth_str_t           header;
    oauth_str_t           payload;
} fuzz_case_t;


static void fuzz_setup(void);
static void fuzz_options(oauth_str_t line, fuzz_case_t *c);
static void fuzz_option(oauth_str_t word, fuzz_case_t *c);
static int fuzz_value(oauth_str_t *word, oauth_str_t name);
static void fuzz_option_alg(oauth_str_t name, fuzz_case_t *c);
static oauth_str_t fuzz_text(fuzz_case_t *c, oauth_str_t input);
static void fuzz_flip(oauth_str_t text, size_t bit);
static oauth_reason_t fuzz_verdict(oauth_str_t text, const fuzz_case_t *c,
    const oauth_policy_t *policy, const oauth_jwks_t *set);
static oauth_reason_t fuzz_verify(const oauth_jwt_t *jwt, const fuzz_case_t *c,
    const oauth_policy_t *policy, const oauth_jwks_t *set);
static void fuzz_verified(oauth_token_t *token, const oauth_jwt_t *jwt,
    const fuzz_case_t *c);
static void fuzz_selected(const oauth_token_t *token,
    const oauth_claims_t *claims);
static void fuzz_inside(const oauth_token_t *token, oauth_str_t s);
static void fuzz_accepted_token(oauth_str_t text, const fuzz_case_t *c);
static void fuzz_header(const fuzz_case_t *c);
static void fuzz_payload(const fuzz_case_t *c);
static void fuzz_times(const json_t *payload, const fuzz_case_t *c);
static double fuzz_date(const json_t *payload, const char *name,
    double absent);
static void fuzz_bits(oauth_str_t text, const fuzz_case_t *c);
static void fuzz_narrower(oauth_str_t text, const fuzz_case_t *c);
static void fuzz_refused_token(oauth_reason_t reason, const fuzz_case_t *c);
static int fuzz_header_names(const fuzz_case_t *c);


static const char *const  fuzz_pins[TOKEN_KEYS] = {
    "\"kid\":\"rsa\",\"alg\":\"PS256\"", "\"kid\":\"p256\",\"alg\":\"ES256\"",
    "\"kid\":\"p384\",\"alg\":\"ES384\"", "\"kid\":\"p521\",\"alg\":\"ES512\"",
    "\"kid\":\"okp\",\"alg\":\"EdDSA\""
};

static const char *const  fuzz_no_names[TOKEN_KEYS] = { "", "", "", "", "" };

static oauth_jwks_t  *fuzz_sets[FUZZ_SETS];


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t     input, text;
    fuzz_case_t     c;
    oauth_reason_t  reason;

    fuzz_setup();

    input.data = data;
    input.len = size;

    fuzz_options(fuzz_line(&input), &c);
    text = fuzz_text(&c, input);

    reason = fuzz_verdict(text, &c, &c.policy, fuzz_sets[c.set]);

    if (reason == OAUTH_OK) {
        fuzz_accepted = 1;
        fuzz_accepted_token(text, &c);

    } else {
        fuzz_refused_token(reason, &c);
    }

    fuzz_free(text);

    return 0;
}


/* The fixture is made twice: the first set is foreign to the second's keys. */

static void
fuzz_setup(void)
{
    size_t  i;

    if (token_set) {
        return;
    }

    token_setup(NULL);
    fuzz_sets[FUZZ_FOREIGN] = token_set;

    for (i = 0; i < TOKEN_KEYS; i++) {
        EVP_PKEY_free(token_keys[i]);
    }

    EVP_PKEY_free(token_foreign);

    token_setup(NULL);
    fuzz_sets[FUZZ_ALL] = token_set;
    fuzz_sets[FUZZ_PINNED] = token_make_set(0, TOKEN_KEYS, fuzz_pins);
    fuzz_sets[FUZZ_NAMELESS] = token_make_set(0, TOKEN_KEYS, fuzz_no_names);

    ERR_clear_error();
}


/*
 *   ES256 ...       allowed algorithms; none named: all
 *   at              token_type at+jwt
 *   leeway= max= now=   seconds
 *   scope=path      where the scopes are; up to four, scope and scp if none
 *   keys=pinned     every key has its alg; nameless: no kid; foreign: others
 *   sign=alg        what signs; foreign: an ES256 key of no set
 *   flip=n          the n-th bit is changed afterwards
 *   raw             the rest is the token
 */

static void
fuzz_options(oauth_str_t line, fuzz_case_t *c)
{
    oauth_str_t  word;

    memset(c, 0, sizeof(fuzz_case_t));

    c->policy = token_policy;
    c->policy.algorithms = 0;
    c->policy.nscope_claims = 0;
    c->now = NOW;
    c->sign = OAUTH_ALG_ES256;

    while (fuzz_word(&line, &word)) {
        fuzz_option(word, c);
    }

    if (c->policy.algorithms == 0) {
        c->policy.algorithms = OAUTH_ALGS_ALL;
    }

    if (c->policy.nscope_claims == 0) {
        c->policy.nscope_claims = token_policy.nscope_claims;

    } else {
        c->policy.scope_claims = c->paths;
    }
}


static void
fuzz_option(oauth_str_t word, fuzz_case_t *c)
{
    size_t              i;
    const oauth_alg_t  *alg;

    static const oauth_str_t  sets[FUZZ_SETS] = {
        oauth_string("all"), oauth_string("pinned"), oauth_string("nameless"),
        oauth_string("foreign")
    };

    alg = oauth_alg_lookup(word);

    if (alg) {
        c->policy.algorithms |= oauth_alg_bit(alg->id);

    } else if (oauth_str_equal(word, oauth_str("at"))) {
        c->policy.access_only = 1;

    } else if (oauth_str_equal(word, oauth_str("raw"))) {
        c->raw = 1;

    } else if (fuzz_value(&word, oauth_str("leeway="))) {
        c->policy.leeway = fuzz_number(&word) % FUZZ_SECONDS;

    } else if (fuzz_value(&word, oauth_str("max="))) {
        c->policy.max_lifetime = fuzz_number(&word) % FUZZ_SECONDS;

    } else if (fuzz_value(&word, oauth_str("now="))) {
        c->now = fuzz_number(&word) % FUZZ_SECONDS;

    } else if (fuzz_value(&word, oauth_str("scope="))) {

        if (c->policy.nscope_claims < FUZZ_PATHS) {
            c->paths[c->policy.nscope_claims++] = word;
        }

    } else if (fuzz_value(&word, oauth_str("keys="))) {

        for (i = 0; i < FUZZ_SETS; i++) {
            if (oauth_str_equal(word, sets[i])) {
                c->set = (fuzz_set_t) i;
            }
        }

    } else if (fuzz_value(&word, oauth_str("sign="))) {
        fuzz_option_alg(word, c);

    } else if (fuzz_value(&word, oauth_str("flip="))) {
        c->flip = 1;
        c->flip_at = fuzz_number(&word);
    }
}


static int
fuzz_value(oauth_str_t *word, oauth_str_t name)
{
    if (!oauth_str_starts(*word, name)) {
        return 0;
    }

    word->data += name.len;
    word->len -= name.len;

    return 1;
}


static void
fuzz_option_alg(oauth_str_t name, fuzz_case_t *c)
{
    const oauth_alg_t  *alg;

    c->foreign = oauth_str_equal(name, oauth_str("foreign"));
    c->sign = OAUTH_ALG_ES256;

    alg = oauth_alg_lookup(name);
    if (alg) {
        c->sign = alg->id;
    }
}


static oauth_str_t
fuzz_text(fuzz_case_t *c, oauth_str_t input)
{
    EVP_PKEY     *key;
    oauth_buf_t   buf;
    oauth_str_t   text;

    memset(&buf, 0, sizeof(oauth_buf_t));

    if (c->raw) {
        text = fuzz_copy(input);

    } else {
        c->header = fuzz_line(&input);
        c->payload = input;

        key = c->foreign ? token_foreign : token_keys[token_key_of(c->sign)];

        keys_append_token(&buf, key, c->sign, c->header, c->payload);
        ERR_clear_error();

        text = fuzz_copy(oauth_buf_str(&buf));
        oauth_buf_free(&buf);
    }

    if (c->flip && text.len > 0) {
        fuzz_flip(text, (size_t) c->flip_at);
    }

    return text;
}


/* Changes one bit of a copy; counted from the start, again and again. */

static void
fuzz_flip(oauth_str_t text, size_t bit)
{
    unsigned char  *bytes;

    bytes = (unsigned char *) text.data;
    bytes[bit / 8 % text.len] ^= (unsigned char) (1 << bit % 8);
}


static oauth_reason_t
fuzz_verdict(oauth_str_t text, const fuzz_case_t *c,
    const oauth_policy_t *policy, const oauth_jwks_t *set)
{
    oauth_jwt_t     *jwt;
    oauth_reason_t   reason;

    jwt = NULL;
    reason = oauth_jwt_parse(text, &jwt);
    fuzz_need_clean();

    if (reason != OAUTH_OK) {
        fuzz_need(jwt == NULL);
        return reason;
    }

    fuzz_need(jwt->claims.issuer.data);

    reason = fuzz_verify(jwt, c, policy, set);

    oauth_jwt_free(jwt);

    return reason;
}


static oauth_reason_t
fuzz_verify(const oauth_jwt_t *jwt, const fuzz_case_t *c,
    const oauth_policy_t *policy, const oauth_jwks_t *set)
{
    oauth_token_t   *token;
    oauth_reason_t   reason;

    token = NULL;
    reason = oauth_token_verify(jwt, policy, set, c->now, &token);
    fuzz_need_clean();

    fuzz_need(reason != OAUTH_SERVER_ERROR);
    fuzz_need((token != NULL) == (reason == OAUTH_OK));

    if (token) {
        fuzz_need(token->policy == policy);
        fuzz_verified(token, jwt, c);
        oauth_token_free(token);
    }

    return reason;
}


/* A token says what its JWT does, and nothing of it lies outside its block. */

static void
fuzz_verified(oauth_token_t *token, const oauth_jwt_t *jwt,
    const fuzz_case_t *c)
{
    size_t                 i;
    int64_t                end;
    oauth_str_t            scope, word;
    const oauth_claims_t  *claims;

    claims = &jwt->claims;

    fuzz_need(oauth_str_equal(claims->issuer, c->policy.issuer));
    fuzz_need(claims->has_expires && !claims->bound && !claims->event);

    fuzz_need(oauth_str_equal(token->text, jwt->text));
    fuzz_need(oauth_str_equal(token->kid, jwt->jws.kid));
    fuzz_need(oauth_str_equal(token->subject, claims->subject));

    fuzz_inside(token, token->text);
    fuzz_inside(token, token->kid);
    fuzz_inside(token, token->subject);
    fuzz_inside(token, token->scope);

    for (i = 0; i < token->naudience; i++) {
        fuzz_need(oauth_str_equal(token->audience[i],
                                  oauth_claims_audience(claims, i)));
        fuzz_inside(token, token->audience[i]);
    }

    fuzz_need(oauth_claims_audience(claims, i).data == NULL);

    scope = token->scope;

    while (scope.data && fuzz_word(&scope, &word)) {
        fuzz_need(fuzz_is_scope(word));
    }

    fuzz_selected(token, claims);

    /* Later it expires. */

    end = claims->expires + c->policy.leeway;

    fuzz_need(oauth_token_is_current(token, c->now));
    fuzz_need(oauth_token_is_current(token, end - 1));
    fuzz_need(!oauth_token_is_current(token, end));

    /* Another holder. */

    fuzz_need(oauth_token_acquire(token) == token);
    oauth_token_free(token);
    fuzz_need(token->refs == 1);
}


/* Each selected claim, and its members in their order. */

static void
fuzz_selected(const oauth_token_t *token, const oauth_claims_t *claims)
{
    size_t                 i, k, n;
    oauth_str_t            member;
    oauth_buf_t            buf;
    const json_t          *value;
    const oauth_claim_t   *claim;
    const oauth_select_t  *select;

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < token->policy->nselected; i++) {

        claim = &token->claims[i];
        select = &token->policy->selected[i];
        value = oauth_claims_at(claims, select->names, select->nnames);

        fuzz_inside(token, claim->text);
        fuzz_need(!claim->field || oauth_str_is_field(claim->text));

        if (claim->text.data) {
            buf.len = 0;
            fuzz_need(select->text && oauth_json_text(value, &buf) == 0);
            fuzz_need(oauth_str_equal(claim->text, oauth_buf_str(&buf)));
        }

        for (k = 0, n = 0; value && select->members
                           && k < oauth_claims_count(value); k++)
        {
            buf.len = 0;
            member = oauth_claims_member(value, k, &buf);

            if (member.data) {
                fuzz_need(n < claim->nmembers);
                fuzz_need(oauth_str_equal(claim->members[n], member));
                fuzz_inside(token, claim->members[n++]);
            }
        }

        fuzz_need(n == claim->nmembers);
    }

    oauth_buf_free(&buf);
}


static void
fuzz_inside(const oauth_token_t *token, oauth_str_t s)
{
    const unsigned char  *start;

    start = (const unsigned char *) token;

    fuzz_need(s.data == NULL
              || (s.data >= start + sizeof(oauth_token_t)
                  && s.data + s.len <= start + token->size));
}


static void
fuzz_accepted_token(oauth_str_t text, const fuzz_case_t *c)
{
    /* Nobody else can sign, and nothing may be changed afterwards. */

    fuzz_need(!c->raw && !c->foreign && !c->flip);
    fuzz_need(c->set != FUZZ_FOREIGN);

    fuzz_header(c);
    fuzz_payload(c);

    fuzz_bits(text, c);
    fuzz_narrower(text, c);
}


static void
fuzz_header(const fuzz_case_t *c)
{
    json_t             *header;
    oauth_str_t         name;
    const oauth_alg_t  *alg;

    header = oauth_json_parse(c->header, OAUTH_JSON_MEMBERS);

    fuzz_need(header);
    fuzz_need(oauth_json_string(header, "alg", &name) == 1);

    alg = oauth_alg_lookup(name);

    fuzz_need(alg);
    fuzz_need(alg->bits & oauth_alg_bit(c->sign));
    fuzz_need(alg->bits & c->policy.algorithms);

    /* The set's RSA key says PS256, the others have one algorithm anyway. */

    if (c->set == FUZZ_PINNED && alg->type == OAUTH_KEY_RSA) {
        fuzz_need(alg->id == OAUTH_ALG_PS256);
    }

    if (c->set == FUZZ_NAMELESS) {
        fuzz_need(json_object_get(header, "kid") == NULL);
    }

    if (c->policy.access_only) {
        fuzz_need(oauth_json_string(header, "typ", &name) == 1);
        fuzz_need(oauth_str_equal_nocase(name, oauth_str("at+jwt"))
                  || oauth_str_equal_nocase(name,
                                            oauth_str("application/at+jwt")));
    }

    json_decref(header);
}


static void
fuzz_payload(const fuzz_case_t *c)
{
    json_t       *payload;
    oauth_str_t   issuer;

    payload = oauth_json_parse(c->payload, OAUTH_JSON_MEMBERS);

    fuzz_need(payload);
    fuzz_need(oauth_json_string(payload, "iss", &issuer) == 1);
    fuzz_need(oauth_str_equal(issuer, c->policy.issuer));

    fuzz_need(json_object_get(payload, "cnf") == NULL);
    fuzz_need(json_object_get(payload, "events") == NULL);

    fuzz_times(payload, c);

    json_decref(payload);
}


static void
fuzz_times(const json_t *payload, const fuzz_case_t *c)
{
    double  exp, now, leeway;

    now = (double) c->now;
    leeway = (double) c->policy.leeway;

    fuzz_need(json_object_get(payload, "exp"));

    exp = fuzz_date(payload, "exp", 0);

    fuzz_need(exp + leeway > now);
    fuzz_need(fuzz_date(payload, "nbf", now) <= now + leeway);
    fuzz_need(fuzz_date(payload, "iat", now) <= now + leeway);
    fuzz_need(exp - fuzz_date(payload, "iat", now)
              <= (double) c->policy.max_lifetime);
}


/* A date without its fraction. */

static double
fuzz_date(const json_t *payload, const char *name, double absent)
{
    const json_t  *value;

    value = json_object_get(payload, name);
    if (value == NULL) {
        return absent;
    }

    fuzz_need(json_is_number(value));

    return trunc(json_number_value(value));
}


/* One bit in each segment; which one, the text says. */

static void
fuzz_bits(oauth_str_t text, const fuzz_case_t *c)
{
    size_t       i, start, end, bit;
    uint32_t     hash;
    oauth_str_t  copy;

    hash = 2166136261u;

    for (i = 0; i < text.len; i++) {
        hash = (hash ^ text.data[i]) * 16777619u;
    }

    for (start = 0; start < text.len; start = end + 1) {

        for (end = start; end < text.len && text.data[end] != '.'; end++) {
            /* void */
        }

        /* With the dot behind the segment. */

        bit = start * 8 + hash % ((end - start + (end < text.len)) * 8);

        copy = fuzz_copy(text);
        fuzz_flip(copy, bit);

        fuzz_need(fuzz_verdict(copy, c, &c->policy, fuzz_sets[c->set])
                  != OAUTH_OK);

        fuzz_free(copy);
    }
}


/* What must not matter to a good token but for these. */

static void
fuzz_narrower(oauth_str_t text, const fuzz_case_t *c)
{
    oauth_policy_t  policy;

    fuzz_need(fuzz_verdict(text, c, &c->policy, fuzz_sets[FUZZ_FOREIGN])
              != OAUTH_OK);

    policy = c->policy;
    policy.algorithms &= ~oauth_alg_get(c->sign)->bits;
    fuzz_need(fuzz_verdict(text, c, &policy, fuzz_sets[c->set])
              == OAUTH_WRONG_ALGORITHM);

    policy = c->policy;
    policy.issuer.len--;
    fuzz_need(fuzz_verdict(text, c, &policy, fuzz_sets[c->set])
              == OAUTH_UNKNOWN_ISSUER);

    policy = c->policy;
    policy.max_lifetime = -1;
    policy.leeway = 0;
    fuzz_need(fuzz_verdict(text, c, &policy, fuzz_sets[c->set]) != OAUTH_OK);
}


/* What is refused was not good by the very reason. */

static void
fuzz_refused_token(oauth_reason_t reason, const fuzz_case_t *c)
{
    double   exp;
    json_t  *payload;

    if (c->raw || c->flip) {
        return;
    }

    payload = oauth_json_parse(c->payload, OAUTH_JSON_MEMBERS);

    switch (reason) {

    case OAUTH_BAD_SIGNATURE:
        fuzz_need(c->foreign || c->set == FUZZ_FOREIGN
                  || !fuzz_header_names(c));
        break;

    case OAUTH_NO_EXPIRY:
        fuzz_need(json_object_get(payload, "exp") == NULL);
        break;

    case OAUTH_EXPIRED:
        exp = fuzz_date(payload, "exp", 0);
        fuzz_need(exp + (double) c->policy.leeway <= (double) c->now);
        break;

    case OAUTH_SENDER_CONSTRAINED:
        fuzz_need(json_object_get(payload, "cnf"));
        break;

    default:
        break;
    }

    json_decref(payload);
}


/* 1 when the header names the algorithm that has signed. */

static int
fuzz_header_names(const fuzz_case_t *c)
{
    int                 same;
    json_t             *header;
    oauth_str_t         name;
    const oauth_alg_t  *alg;

    same = 0;
    header = oauth_json_parse(c->header, OAUTH_JSON_MEMBERS);

    if (oauth_json_string(header, "alg", &name) == 1) {
        alg = oauth_alg_lookup(name);
        same = alg && (alg->bits & oauth_alg_bit(c->sign));
    }

    json_decref(header);

    return same;
}
