
/*
 * Every wrong form of a signature with every algorithm that has the form, once
 * with the bare key and once inside a token that is good otherwise.  Each must
 * be refused, and the good signature by the same key over the same input
 * accepted.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>

#include "forge.h"
#include "keys.h"
#include "token_fixture.h"


#define FORGE_TRIES  10000


/*
 * The keys of the token tests, except for an RSA key that has room for s + n.
 */

static int
forge_setup(void **state)
{
    assert_int_equal(token_setup(state), 0);

    EVP_PKEY_free(token_keys[TOKEN_RSA]);
    oauth_jwks_free(token_set);

    token_keys[TOKEN_RSA] = keys_rsa(FORGE_RSA_BITS);
    token_set = token_make_set(0, TOKEN_KEYS, token_kids);

    return 0;
}


/*
 * Makes other headers and payloads until the signature is suitable for the
 * form.
 */

static void
forge_input(const forge_form_t *form, const oauth_alg_t *alg,
    oauth_buf_t *input, oauth_buf_t *signature)
{
    int     i;
    char    header[64], payload[256];
    size_t  key;

    key = token_key_of(alg->id);

    snprintf(header, sizeof(header), "{\"alg\":\"%s\",%s}",
             (const char *) alg->name.data, token_kids[key]);

    for (i = 0; i < FORGE_TRIES; i++) {
        snprintf(payload, sizeof(payload), "{" PAYLOAD ",\"jti\":\"%d\"}", i);

        memset(input, 0, sizeof(oauth_buf_t));
        keys_append_input(input, keys_str(header), keys_str(payload));

        if (forge_sign(form, token_keys[key], alg, oauth_buf_str(input),
                       signature))
        {
            return;
        }

        oauth_buf_free(input);
    }

    fail_msg("%s, %s: cannot be made", (const char *) alg->name.data,
             form->name);
}


static oauth_reason_t
forge_token_reason(oauth_str_t input, oauth_str_t signature)
{
    oauth_buf_t     text;
    oauth_reason_t  reason;

    memset(&text, 0, sizeof(oauth_buf_t));

    oauth_buf_append_str(&text, input);
    oauth_buf_append_literal(&text, ".");
    keys_append_base64url(&text, signature);

    reason = token_reason_of(oauth_buf_str(&text), &token_policy, token_set);
    oauth_buf_free(&text);

    return reason;
}


/*
 * One form: with the bare key, inside a token, and the good signature as a
 * control.
 */

static void
forge_form(const forge_form_t *form, const oauth_alg_t *alg)
{
    size_t          place;
    oauth_buf_t     input, signature, good;
    oauth_key_t    *key;
    oauth_reason_t  expected, reason, verdict;

    place = token_key_of(alg->id);
    key = token_set->keys[place].key;
    expected = form->good ? OAUTH_OK : OAUTH_BAD_SIGNATURE;

    forge_input(form, alg, &input, &signature);

    reason = oauth_key_verify(key, alg, oauth_buf_str(&input),
                              oauth_buf_str(&signature));
    assert_int_equal(ERR_peek_error(), 0);

    verdict = forge_token_reason(oauth_buf_str(&input),
                                 oauth_buf_str(&signature));

    if (reason != expected || verdict != expected) {
        fail_msg("%s, %s: key %d, token %d",
                 (const char *) alg->name.data, form->name, reason, verdict);
    }

    memset(&good, 0, sizeof(oauth_buf_t));
    keys_append_signature(&good, token_keys[place], alg->id,
                          oauth_buf_str(&input));

    assert_int_equal(oauth_key_verify(key, alg, oauth_buf_str(&input),
                                      oauth_buf_str(&good)), OAUTH_OK);
    assert_int_equal(forge_token_reason(oauth_buf_str(&input),
                                        oauth_buf_str(&good)), OAUTH_OK);

    oauth_buf_free(&good);
    oauth_buf_free(&signature);
    oauth_buf_free(&input);
}


/* Every form with every algorithm that has it, see forge_turn. */

static void
forge_every_form(void **state)
{
    int                 id, n;
    size_t              i;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);

        for (i = 0, n = 0; i < forge_nforms; i++) {
            if (!forge_fits(&forge_forms[i], alg)) {
                continue;
            }

            n++;

            if (forge_turn(i, alg)) {
                forge_form(&forge_forms[i], alg);
            }
        }

        assert_true(n > 20);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(forge_every_form)
    };

    return cmocka_run_group_tests(tests, forge_setup, token_teardown);
}
