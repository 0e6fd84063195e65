
/*
 * Elliptic curves: ECDSA and EdDSA signatures whose numbers are out of range
 * or in another form.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/err.h>

#include "key_fixture.h"
#include "keys.h"


/* r and s as numbers: the one at place 0 or 1 replaced. */

static void
key_assert_ecdsa(oauth_key_t *key, const oauth_alg_t *alg,
    const oauth_buf_t *good, int place, const BIGNUM *number)
{
    size_t       half;
    oauth_buf_t  buf;

    half = good->len / 2;
    memset(&buf, 0, sizeof(oauth_buf_t));

    if (place == 1) {
        oauth_buf_append(&buf, good->data, half);
    }

    keys_append_number(&buf, number, half);

    if (place == 0) {
        oauth_buf_append(&buf, good->data + half, half);
    }

    assert_int_equal(buf.len, good->len);
    key_assert_bad(key, alg, oauth_buf_str(&buf));

    oauth_buf_free(&buf);
}


static void
key_ecdsa_numbers(void **state)
{
    int                 id, place;
    BIGNUM             *n, *number;
    oauth_buf_t         good, zeros;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    number = BN_new();
    assert_non_null(number);

    for (id = OAUTH_ALG_ES256; id <= OAUTH_ALG_ES512; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        n = keys_number(key_private(alg), "order");
        key_sign(&good, alg);

        for (place = 0; place < 2; place++) {
            BN_zero(number);
            key_assert_ecdsa(key, alg, &good, place, number);

            BN_one(number);
            key_assert_ecdsa(key, alg, &good, place, number);

            key_assert_ecdsa(key, alg, &good, place, n);

            assert_non_null(BN_copy(number, n));
            assert_int_equal(BN_sub_word(number, 1), 1);
            key_assert_ecdsa(key, alg, &good, place, number);

            assert_int_equal(BN_add_word(number, 2), 1);
            key_assert_ecdsa(key, alg, &good, place, number);
        }

        key_assert_good(key, alg, oauth_buf_str(&good));

        memset(&zeros, 0, sizeof(oauth_buf_t));
        BN_zero(number);
        keys_append_number(&zeros, number, good.len);
        key_assert_bad(key, alg, oauth_buf_str(&zeros));

        oauth_buf_free(&zeros);
        oauth_buf_free(&good);
        oauth_key_free(key);
        BN_free(n);
    }

    BN_free(number);
}


/* P-521's numbers have room for r + n and s + n in their 66 bytes. */

static void
key_ecdsa_plus_order(void **state)
{
    int                 place;
    BIGNUM             *n, *number;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_ES512);
    key = key_public(alg);
    n = keys_number(key_private(alg), "order");
    key_sign(&good, alg);

    for (place = 0; place < 2; place++) {
        number = BN_bin2bn(good.data + place * 66, 66, NULL);
        assert_non_null(number);
        assert_int_equal(BN_add(number, number, n), 1);

        key_assert_ecdsa(key, alg, &good, place, number);

        BN_free(number);
    }

    key_assert_good(key, alg, oauth_buf_str(&good));

    BN_free(n);
    oauth_buf_free(&good);
    oauth_key_free(key);
}


/*
 * The form in which OpenSSL writes an ECDSA signature is not the form of JWS.
 */

static void
key_ecdsa_der(void **state)
{
    int                 id;
    size_t              len;
    oauth_key_t        *key;
    EVP_MD_CTX         *ctx;
    unsigned char       der[200];
    const oauth_alg_t  *alg;

    (void) state;

    for (id = OAUTH_ALG_ES256; id <= OAUTH_ALG_ES512; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);

        memset(der, 0, sizeof(der));
        len = sizeof(der);
        ctx = EVP_MD_CTX_new();

        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, alg->digest, NULL,
                                               NULL, key_private(alg),
                                               NULL), 1);
        assert_int_equal(EVP_DigestSign(ctx, der, &len, key_input.data,
                                        key_input.len), 1);

        key_assert_bad(key, alg, (oauth_str_t) { len, der });
        key_assert_bad(key, alg,
                          (oauth_str_t) { 2 * alg->coordinate, der });

        EVP_MD_CTX_free(ctx);
        oauth_key_free(key);
    }
}


/* RFC 8032 sections 5.1.7 and 5.2.7: S is below the group's order L. */

static void
key_eddsa_plus_order(void **state)
{
    int                 id;
    size_t              i, len;
    unsigned            sum;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    static const unsigned char  orders[2][57] = {
        { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
          0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
          [31] = 0x10 },
        { 0xf3, 0x44, 0x58, 0xab, 0x92, 0xc2, 0x78, 0x23,
          0x55, 0x8f, 0xc5, 0x8d, 0x72, 0xc2, 0x6c, 0x21,
          0x90, 0x36, 0xd6, 0xae, 0x49, 0xdb, 0x4e, 0xc4,
          0xe9, 0x23, 0xca, 0x7c, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f, 0 }
    };

    (void) state;

    for (id = OAUTH_ALG_ED25519; id <= OAUTH_ALG_ED448; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        len = alg->coordinate;
        key = key_public(alg);
        key_sign(&good, alg);

        key_assert_good(key, alg, oauth_buf_str(&good));

        for (i = 0, sum = 0; i < len; i++) {
            sum += good.data[len + i] + orders[id - OAUTH_ALG_ED25519][i];
            good.data[len + i] = (unsigned char) sum;
            sum >>= 8;
        }

        key_assert_bad(key, alg, oauth_buf_str(&good));

        /*
         * R is the identity and S is 0: such a signature fits only a key of
         * small order.
         */

        memset(good.data, 0, good.len);
        good.data[0] = 1;
        key_assert_bad(key, alg, oauth_buf_str(&good));

        oauth_buf_free(&good);
        oauth_key_free(key);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(key_ecdsa_numbers),
        cmocka_unit_test(key_ecdsa_plus_order),
        cmocka_unit_test(key_ecdsa_der),
        cmocka_unit_test(key_eddsa_plus_order)
    };

    return cmocka_run_group_tests(tests, key_setup, key_teardown);
}
