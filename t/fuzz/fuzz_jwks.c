
/*
 * A key set.  Input: the document, in which $rsa, $p256, $p384, $p521, $okp and
 * $ed448 stand for the members of keys that can sign.  The set must have the
 * keys that are found one by one.  Which key is tried, and what it may verify,
 * is compared with a plain walk over the set.
 */


#include <string.h>

#include "fuzz.h"
#include "oauth_jwks.h"
#include "signer.h"


/* The most members that all objects may have for the core to read them. */

#define FUZZ_MEMBERS  (16 * OAUTH_JWKS_MEMBERS)


static void fuzz_parse(oauth_str_t text);
static size_t fuzz_usable(const json_t *keys, const oauth_jwks_t *set);
static void fuzz_same(const oauth_jwk_t *a, const oauth_jwk_t *b);
static void fuzz_skipped(const oauth_jwks_t *set, size_t nkeys);
static void fuzz_verify(const oauth_jwks_t *set, oauth_str_t kid,
    oauth_alg_id_t id);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_buf_t  text;
    oauth_str_t  input;

    signer_setup();

    input.data = data;
    input.len = size;

    memset(&text, 0, sizeof(oauth_buf_t));
    signer_expand(&text, input);

    input = fuzz_copy(oauth_buf_str(&text));
    fuzz_parse(input);

    fuzz_free(input);
    oauth_buf_free(&text);

    return 0;
}


static void
fuzz_parse(oauth_str_t text)
{
    int            id;
    json_t        *root, *keys;
    size_t         usable;
    const char    *error;
    oauth_jwks_t  *set;

    error = NULL;
    set = oauth_jwks_parse(text, OAUTH_ALGS_ALL, &error);
    fuzz_need_clean();

    (void) oauth_document_parse_nul(text, FUZZ_MEMBERS, &root);
    keys = json_object_get(root, "keys");
    usable = fuzz_usable(keys, set);

    if (set == NULL) {
        fuzz_need(error && *error);
        fuzz_need(usable == 0);
        json_decref(root);
        return;
    }

    fuzz_accepted = 1;

    fuzz_need(usable == set->nkeys && usable > 0);
    fuzz_skipped(set, json_array_size(keys));

    for (id = 0; id < OAUTH_ALGS; id++) {
        fuzz_verify(set, (oauth_str_t) { 0, NULL }, (oauth_alg_id_t) id);
        fuzz_verify(set, set->keys[0].kid, (oauth_alg_id_t) id);
        fuzz_verify(set, set->keys[usable - 1].kid, (oauth_alg_id_t) id);
        fuzz_verify(set, oauth_str("nobody's"), (oauth_alg_id_t) id);
    }

    oauth_jwks_free(set);
    json_decref(root);
}


/* The keys, parsed one by one, must be those of the set, in the same order. */

static size_t
fuzz_usable(const json_t *keys, const oauth_jwks_t *set)
{
    size_t        i, n, unsound;
    json_t       *value;
    const char   *why;
    oauth_jwk_t   jwk;

    if (json_array_size(keys) > OAUTH_JWKS_MEMBERS) {
        return 0;
    }

    n = 0;
    unsound = 0;

    json_array_foreach(keys, i, value) {

        if (n == OAUTH_JWKS_KEYS
            || (n > 0 && unsound >= OAUTH_JWKS_UNSOUND))
        {
            break;
        }

        if (oauth_jwk_parse(value, OAUTH_ALGS_ALL, &jwk, &why) != OAUTH_DONE) {
            unsound += jwk.unsound;
            continue;
        }

        if (set) {
            fuzz_need(n < set->nkeys);
            fuzz_same(&set->keys[n], &jwk);
        }

        oauth_jwk_free(&jwk);
        n++;
    }

    return n;
}


static void
fuzz_same(const oauth_jwk_t *a, const oauth_jwk_t *b)
{
    fuzz_need(a->algorithms == b->algorithms);
    fuzz_need((a->kid.data == NULL) == (b->kid.data == NULL));
    fuzz_need(oauth_str_equal(a->kid, b->kid));
}


static void
fuzz_skipped(const oauth_jwks_t *set, size_t nkeys)
{
    size_t  i;

    fuzz_need(set->nkeys + set->nskipped == nkeys);

    for (i = 0; i < set->nskipped && i < OAUTH_JWKS_SKIPPED; i++) {
        fuzz_need(set->skipped[i].why && *set->skipped[i].why);
        fuzz_need(set->skipped[i].index < nkeys);
        fuzz_need(i == 0 || set->skipped[i].index > set->skipped[i - 1].index);
    }
}


static void
fuzz_verify(const oauth_jwks_t *set, oauth_str_t kid, oauth_alg_id_t id)
{
    size_t              i, named, fitting, nameless;
    oauth_reason_t      reason;
    const oauth_jwk_t  *jwk;
    const oauth_alg_t  *alg;

    alg = oauth_alg_get(id);
    named = 0;
    fitting = 0;
    nameless = 0;

    for (i = 0; i < set->nkeys; i++) {

        jwk = &set->keys[i];

        if (kid.data == NULL
            || (jwk->kid.data && oauth_str_equal(jwk->kid, kid)))
        {
            named++;
            fitting += ((jwk->algorithms & alg->bits) != 0);

        } else if (jwk->kid.data == NULL) {
            nameless += ((jwk->algorithms & alg->bits) != 0);
        }
    }

    reason = oauth_jwks_verify(set, kid, alg, OAUTH_ALGS_ALL, signer_input,
                               signer_signature(id));
    fuzz_need_clean();

    if (fitting > 0) {
        fuzz_need(reason == OAUTH_OK || reason == OAUTH_BAD_SIGNATURE);

    } else if (named == 0 && nameless > 0) {
        fuzz_need(reason == OAUTH_OK || reason == OAUTH_UNKNOWN_KEY);

    } else {
        fuzz_need(reason == ((kid.data && named) ? OAUTH_KEY_MISMATCH
                                                 : OAUTH_UNKNOWN_KEY));
    }
}
