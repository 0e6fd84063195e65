
/*
 * DPoP proofs.  Input: the header and the payload as JSON, a line each, which
 * are signed here; in the header $p256 and the like stand for the members of
 * keys (signer.h).  A third line has words: the name of the algorithm that
 * signs (ES256 if there is none); "foreign" for a signature by another key;
 * "other" for a token that is bound to another key; "flip=N" for one bit that
 * is changed.  An input that does not begin with "{" is the text of a proof.
 *
 * The token is bound to the key in the header.  An accepted proof must meet all
 * rules, as its JSON shows, and no stricter ones; the reason for a refusal must
 * be true.
 */


#include <string.h>

#include "fuzz.h"
#include "keys.h"
#include "oauth_document.h"
#include "proof_fixture.h"
#include "signer.h"
#include "token_fixture.h"
#include "trial.h"


typedef struct {
    int                   raw;
    int                   foreign;
    int                   other;
    int                   flip;
    int64_t               flip_at;
    oauth_alg_id_t        sign;
    json_t               *header;       /* NULL: it is not JSON               */
    json_t               *payload;      /* the same                           */
    size_t                npayload;     /* bytes of its text                  */
} fuzz_proof_t;


static oauth_str_t fuzz_text(fuzz_proof_t *c, oauth_str_t input);
static void fuzz_words(fuzz_proof_t *c, oauth_str_t line);
static json_t *fuzz_load(oauth_str_t text);
static oauth_reason_t fuzz_verify(oauth_str_t text,
    const oauth_proof_rules_t *rules, oauth_proof_key_t **key,
    const fuzz_proof_t *c);
static void fuzz_accepted_proof(const fuzz_proof_t *c);
static void fuzz_narrower(oauth_str_t text, const oauth_proof_rules_t *rules,
    oauth_proof_key_t **key, const fuzz_proof_t *c);
static void fuzz_refused(oauth_reason_t reason, oauth_str_t text,
    const fuzz_proof_t *c);
static int fuzz_typed(const fuzz_proof_t *c);
static int fuzz_allowed(const fuzz_proof_t *c);
static int fuzz_own_key(const fuzz_proof_t *c);
static int fuzz_extended(const fuzz_proof_t *c);
static int fuzz_has_claims(const fuzz_proof_t *c);
static int fuzz_is_time(const json_t *value);
static int fuzz_is(const json_t *object, const char *name,
    oauth_str_t expected);
static int fuzz_current(const fuzz_proof_t *c);


#define FUZZ_ALGS  (OAUTH_ALGS_ALL & ~oauth_alg_bit(OAUTH_ALG_RS512))


static fuzz_pattern_t  fuzz_type = {
    .text = "^([Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]/)?"
            "[Dd][Pp][Oo][Pp]\\+[Jj][Ww][Tt]$"
};

static fuzz_pattern_t  fuzz_url = {
    .text = "^[Hh][Tt][Tt][Pp][Ss]://"
            "[Aa][Pp][Ii]\\.[Ee][Xx][Aa][Mm][Pp][Ll][Ee](:443)?/a/b([?#]|$)"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                  thumbprint[PROOF_SIZE];
    oauth_str_t           input, text;
    fuzz_proof_t          c;
    oauth_reason_t        reason;
    oauth_proof_key_t    *key;
    oauth_proof_rules_t   rules;

    signer_setup();
    memset(&c, 0, sizeof(fuzz_proof_t));

    input.data = data;
    input.len = size;

    text = fuzz_text(&c, input);
    proof_rules(&rules, text, thumbprint);

    rules.algorithms = FUZZ_ALGS;

    if (c.other) {
        rules.thumbprint = oauth_str(PROOF_ATH);
    }

    key = NULL;
    reason = fuzz_verify(text, &rules, &key, &c);

    if (reason == OAUTH_OK) {
        fuzz_accepted = 1;
        fuzz_accepted_proof(&c);
        fuzz_narrower(text, &rules, &key, &c);

    } else if (!c.raw && !c.flip) {
        fuzz_refused(reason, text, &c);
    }

    oauth_proof_key_free(key);
    json_decref(c.header);
    json_decref(c.payload);
    fuzz_free(text);

    return 0;
}


