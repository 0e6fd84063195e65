
/*
 * The whole policy.  Input: see trial.h.  An accepted token must meet the
 * policy, as its JSON shows.  It must be refused if one bit is changed, with
 * another key set, and with a narrower policy.  Some reasons for a refusal are
 * checked as well.
 */


#include "fuzz.h"
#include "oracle.h"
#include "trial.h"


static oauth_reason_t fuzz_verdict(oauth_str_t text, const trial_t *c,
    const oauth_token_rules_t *policy, const oauth_jwks_t *set);
static oauth_reason_t fuzz_verify(oauth_jwt_t *jwt, const trial_t *c,
    const oauth_token_rules_t *policy, const oauth_jwks_t *set);
static void fuzz_accepted_token(oauth_str_t text, const trial_t *c);
static void fuzz_bits(oauth_str_t text, const trial_t *c);
static void fuzz_narrower(oauth_str_t text, const trial_t *c);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    trial_t         c;
    oauth_str_t     input, text;
    oauth_reason_t  reason;

    input.data = data;
    input.len = size;

    text = trial_read(&c, input);
    reason = fuzz_verdict(text, &c, &c.policy, trial_sets[c.set]);

    if (reason == OAUTH_OK) {
        fuzz_accepted = 1;
        fuzz_accepted_token(text, &c);

    } else {
        oracle_refused(reason, &c);
    }

    fuzz_free(text);

    return 0;
}


static oauth_reason_t
fuzz_verdict(oauth_str_t text, const trial_t *c,
    const oauth_token_rules_t *policy, const oauth_jwks_t *set)
{
    oauth_str_t      issuer;
    oauth_jwt_t     *jwt;
    oauth_reason_t   reason;

    jwt = NULL;
    reason = oauth_jwt_parse(text, &jwt);
    fuzz_need_clean();

    if (reason != OAUTH_OK) {
        fuzz_need(jwt == NULL);
        return reason;
    }

    issuer = jwt->issuer;

    fuzz_need(issuer.data);

    reason = fuzz_verify(jwt, c, policy, set);

    /* The issuer must be the same with and without parsing the claims. */

    if (oauth_jwt_read(jwt) == OAUTH_OK) {
        fuzz_need(oauth_str_equal(issuer, jwt->issuer));
        fuzz_need(oauth_str_equal(issuer, jwt->claims.issuer));
    }

    oauth_jwt_free(jwt);

    return reason;
}


static oauth_reason_t
fuzz_verify(oauth_jwt_t *jwt, const trial_t *c,
    const oauth_token_rules_t *policy, const oauth_jwks_t *set)
{
    oauth_token_t   *token;
    oauth_reason_t   reason;

    token = NULL;
    reason = oauth_token_verify(jwt, policy, set, c->now, &token);
    fuzz_need_clean();

    fuzz_need(reason != OAUTH_SERVER_ERROR);
    fuzz_need((token != NULL) == (reason == OAUTH_OK));

    if (token) {
        fuzz_need(token->rules == policy);
        oracle_token(token, jwt, c);
        oauth_token_free(token);
    }

    return reason;
}


static void
fuzz_accepted_token(oauth_str_t text, const trial_t *c)
{
    oracle_accepted(c);

    fuzz_bits(text, c);
    fuzz_narrower(text, c);
}


/* Changes one bit in each segment.  A hash of the text says which bit. */

static void
fuzz_bits(oauth_str_t text, const trial_t *c)
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

        /* The dot after the segment is included. */

        bit = start * 8 + hash % ((end - start + (end < text.len)) * 8);

        copy = fuzz_copy(text);
        trial_flip(copy, bit);

        fuzz_need(fuzz_verdict(copy, c, &c->policy, trial_sets[c->set])
                  != OAUTH_OK);

        fuzz_free(copy);
    }
}


/*
 * An accepted token must be refused with foreign keys, if its algorithm is not
 * allowed, for another issuer, and if no lifetime is short enough.
 */

static void
fuzz_narrower(oauth_str_t text, const trial_t *c)
{
    oauth_token_rules_t  policy;
    oauth_reason_t       reason;

    fuzz_need(fuzz_verdict(text, c, &c->policy, trial_sets[TRIAL_FOREIGN])
              != OAUTH_OK);

    policy = c->policy;
    policy.algorithms &= ~oracle_signed(c);
    reason = fuzz_verdict(text, c, &policy, trial_sets[c->set]);

    /* "EdDSA" may mean the other curve, but the key is not of that curve. */

    fuzz_need(reason == OAUTH_WRONG_ALGORITHM
              || ((reason == OAUTH_KEY_MISMATCH
                   || reason == OAUTH_BAD_SIGNATURE
                   || reason == OAUTH_UNKNOWN_KEY)
                  && (policy.algorithms
                      & oauth_alg_get(OAUTH_ALG_EDDSA)->bits)));

    policy = c->policy;
    policy.issuer.len--;
    fuzz_need(fuzz_verdict(text, c, &policy, trial_sets[c->set])
              == OAUTH_UNKNOWN_ISSUER);

    policy = c->policy;
    policy.max_lifetime = -1;
    policy.leeway = 0;
    fuzz_need(fuzz_verdict(text, c, &policy, trial_sets[c->set]) != OAUTH_OK);
}
