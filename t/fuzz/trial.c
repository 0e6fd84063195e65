
/*
 * Reads an input of fuzz_token: its words, the keys, and the signature.
 */


#include <string.h>

#include "fuzz.h"
#include "keys.h"
#include "token_fixture.h"
#include "trial.h"


#define TRIAL_SECONDS  ((int64_t) 1 << 40)


static void trial_setup(void);
static void trial_options(oauth_str_t line, trial_t *c);
static void trial_option(oauth_str_t word, trial_t *c);
static int trial_value(oauth_str_t *word, oauth_str_t name);
static void trial_option_alg(oauth_str_t name, trial_t *c);
static oauth_str_t trial_text(trial_t *c, oauth_str_t input);


oauth_jwks_t  *trial_sets[TRIAL_SETS];

static const char *const  trial_pins[TOKEN_KEYS] = {
    "\"kid\":\"rsa\",\"alg\":\"PS256\"", "\"kid\":\"p256\",\"alg\":\"ES256\"",
    "\"kid\":\"p384\",\"alg\":\"ES384\"", "\"kid\":\"p521\",\"alg\":\"ES512\"",
    "\"kid\":\"okp\",\"alg\":\"EdDSA\"", "\"kid\":\"ed448\",\"alg\":\"Ed448\""
};

static const char *const  trial_no_names[TOKEN_KEYS] = {
    "", "", "", "", "", ""
};


oauth_str_t
trial_read(trial_t *c, oauth_str_t input)
{
    trial_setup();
    trial_options(fuzz_line(&input), c);

    return trial_text(c, input);
}


/*
 * Makes the fixture twice, so that the first set has none of the second one's
 * keys.
 */

static void
trial_setup(void)
{
    size_t  i;

    if (token_set) {
        return;
    }

    token_setup(NULL);
    trial_sets[TRIAL_FOREIGN] = token_set;

    for (i = 0; i < TOKEN_KEYS; i++) {
        EVP_PKEY_free(token_keys[i]);
    }

    EVP_PKEY_free(token_foreign);

    token_setup(NULL);
    trial_sets[TRIAL_ALL] = token_set;
    trial_sets[TRIAL_PINNED] = token_make_set(0, TOKEN_KEYS, trial_pins);
    trial_sets[TRIAL_NAMELESS] = token_make_set(0, TOKEN_KEYS, trial_no_names);

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
trial_options(oauth_str_t line, trial_t *c)
{
    oauth_str_t  word;

    memset(c, 0, sizeof(trial_t));

    c->policy = token_policy;
    c->policy.algorithms = 0;
    c->policy.nscope_claims = 0;
    c->now = NOW;
    c->sign = OAUTH_ALG_ES256;

    while (fuzz_word(&line, &word)) {
        trial_option(word, c);
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
trial_option(oauth_str_t word, trial_t *c)
{
    size_t              i;
    const oauth_alg_t  *alg;

    static const oauth_str_t  sets[TRIAL_SETS] = {
        oauth_string("all"), oauth_string("pinned"), oauth_string("nameless"),
        oauth_string("foreign")
    };

    alg = oauth_alg_lookup(word);

    if (alg) {
        c->policy.algorithms |= alg->bits;

    } else if (oauth_str_equal(word, oauth_str("at"))) {
        c->policy.access_only = 1;

    } else if (oauth_str_equal(word, oauth_str("raw"))) {
        c->raw = 1;

    } else if (trial_value(&word, oauth_str("leeway="))) {
        c->policy.leeway = fuzz_number(&word) % TRIAL_SECONDS;

    } else if (trial_value(&word, oauth_str("max="))) {
        c->policy.max_lifetime = fuzz_number(&word) % TRIAL_SECONDS;

    } else if (trial_value(&word, oauth_str("now="))) {
        c->now = fuzz_number(&word) % TRIAL_SECONDS;

    } else if (trial_value(&word, oauth_str("scope="))) {

        if (c->policy.nscope_claims < TRIAL_PATHS) {
            c->paths[c->policy.nscope_claims++] = word;
        }

    } else if (trial_value(&word, oauth_str("keys="))) {

        for (i = 0; i < TRIAL_SETS; i++) {
            if (oauth_str_equal(word, sets[i])) {
                c->set = (trial_set_t) i;
            }
        }

    } else if (trial_value(&word, oauth_str("sign="))) {
        trial_option_alg(word, c);

    } else if (trial_value(&word, oauth_str("flip="))) {
        c->flip = 1;
        c->flip_at = fuzz_number(&word);
    }
}


static int
trial_value(oauth_str_t *word, oauth_str_t name)
{
    if (!oauth_str_starts(*word, name)) {
        return 0;
    }

    word->data += name.len;
    word->len -= name.len;

    return 1;
}


static void
trial_option_alg(oauth_str_t name, trial_t *c)
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
trial_text(trial_t *c, oauth_str_t input)
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
        trial_flip(text, (size_t) c->flip_at);
    }

    return text;
}


void
trial_flip(oauth_str_t text, size_t bit)
{
    unsigned char  *bytes;

    bytes = (unsigned char *) text.data;
    bytes[bit / 8 % text.len] ^= (unsigned char) (1 << bit % 8);
}