/* Returns the text of the proof; fuzz_free. */

static oauth_str_t
fuzz_text(fuzz_proof_t *c, oauth_str_t input)
{
    oauth_buf_t  header, text;
    oauth_str_t  copy, payload;

    if (input.len == 0 || input.data[0] != '{') {
        c->raw = 1;
        return fuzz_copy(input);
    }

    memset(&header, 0, sizeof(oauth_buf_t));
    memset(&text, 0, sizeof(oauth_buf_t));

    signer_expand(&header, fuzz_line(&input));
    payload = fuzz_line(&input);
    fuzz_words(c, fuzz_line(&input));

    c->header = fuzz_load(oauth_buf_str(&header));
    c->payload = fuzz_load(payload);
    c->npayload = payload.len;

    keys_append_token(&text, c->foreign ? token_foreign
                                        : token_keys[token_key_of(c->sign)],
                      c->foreign ? OAUTH_ALG_ES256 : c->sign,
                      oauth_buf_str(&header), payload);

    copy = fuzz_copy(oauth_buf_str(&text));

    if (c->flip) {
        trial_flip(copy, (size_t) c->flip_at);
    }

    oauth_buf_free(&header);
    oauth_buf_free(&text);

    return copy;
}


static void
fuzz_words(fuzz_proof_t *c, oauth_str_t line)
{
    oauth_str_t         word;
    const oauth_alg_t  *alg;

    c->sign = OAUTH_ALG_ES256;

    while (fuzz_word(&line, &word)) {

        alg = oauth_alg_lookup(word);

        if (alg) {
            c->sign = alg->id;

        } else if (oauth_str_equal(word, oauth_str("foreign"))) {
            c->foreign = 1;

        } else if (oauth_str_equal(word, oauth_str("other"))) {
            c->other = 1;

        } else if (oauth_str_starts(word, oauth_str("flip="))) {
            word.data += sizeof("flip=") - 1;
            word.len -= sizeof("flip=") - 1;

            c->flip = 1;
            c->flip_at = fuzz_number(&word);
        }
    }
}


static json_t *
fuzz_load(oauth_str_t text)
{
    json_t  *value;

    (void) oauth_document_parse(text, OAUTH_JSON_MEMBERS, &value);

    return value;
}


static oauth_reason_t
fuzz_verify(oauth_str_t text, const oauth_proof_rules_t *rules,
    oauth_proof_key_t **key, const fuzz_proof_t *c)
{
    oauth_str_t         value;
    oauth_proof_t       proof;
    oauth_reason_t      reason;
    oauth_proof_key_t  *before;

    before = *key;
    memset(&proof, 0xa5, sizeof(oauth_proof_t));

    reason = oauth_proof_verify(text, rules, PROOF_NOW, key, &proof);
    fuzz_need_clean();

    if (reason != OAUTH_OK) {
        fuzz_need(*key == before);
        fuzz_need(proof.jws.storage == NULL && proof.id.data == NULL);
        return reason;
    }

    fuzz_need(*key && (before == NULL || *key == before));
    fuzz_need(oauth_document_string(c->payload, "jti", &value) == 1);
    fuzz_need(oauth_str_equal(proof.id, value));

    if (proof.nonce.data) {
        fuzz_need(oauth_document_string(c->payload, "nonce", &value) == 1);
        fuzz_need(oauth_str_equal(proof.nonce, value));

    } else {
        fuzz_need(json_object_get(c->payload, "nonce") == NULL);
    }

    oauth_proof_free(&proof);
    fuzz_need(proof.jws.storage == NULL);

    return OAUTH_OK;
}


/* Only the keys of the signer can sign, and nothing may change after that. */

