
/*
 * Signatures with every algorithm and a new key.  Next to each good one stand
 * those that must be refused with any algorithm: with other bits, lengths,
 * algorithms and keys.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "key_fixture.h"
#include "keys.h"


static void
key_verifies(void **state)
{
    int                 id;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        key_sign(&good, alg);

        key_assert_good(key, alg, oauth_buf_str(&good));
        key_assert(key, alg, oauth_str("other input"),
                      oauth_buf_str(&good), OAUTH_BAD_SIGNATURE);
        key_assert(key, alg, oauth_str(""), oauth_buf_str(&good),
                      OAUTH_BAD_SIGNATURE);
        key_assert_good(key, alg, oauth_buf_str(&good));

        oauth_buf_free(&good);
        oauth_key_free(key);
    }
}


/* After a bad signature, the same context still accepts a good one. */

static void
key_reuse(void **state)
{
    int                 id, i;
    oauth_buf_t         good, bad;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        key_sign(&good, alg);

        memset(&bad, 0, sizeof(oauth_buf_t));
        oauth_buf_append_str(&bad, oauth_buf_str(&good));
        bad.data[bad.len - 1] ^= 1;

        for (i = 0; i < 3; i++) {
            key_assert_bad(key, alg, oauth_buf_str(&bad));
            key_assert_good(key, alg, oauth_buf_str(&good));
        }

        oauth_buf_free(&bad);
        oauth_buf_free(&good);
        oauth_key_free(key);
    }
}


static void
key_flipped_bits(void **state)
{
    int                 id;
    size_t              i;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        key_sign(&good, alg);

        for (i = 0; i < good.len; i += 1 + good.len / 16) {
            good.data[i] ^= (unsigned char) (1 << (i % 8));
            key_assert_bad(key, alg, oauth_buf_str(&good));
            good.data[i] ^= (unsigned char) (1 << (i % 8));
        }

        key_assert_good(key, alg, oauth_buf_str(&good));

        oauth_buf_free(&good);
        oauth_key_free(key);
    }
}


static void
key_wrong_length(void **state)
{
    int                 id;
    size_t              len;
    oauth_buf_t         buf;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        key_sign(&buf, alg);
        len = buf.len;

        key_assert_good(key, alg, (oauth_str_t) { len, buf.data });
        key_assert_bad(key, alg, (oauth_str_t) { 0, NULL });
        key_assert_bad(key, alg, (oauth_str_t) { 1, buf.data });
        key_assert_bad(key, alg, (oauth_str_t) { len - 1, buf.data });
        key_assert_bad(key, alg, (oauth_str_t) { len - 1, buf.data + 1 });

        oauth_buf_append(&buf, "\0", 1);
        key_assert_bad(key, alg, (oauth_str_t) { len + 1, buf.data });

        buf.len = len;
        oauth_buf_append(&buf, "\xff", 1);
        key_assert_bad(key, alg, (oauth_str_t) { len + 1, buf.data });

        /* The signature twice, and with a zero byte in front. */

        buf.len = 0;
        oauth_buf_append(&buf, "\0", 1);
        keys_append_signature(&buf, key_private(alg), alg->id,
                              key_input);
        key_assert_good(key, alg, (oauth_str_t) { len, buf.data + 1 });
        key_assert_bad(key, alg, oauth_buf_str(&buf));

        keys_append_signature(&buf, key_private(alg), alg->id,
                              key_input);
        key_assert_bad(key, alg, (oauth_str_t) { 2 * len, buf.data + 1 });

        memset(buf.data, 0, buf.len);
        key_assert_bad(key, alg, (oauth_str_t) { len, buf.data });

        oauth_buf_free(&buf);
        oauth_key_free(key);
    }
}


/* A signature is good for its own algorithm, and EdDSA for its key's curve. */

static void
key_other_algorithm(void **state)
{
    int                 id, other;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg, *wrong;

    (void) state;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        key_sign(&good, alg);

        for (other = 0; other < OAUTH_ALGS; other++) {
            wrong = oauth_alg_get((oauth_alg_id_t) other);

            key_assert(key, wrong, key_input, oauth_buf_str(&good),
                          (wrong->bits & oauth_key_algorithms(key)
                           & alg->bits)
                              ? OAUTH_OK : OAUTH_BAD_SIGNATURE);
        }

        oauth_buf_free(&good);
        oauth_key_free(key);
    }
}


static void
key_other_key(void **state)
{
    int                 id;
    EVP_PKEY           *pkey;
    oauth_buf_t         foreign;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = OAUTH_ALG_ES256; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        pkey = keys_for(alg->id);

        memset(&foreign, 0, sizeof(oauth_buf_t));
        keys_append_signature(&foreign, pkey, alg->id, key_input);

        key_assert_bad(key, alg, oauth_buf_str(&foreign));

        oauth_buf_free(&foreign);
        EVP_PKEY_free(pkey);
        oauth_key_free(key);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(key_verifies),
        cmocka_unit_test(key_reuse),
        cmocka_unit_test(key_flipped_bits),
        cmocka_unit_test(key_wrong_length),
        cmocka_unit_test(key_other_algorithm),
        cmocka_unit_test(key_other_key)
    };

    return cmocka_run_group_tests(tests, key_setup, key_teardown);
}
