
/*
 * Which public keys are taken: RSA by size and exponent, points by curve,
 * range and order, at both sides of each edge.
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


static int
crypto_rsa_imports(size_t bits, unsigned last, oauth_str_t e)
{
    int             good;
    size_t          len;
    oauth_key_t    *key;
    unsigned char   n[2100];

    len = (bits + 7) / 8;
    memset(n, 0xa5, len);

    n[0] = (unsigned char) (1 << (bits + 7) % 8);
    n[len - 1] = (unsigned char) last;

    key = oauth_key_create_rsa((oauth_str_t) { len, n }, e);
    good = (key != NULL);

    oauth_key_free(key);
    assert_int_equal(ERR_peek_error(), 0);

    return good;
}


static void
crypto_rsa_import(void **state)
{
    size_t       i;
    oauth_str_t  f4;

    static const size_t  few[] = { 8, 512, 768, 1024, 1536, 2040, 2047 };
    static const size_t  enough[] = { 2048, 2049, 3072, 4096, 8191, 8192 };
    static const size_t  many[] = { 8193, 8200, 16384 };

    static const oauth_str_t  good[] = {
        oauth_string("\x03"), oauth_string("\x11"), oauth_string("\1\0\1"),
        oauth_string("\0\1\0\1"), oauth_string("\xff\xff\xff\xff")
    };

    static const oauth_str_t  bad[] = {
        oauth_string(""), oauth_string("\0"), oauth_string("\1"),
        oauth_string("\2"), oauth_string("\4"), oauth_string("\1\0\0"),
        oauth_string("\1\0\0\0\1"), oauth_string("\1\0\0\0\0\0\0\0\1")
    };

    (void) state;

    f4 = oauth_str("\1\0\1");

    for (i = 0; i < sizeof(few) / sizeof(size_t); i++) {
        assert_false(crypto_rsa_imports(few[i], 1, f4));
    }

    for (i = 0; i < sizeof(enough) / sizeof(size_t); i++) {
        assert_true(crypto_rsa_imports(enough[i], 1, f4));
        assert_false(crypto_rsa_imports(enough[i], 2, f4));
    }

    for (i = 0; i < sizeof(many) / sizeof(size_t); i++) {
        assert_false(crypto_rsa_imports(many[i], 1, f4));
    }

    for (i = 0; i < sizeof(good) / sizeof(oauth_str_t); i++) {
        assert_true(crypto_rsa_imports(2048, 1, good[i]));
    }

    for (i = 0; i < sizeof(bad) / sizeof(oauth_str_t); i++) {
        assert_false(crypto_rsa_imports(2048, 1, bad[i]));
    }

    assert_null(oauth_key_create_rsa(oauth_str(""), f4));
}


/* The zero byte that some put in front does not count as length. */

static void
crypto_rsa_import_zero(void **state)
{
    oauth_str_t         n;
    oauth_buf_t         modulus, buf, good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_RS256);
    n = crypto_number(crypto_rsa, "n", 0, &modulus);
    crypto_sign(&good, alg);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append(&buf, "\0", 1);
    oauth_buf_append_str(&buf, n);

    key = oauth_key_create_rsa(oauth_buf_str(&buf), oauth_str("\1\0\1"));

    assert_non_null(key);
    crypto_assert_good(key, alg, oauth_buf_str(&good));

    oauth_key_free(key);
    oauth_buf_free(&buf);
    oauth_buf_free(&good);
    oauth_buf_free(&modulus);
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


static void
crypto_free_and_wipe(void **state)
{
    unsigned char  bytes[40];

    (void) state;

    oauth_key_free(NULL);

    memset(bytes, 'x', sizeof(bytes));
    oauth_wipe(bytes, 39);
    oauth_wipe(NULL, 0);

    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[38], 0);
    assert_int_equal(bytes[39], 'x');
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(crypto_rsa_import),
        cmocka_unit_test(crypto_rsa_import_zero),
        cmocka_unit_test(crypto_ec_import),
        cmocka_unit_test(crypto_ec_import_plus_p),
        cmocka_unit_test(crypto_ed25519_refused),
        cmocka_unit_test(crypto_ed25519_import),
        cmocka_unit_test(crypto_free_and_wipe)
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