static void
fuzz_accepted_proof(const fuzz_proof_t *c)
{
    fuzz_need(!c->raw && !c->foreign && !c->other && !c->flip);

    fuzz_need(fuzz_typed(c));
    fuzz_need(fuzz_allowed(c));
    fuzz_need(fuzz_own_key(c));
    fuzz_need(!fuzz_extended(c));
    fuzz_need(fuzz_has_claims(c));
    fuzz_need(fuzz_is(c->payload, "htm", oauth_str("POST")));
    fuzz_need(fuzz_is(c->payload, "ath", oauth_str(PROOF_ATH)));
    fuzz_need(fuzz_current(c));
}


/* Each rule counts; the key is known by now. */

static void
fuzz_narrower(oauth_str_t text, const oauth_proof_rules_t *rules,
    oauth_proof_key_t **key, const fuzz_proof_t *c)
{
    oauth_proof_rules_t  changed;

    fuzz_need(fuzz_verify(text, rules, key, c) == OAUTH_OK);

    changed = *rules;
    changed.algorithms = OAUTH_ALGS_ALL & ~oauth_alg_get(c->sign)->bits;
    fuzz_need(fuzz_verify(text, &changed, key, c) == OAUTH_PROOF_ALGORITHM);

    changed = *rules;
    changed.method = oauth_str("post");
    fuzz_need(fuzz_verify(text, &changed, key, c) == OAUTH_PROOF_METHOD);

    changed = *rules;
    changed.origin = oauth_str("http://api.example");
    fuzz_need(fuzz_verify(text, &changed, key, c) == OAUTH_PROOF_URI);

    changed = *rules;
    changed.path = oauth_str("/a/b/");
    fuzz_need(fuzz_verify(text, &changed, key, c) == OAUTH_PROOF_URI);

    changed = *rules;
    changed.token = oauth_str("tokeN");
    fuzz_need(fuzz_verify(text, &changed, key, c) == OAUTH_PROOF_TOKEN);

    changed = *rules;
    changed.thumbprint = oauth_str(PROOF_ATH);
    fuzz_need(fuzz_verify(text, &changed, key, c) == OAUTH_PROOF_OTHER_KEY);

    changed = *rules;
    changed.leeway = -1000;
    changed.max_age = 0;
    fuzz_need(fuzz_verify(text, &changed, key, c) == OAUTH_PROOF_TIME);
}


/* What is malformed is not looked at closely: fuzz_jws does that. */

static void
fuzz_refused(oauth_reason_t reason, oauth_str_t text, const fuzz_proof_t *c)
{
    oauth_str_t  value;

    switch (reason) {

    case OAUTH_PROOF_MALFORMED:
        fuzz_need(text.len > OAUTH_PROOF_SIZE || c->header == NULL
                  || fuzz_extended(c) || json_object_get(c->header, "kid")
                  || oauth_document_string(c->header, "typ", &value) < 0
                  || c->npayload == 0);
        break;

    case OAUTH_PROOF_TYPE:
        fuzz_need(!fuzz_typed(c));
        break;

    case OAUTH_PROOF_ALGORITHM:
        fuzz_need(!fuzz_allowed(c));
        break;

    case OAUTH_PROOF_OTHER_KEY:
        fuzz_need(c->other);
        break;

    case OAUTH_PROOF_KEY:
        fuzz_need(!fuzz_own_key(c));
        break;

    case OAUTH_PROOF_SIGNATURE:
        fuzz_need(c->foreign || !fuzz_own_key(c)
                  || !fuzz_is(c->header, "alg",
                              oauth_alg_get(c->sign)->name));
        break;

    case OAUTH_PROOF_CLAIMS:
        fuzz_need(!fuzz_has_claims(c));
        break;

    case OAUTH_PROOF_METHOD:
        fuzz_need(!fuzz_is(c->payload, "htm", oauth_str("POST")));
        break;

    case OAUTH_PROOF_URI:
        fuzz_need(oauth_document_string(c->payload, "htu", &value) == 1
                  && !fuzz_matches(&fuzz_url, value));
        break;

    case OAUTH_PROOF_TIME:
        fuzz_need(!fuzz_current(c));
        break;

    case OAUTH_PROOF_TOKEN:
        fuzz_need(!fuzz_is(c->payload, "ath", oauth_str(PROOF_ATH)));
        break;

    default:
        fuzz_need(!"no reason of a proof");
    }
}


