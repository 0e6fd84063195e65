
/*
 * Elliptic curves: ECDSA and EdDSA signatures whose numbers are out of range
 * or in another form, and which points are taken as keys.
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

#include "crypto_fixture.h"
#include "keys.h"


/* r and s as numbers: the one at place 0 or 1 replaced. */

static void
crypto_assert_ecdsa(oauth_key_t *key, const oauth_alg_t *alg,
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
    crypto_assert_bad(key, alg, oauth_buf_str(&buf));

    oauth_buf_free(&buf);
}


static void
crypto_ecdsa_numbers(void **state)
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
        key = crypto_public(alg);
        n = keys_number(crypto_private(alg), "order");
        crypto_sign(&good, alg);

        for (place = 0; place < 2; place++) {
            BN_zero(number);
            crypto_assert_ecdsa(key, alg, &good, place, number);

            BN_one(number);
            crypto_assert_ecdsa(key, alg, &good, place, number);

            crypto_assert_ecdsa(key, alg, &good, place, n);

            assert_non_null(BN_copy(number, n));
            assert_int_equal(BN_sub_word(number, 1), 1);
            crypto_assert_ecdsa(key, alg, &good, place, number);

            assert_int_equal(BN_add_word(number, 2), 1);
            crypto_assert_ecdsa(key, alg, &good, place, number);
        }

        crypto_assert_good(key, alg, oauth_buf_str(&good));

        memset(&zeros, 0, sizeof(oauth_buf_t));
        BN_zero(number);
        keys_append_number(&zeros, number, good.len);
        crypto_assert_bad(key, alg, oauth_buf_str(&zeros));

        oauth_buf_free(&zeros);
        oauth_buf_free(&good);
        oauth_key_free(key);
        BN_free(n);
    }

    BN_free(number);
}


/* P-521's numbers have room for r + n and s + n in their 66 bytes. */

static void
crypto_ecdsa_plus_order(void **state)
{
    int                 place;
    BIGNUM             *n, *number;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_ES512);
    key = crypto_public(alg);
    n = keys_number(crypto_private(alg), "order");
    crypto_sign(&good, alg);

    for (place = 0; place < 2; place++) {
        number = BN_bin2bn(good.data + place * 66, 66, NULL);
        assert_non_null(number);
        assert_int_equal(BN_add(number, number, n), 1);

        crypto_assert_ecdsa(key, alg, &good, place, number);

        BN_free(number);
    }

    crypto_assert_good(key, alg, oauth_buf_str(&good));

    BN_free(n);
    oauth_buf_free(&good);
    oauth_key_free(key);
}


/* OpenSSL's own form of an ECDSA signature is not that of JWS. */

static void
crypto_ecdsa_der(void **state)
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
        key = crypto_public(alg);

        memset(der, 0, sizeof(der));
        len = sizeof(der);
        ctx = EVP_MD_CTX_new();

        assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, alg->digest, NULL,
                                               NULL, crypto_private(alg),
                                               NULL), 1);
        assert_int_equal(EVP_DigestSign(ctx, der, &len, crypto_input.data,
                                        crypto_input.len), 1);

        crypto_assert_bad(key, alg, (oauth_str_t) { len, der });
        crypto_assert_bad(key, alg,
                          (oauth_str_t) { 2 * alg->coordinate, der });

        EVP_MD_CTX_free(ctx);
        oauth_key_free(key);
    }
}


/* RFC 8032 section 5.1.7: S is below the group's order L. */

static void
crypto_eddsa_plus_order(void **state)
{
    unsigned            i, sum;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    static const unsigned char  order[32] = {
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
        0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10
    };

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_EDDSA);
    key = crypto_public(alg);
    crypto_sign(&good, alg);

    crypto_assert_good(key, alg, oauth_buf_str(&good));

    for (i = 0, sum = 0; i < 32; i++) {
        sum += good.data[32 + i] + order[i];
        good.data[32 + i] = (unsigned char) sum;
        sum >>= 8;
    }

    crypto_assert_bad(key, alg, oauth_buf_str(&good));

    /* R is the identity, S is 0: good for a key of small order only. */

    memset(good.data, 0, good.len);
    good.data[0] = 1;
    crypto_assert_bad(key, alg, oauth_buf_str(&good));

    oauth_buf_free(&good);
    oauth_key_free(key);
}


static void
crypto_assert_no_point(const char *curve, oauth_str_t x, oauth_str_t y)
{
    assert_null(oauth_key_create_ec(keys_str(curve), x, y));
    assert_int_equal(ERR_peek_error(), 0);
}


