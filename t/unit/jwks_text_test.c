
/*
 * The text of a key set as the core writes it.  Parsed again, it verifies the
 * same tokens, and it contains nothing that this does not need.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_jwks.h"
#include "oauth_jwks_text.h"


/*
 * Keys of each type, with what may be unusual in them, and members that are not
 * used.
 */

static const struct {
    oauth_alg_id_t  id;
    const char     *more;
    int             usable;
} jwks_text_keys[] = {
    { OAUTH_ALG_RS256, "\"kid\":\"rsa\",\"use\":\"sig\"", 1 },
    { OAUTH_ALG_PS384, "\"kid\":\"pss\",\"alg\":\"PS384\"", 1 },
    { OAUTH_ALG_RS256, "\"kid\":\"enc\",\"use\":\"enc\"", 0 },
    { OAUTH_ALG_ES256, "\"kid\":\"ec\",\"x5c\":[\"certificate\"]", 1 },
    { OAUTH_ALG_ES384, "\"alg\":\"ES384\",\"key_ops\":[\"verify\"]", 1 },
    { OAUTH_ALG_ES512, "\"kid\":\"es-\\u00fc \\\"\\\\\\u0001\"", 1 },
    { OAUTH_ALG_EDDSA, "\"kid\":\"okp\",\"more\":{\"a\":[1,2]}", 1 },
    { OAUTH_ALG_EDDSA, "\"kid\":\"private\",\"d\":\"secret\"", 0 }
};

#define JWKS_TEXT_KEYS  (sizeof(jwks_text_keys) / sizeof(jwks_text_keys[0]))

static EVP_PKEY  *jwks_text_made[JWKS_TEXT_KEYS];


static int
jwks_text_setup(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < JWKS_TEXT_KEYS; i++) {
        jwks_text_made[i] = keys_for(jwks_text_keys[i].id);
    }

    return 0;
}


static int
jwks_text_teardown(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < JWKS_TEXT_KEYS; i++) {
        EVP_PKEY_free(jwks_text_made[i]);
    }

    return 0;
}


static oauth_jwks_t *
jwks_text_parse(oauth_str_t text)
{
    const char    *error;
    oauth_jwks_t  *set;

    error = NULL;
    set = oauth_jwks_parse(text, OAUTH_ALGS_ALL, &error);

    if (set == NULL) {
        fail_msg("no set: %s", error);
    }

    return set;
}


static oauth_jwks_t *
jwks_text_set(void)
{
    size_t         i;
    oauth_buf_t    buf;
    oauth_jwks_t  *set;

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < JWKS_TEXT_KEYS; i++) {
        oauth_buf_append_str(&buf, keys_str(i ? " , " : "{ \"keys\" : [ "));
        keys_append_jwk(&buf, jwks_text_made[i], jwks_text_keys[i].more);
    }

    oauth_buf_append_literal(&buf, " ], \"more\": true }");

    set = jwks_text_parse(oauth_buf_str(&buf));
    oauth_buf_free(&buf);

    return set;
}


static int
jwks_text_has(const oauth_jwks_t *set, const char *word)
{
    size_t  i, len;

    len = strlen(word);

    for (i = 0; i + len <= set->text.len; i++) {
        if (memcmp(set->text.data + i, word, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static void
jwks_text_again(void **state)
{
    size_t         i, k;
    oauth_str_t    input;
    oauth_buf_t    signature;
    oauth_jwks_t  *set, *again;

    (void) state;

    set = jwks_text_set();
    again = jwks_text_parse(oauth_buf_str(&set->text));

    assert_int_equal(again->nkeys, set->nkeys);
    assert_int_equal(again->nskipped, 0);
    assert_true(oauth_str_equal(oauth_buf_str(&again->text),
                                oauth_buf_str(&set->text)));

    input = oauth_str("header.payload");

    for (i = 0, k = 0; i < JWKS_TEXT_KEYS; i++) {

        if (!jwks_text_keys[i].usable) {
            continue;
        }

        assert_int_equal(again->keys[k].algorithms, set->keys[k].algorithms);
        assert_int_equal(again->keys[k].kid.data == NULL,
                         set->keys[k].kid.data == NULL);
        assert_true(again->keys[k].kid.data == NULL
                    || oauth_str_equal(again->keys[k].kid, set->keys[k].kid));

        memset(&signature, 0, sizeof(oauth_buf_t));
        keys_append_signature(&signature, jwks_text_made[i],
                              jwks_text_keys[i].id, input);

        assert_int_equal(oauth_key_verify(again->keys[k].key,
                                          oauth_alg_get(jwks_text_keys[i].id),
                                          input, oauth_buf_str(&signature)),
                         OAUTH_OK);

        oauth_buf_free(&signature);
        k++;
    }

    assert_int_equal(k, set->nkeys);

    oauth_jwks_free(again);
    oauth_jwks_free(set);
}


static void
jwks_text_used(void **state)
{
    size_t         i;
    oauth_jwks_t  *set;

    /* In quotes: a key's random base64url text may spell a short word. */

    static const char *const  absent[] = {
        "\"enc\"", "\"x5c\"", "\"certificate\"", "\"more\"", "\"private\"",
        "\"secret\"", "\"key_ops\"", "\"use\"", " \"", ": "
    };

    static const char *const  present[] = { "\"kid\":\"rsa\"", "PS384" };

    (void) state;

    set = jwks_text_set();

    for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_false(jwks_text_has(set, absent[i]));
    }

    for (i = 0; i < sizeof(present) / sizeof(present[0]); i++) {
        assert_true(jwks_text_has(set, present[i]));
    }

    oauth_jwks_free(set);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(jwks_text_again),
        cmocka_unit_test(jwks_text_used)
    };

    return cmocka_run_group_tests(tests, jwks_text_setup, jwks_text_teardown);
}