static int
fuzz_typed(const fuzz_proof_t *c)
{
    oauth_str_t  value;

    return oauth_document_string(c->header, "typ", &value) == 1
           && fuzz_matches(&fuzz_type, value);
}


static int
fuzz_allowed(const fuzz_proof_t *c)
{
    oauth_str_t         value;
    const oauth_alg_t  *alg;

    if (oauth_document_string(c->header, "alg", &value) != 1) {
        return 0;
    }

    alg = oauth_alg_lookup(value);

    return alg && (alg->bits & FUZZ_ALGS);
}


/* 1 when the jwk is the public key of the signer and fits alg, else 0. */

static int
fuzz_own_key(const fuzz_proof_t *c)
{
    size_t         i;
    oauth_str_t    value;
    const json_t  *jwk;

    static const char  *secrets[] = { "d", "p", "q", "dp", "dq", "qi", "oth",
                                      "k" };
    static const char  *others[] = { "x5c", "x5u", "x5t", "x5t#S256", "jku" };

    jwk = json_object_get(c->header, "jwk");

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (json_object_get(c->header, others[i])
            || json_object_get(jwk, others[i]))
        {
            return 0;
        }
    }

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (json_object_get(jwk, secrets[i])) {
            return 0;
        }
    }

    return oauth_document_string(c->header, "alg", &value) == 1
           && oauth_alg_lookup(value)
           && (oauth_alg_lookup(value)->bits & oauth_alg_get(c->sign)->bits
               || (oauth_alg_lookup(value)->type == OAUTH_KEY_RSA
                   && oauth_alg_get(c->sign)->type == OAUTH_KEY_RSA))
           && signer_is_own(jwk, c->sign);
}


static int
fuzz_extended(const fuzz_proof_t *c)
{
    return json_object_get(c->header, "crit")
           || json_object_get(c->header, "b64")
           || json_object_get(c->header, "enc")
           || json_object_get(c->header, "zip");
}


static int
fuzz_has_claims(const fuzz_proof_t *c)
{
    oauth_str_t  value;

    if (oauth_document_string(c->payload, "jti", &value) != 1
        || value.len == 0 || value.len > OAUTH_PROOF_ID)
    {
        return 0;
    }

    return oauth_document_string(c->payload, "htm", &value) == 1
           && oauth_document_string(c->payload, "htu", &value) == 1
           && oauth_document_string(c->payload, "ath", &value) == 1
           && oauth_document_string(c->payload, "nonce", &value) >= 0
           && json_object_get(c->payload, "iat")
           && fuzz_is_time(json_object_get(c->payload, "iat"))
           && fuzz_is_time(json_object_get(c->payload, "nbf"))
           && fuzz_is_time(json_object_get(c->payload, "exp"));
}


/* NULL is a claim that is not there. */

static int
fuzz_is_time(const json_t *value)
{
    double  real;

    real = json_number_value(value);

    return value == NULL || json_is_integer(value)
           || (json_is_real(value) && (real >= 1 || real <= -1));
}


static int
fuzz_is(const json_t *object, const char *name, oauth_str_t expected)
{
    oauth_str_t  value;

    return oauth_document_string(object, name, &value) == 1
           && oauth_str_equal(value, expected);
}


static int
fuzz_current(const fuzz_proof_t *c)
{
    double   iat, nbf, exp;
    json_t  *claim;

    iat = json_number_value(json_object_get(c->payload, "iat"));
    nbf = json_number_value(json_object_get(c->payload, "nbf"));

    claim = json_object_get(c->payload, "exp");
    exp = claim ? json_number_value(claim) : PROOF_NOW;

    /* The times count without their fractions. */

    return iat >= PROOF_NOW - 330 && iat < PROOF_NOW + 31
           && nbf < PROOF_NOW + 31 && exp >= PROOF_NOW - 29;
}