static void
crypto_ec_import(void **state)
{
    int                 id;
    size_t              len;
    oauth_str_t         x, y;
    oauth_buf_t         xb, yb, zeros;
    oauth_key_t        *key;
    const char         *curve;
    const oauth_alg_t  *alg;

    (void) state;

    memset(&zeros, 0, sizeof(oauth_buf_t));
    oauth_buf_append(&zeros, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 67);

    for (id = OAUTH_ALG_ES256; id <= OAUTH_ALG_ES512; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        curve = (const char *) alg->curve.data;
        len = alg->coordinate;

        x = crypto_number(crypto_private(alg), "qx", len, &xb);
        y = crypto_number(crypto_private(alg), "qy", len, &yb);

        key = oauth_key_create_ec(alg->curve, x, y);
        assert_non_null(key);
        assert_int_equal(oauth_key_algorithms(key), oauth_alg_bit(id));
        oauth_key_free(key);

        crypto_assert_no_point(curve, y, x);
        crypto_assert_no_point(curve, x, x);
        crypto_assert_no_point(curve, (oauth_str_t) { len, zeros.data },
                               (oauth_str_t) { len, zeros.data });
        crypto_assert_no_point(curve, x, (oauth_str_t) { 0, NULL });
        crypto_assert_no_point(curve, (oauth_str_t) { len - 1, x.data }, y);
        crypto_assert_no_point(curve, x,
                               (oauth_str_t) { len - 1, y.data + 1 });

        xb.data[len - 1] ^= 1;
        crypto_assert_no_point(curve, x, y);
        xb.data[len - 1] ^= 1;

        /* One zero more in front is the same number, but not that long. */

        zeros.len = 1;
        oauth_buf_append_str(&zeros, x);
        crypto_assert_no_point(curve, oauth_buf_str(&zeros), y);
        memset(zeros.data, 0, zeros.len);

        crypto_assert_no_point("", x, y);
        crypto_assert_no_point("p-256", x, y);
        crypto_assert_no_point("prime256v1", x, y);
        crypto_assert_no_point("secp256k1", x, y);
        crypto_assert_no_point("Ed25519", x, y);

        if (id != OAUTH_ALG_ES256) {
            crypto_assert_no_point("P-256", x, y);
        }

        oauth_buf_free(&xb);
        oauth_buf_free(&yb);
    }

    oauth_buf_free(&zeros);
}


/* x + p is the same field element; P-521's 66 bytes have room for it. */

static void
crypto_ec_import_plus_p(void **state)
{
    BIGNUM             *p, *number;
    oauth_str_t         x, y;
    oauth_buf_t         xb, yb;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_ES512);
    x = crypto_number(crypto_private(alg), "qx", 66, &xb);
    y = crypto_number(crypto_private(alg), "qy", 66, &yb);

    key = oauth_key_create_ec(alg->curve, x, y);
    assert_non_null(key);
    oauth_key_free(key);

    p = keys_number(crypto_private(alg), "p");
    number = keys_number(crypto_private(alg), "qx");
    assert_int_equal(BN_add(number, number, p), 1);

    xb.len = 0;
    keys_append_number(&xb, number, 66);
    crypto_assert_no_point("P-521", oauth_buf_str(&xb), y);

    BN_free(number);
    BN_free(p);
    oauth_buf_free(&xb);
    oauth_buf_free(&yb);
}


static int
crypto_ed25519_imports(const unsigned char *x, size_t len)
{
    int           good;
    oauth_key_t  *key;

    key = oauth_key_create_ed25519((oauth_str_t) { len, x });
    good = (key != NULL);

    oauth_key_free(key);
    assert_int_equal(ERR_peek_error(), 0);

    return good;
}


/*
 * The y of all points of small order, y above the field's prime, and y that no
 * point has; each with both signs.
 */

static void
crypto_ed25519_refused(void **state)
{
    size_t         i;
    unsigned char  x[32];

    static const unsigned char  points[][32] = {
        { 0x00 }, { 0x01 },
        { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
          0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
          0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
          0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f,
          0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
          0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6,
          0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },

        /* No point. */

        { 0x02 }, { 0x07 }, { 0x08 }, { 0x0b }, { 0x11 }
    };

    (void) state;

    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        memcpy(x, points[i], 32);
        assert_false(crypto_ed25519_imports(x, 32));

        x[31] |= 0x80;
        assert_false(crypto_ed25519_imports(x, 32));
    }

    /* p, p + 1, ... 2^255 - 1: 3, 4, 5, 6 are the y of points, p + 3 not. */

    memset(x, 0xff, 32);

    for (i = 0xed; i <= 0xff; i++) {
        x[0] = (unsigned char) i;
        x[31] = 0x7f;
        assert_false(crypto_ed25519_imports(x, 32));

        x[31] = 0xff;
        assert_false(crypto_ed25519_imports(x, 32));
    }
}


static void
crypto_ed25519_import(void **state)
{
    size_t         i, len;
    EVP_PKEY      *pkey;
    oauth_key_t   *key;
    unsigned char  x[33];

    static const unsigned char  ys[] = { 3, 4, 5, 6, 9, 10, 14, 15, 16 };

    (void) state;

    for (i = 0; i < sizeof(ys); i++) {
        memset(x, 0, sizeof(x));
        x[0] = ys[i];
        assert_true(crypto_ed25519_imports(x, 32));

        x[31] = 0x80;
        assert_true(crypto_ed25519_imports(x, 32));
    }

    for (i = 0; i < 40; i++) {
        pkey = keys_ed25519();
        len = 32;
        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, x, &len), 1);
        EVP_PKEY_free(pkey);

        assert_true(crypto_ed25519_imports(x, 32));
        assert_false(crypto_ed25519_imports(x, 31));
        assert_false(crypto_ed25519_imports(x, 33));
        assert_false(crypto_ed25519_imports(x, 0));
    }

    key = oauth_key_create_ed25519((oauth_str_t) { 32, x });
    assert_non_null(key);
    assert_int_equal(oauth_key_algorithms(key),
                     oauth_alg_bit(OAUTH_ALG_EDDSA)
                     | oauth_alg_bit(OAUTH_ALG_ED25519));
    oauth_key_free(key);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(crypto_ecdsa_numbers),
        cmocka_unit_test(crypto_ecdsa_plus_order),
        cmocka_unit_test(crypto_ecdsa_der),
        cmocka_unit_test(crypto_eddsa_plus_order),
        cmocka_unit_test(crypto_ec_import),
        cmocka_unit_test(crypto_ec_import_plus_p),
        cmocka_unit_test(crypto_ed25519_refused),
        cmocka_unit_test(crypto_ed25519_import)
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
