
/*
 * Which public keys are accepted: RSA by size and exponent, points by curve,
 * range and order, just inside and just outside each limit.
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


static int
key_rsa_imports(size_t bits, unsigned last, oauth_str_t e)
{
    int             good;
    size_t          len;
    oauth_key_t    *key;
    unsigned char   n[2100];

    len = (bits + 7) / 8;
    memset(n, 0xa5, len);

    n[0] = (unsigned char) (1 << (bits + 7) % 8);
    n[len - 1] = (unsigned char) last;

    (void) oauth_key_create_rsa((oauth_str_t) { len, n }, e, &key);
    good = (key != NULL);

    oauth_key_free(key);
    assert_int_equal(ERR_peek_error(), 0);

    return good;
}


static void
key_rsa_import(void **state)
{
    size_t        i;
    oauth_str_t   f4;
    oauth_key_t  *key;

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
        assert_false(key_rsa_imports(few[i], 1, f4));
    }

    for (i = 0; i < sizeof(enough) / sizeof(size_t); i++) {
        assert_true(key_rsa_imports(enough[i], 1, f4));
        assert_false(key_rsa_imports(enough[i], 2, f4));
    }

    for (i = 0; i < sizeof(many) / sizeof(size_t); i++) {
        assert_false(key_rsa_imports(many[i], 1, f4));
    }

    for (i = 0; i < sizeof(good) / sizeof(oauth_str_t); i++) {
        assert_true(key_rsa_imports(2048, 1, good[i]));
    }

    for (i = 0; i < sizeof(bad) / sizeof(oauth_str_t); i++) {
        assert_false(key_rsa_imports(2048, 1, bad[i]));
    }

    assert_int_equal(oauth_key_create_rsa(oauth_str(""), f4, &key),
                     OAUTH_INVALID);
}


/* A zero byte that some programs put in front does not count for the size. */

static void
key_rsa_import_zero(void **state)
{
    oauth_str_t         n;
    oauth_buf_t         modulus, buf, good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_RS256);
    n = key_number(key_rsa, "n", 0, &modulus);
    key_sign(&good, alg);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append(&buf, "\0", 1);
    oauth_buf_append_str(&buf, n);

    (void) oauth_key_create_rsa(oauth_buf_str(&buf), oauth_str("\1\0\1"), &key);

    assert_non_null(key);
    key_assert_good(key, alg, oauth_buf_str(&good));

    oauth_key_free(key);
    oauth_buf_free(&buf);
    oauth_buf_free(&good);
    oauth_buf_free(&modulus);
}


static void
key_assert_no_point(const char *curve, oauth_str_t x, oauth_str_t y)
{
    oauth_key_t  *key;

    assert_int_equal(oauth_key_create_ec(keys_str(curve), x, y, &key),
                     OAUTH_INVALID);
    assert_null(key);
    assert_int_equal(ERR_peek_error(), 0);
}


static void
key_ec_import(void **state)
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

        x = key_number(key_private(alg), "qx", len, &xb);
        y = key_number(key_private(alg), "qy", len, &yb);

        (void) oauth_key_create_ec(alg->curve, x, y, &key);
        assert_non_null(key);
        assert_int_equal(oauth_key_algorithms(key), oauth_alg_bit(id));
        oauth_key_free(key);

        key_assert_no_point(curve, y, x);
        key_assert_no_point(curve, x, x);
        key_assert_no_point(curve, (oauth_str_t) { len, zeros.data },
                               (oauth_str_t) { len, zeros.data });
        key_assert_no_point(curve, x, (oauth_str_t) { 0, NULL });
        key_assert_no_point(curve, (oauth_str_t) { len - 1, x.data }, y);
        key_assert_no_point(curve, (oauth_str_t) { 0, NULL }, y);

        xb.data[len - 1] ^= 1;
        key_assert_no_point(curve, x, y);
        xb.data[len - 1] ^= 1;

        /*
         * More bytes than a coordinate of the curve has, and these are not
         * zero.
         */

        zeros.len = 0;
        oauth_buf_append_literal(&zeros, "\1");
        oauth_buf_append_str(&zeros, x);
        key_assert_no_point(curve, oauth_buf_str(&zeros), y);
        memset(zeros.data, 0, zeros.len);

        key_assert_no_point("", x, y);
        key_assert_no_point("p-256", x, y);
        key_assert_no_point("prime256v1", x, y);
        key_assert_no_point("secp256k1", x, y);
        key_assert_no_point("Ed25519", x, y);

        if (id != OAUTH_ALG_ES256) {
            key_assert_no_point("P-256", x, y);
        }

        oauth_buf_free(&xb);
        oauth_buf_free(&yb);
    }

    oauth_buf_free(&zeros);
}


/* The key verifies what its private half has signed. */

static void
key_assert_point(const oauth_alg_t *alg, EVP_PKEY *pkey, oauth_str_t x,
    oauth_str_t y)
{
    oauth_buf_t   good;
    oauth_key_t  *key;

    memset(&good, 0, sizeof(oauth_buf_t));
    keys_append_signature(&good, pkey, alg->id, key_input);

    (void) oauth_key_create_ec(alg->curve, x, y, &key);
    assert_non_null(key);
    key_assert_good(key, alg, oauth_buf_str(&good));

    oauth_key_free(key);
    oauth_buf_free(&good);
}


static oauth_str_t
key_strip(oauth_str_t s)
{
    while (s.len > 1 && s.data[0] == 0) {
        s.data++;
        s.len--;
    }

    return s;
}


/* Zero bytes in front of a number are missing, or there are too many. */

static void
key_ec_zeros(void **state)
{
    int                 id, stripped;
    size_t              len;
    EVP_PKEY           *pkey;
    oauth_str_t         x, y;
    oauth_buf_t         xb, yb, more;
    const oauth_alg_t  *alg;

    static const unsigned char  zeros[200];

    (void) state;

    for (id = OAUTH_ALG_ES256; id <= OAUTH_ALG_ES512; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        len = alg->coordinate;

        for (stripped = 0; stripped != 3; /* void */ ) {
            pkey = keys_ec((const char *) alg->curve.data);
            x = key_number(pkey, "qx", len, &xb);
            y = key_number(pkey, "qy", len, &yb);

            if (key_strip(x).len < len) {
                stripped |= 1;
                key_assert_point(alg, pkey, key_strip(x), y);
                key_assert_no_point((const char *) alg->curve.data, y,
                                       key_strip(x));
            }

            if (key_strip(y).len < len) {
                stripped |= 2;
                key_assert_point(alg, pkey, x, key_strip(y));
                key_assert_point(alg, pkey, key_strip(x),
                                    key_strip(y));
            }

            oauth_buf_free(&xb);
            oauth_buf_free(&yb);
            EVP_PKEY_free(pkey);
        }

        pkey = key_private(alg);
        x = key_number(pkey, "qx", len, &xb);
        y = key_number(pkey, "qy", len, &yb);

        memset(&more, 0, sizeof(oauth_buf_t));
        oauth_buf_append(&more, zeros, sizeof(zeros));
        oauth_buf_append_str(&more, x);

        key_assert_point(alg, pkey, oauth_buf_str(&more), y);
        key_assert_point(alg, pkey,
                            (oauth_str_t) { len + 1,
                                            more.data + sizeof(zeros) - 1 },
                            y);

        oauth_buf_free(&more);
        oauth_buf_free(&xb);
        oauth_buf_free(&yb);
    }
}


/* x + p is the same field element; P-521's 66 bytes have room for it. */

static void
key_ec_import_plus_p(void **state)
{
    BIGNUM             *p, *number;
    oauth_str_t         x, y;
    oauth_buf_t         xb, yb;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_ES512);
    x = key_number(key_private(alg), "qx", 66, &xb);
    y = key_number(key_private(alg), "qy", 66, &yb);

    (void) oauth_key_create_ec(alg->curve, x, y, &key);
    assert_non_null(key);
    oauth_key_free(key);

    p = keys_number(key_private(alg), "p");
    number = keys_number(key_private(alg), "qx");
    assert_int_equal(BN_add(number, number, p), 1);

    xb.len = 0;
    keys_append_number(&xb, number, 66);
    key_assert_no_point("P-521", oauth_buf_str(&xb), y);

    BN_free(number);
    BN_free(p);
    oauth_buf_free(&xb);
    oauth_buf_free(&yb);
}


static void
key_free_nothing(void **state)
{
    (void) state;

    oauth_key_free(NULL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(key_rsa_import),
        cmocka_unit_test(key_rsa_import_zero),
        cmocka_unit_test(key_ec_import),
        cmocka_unit_test(key_ec_import_plus_p),
        cmocka_unit_test(key_ec_zeros),
        cmocka_unit_test(key_free_nothing)
    };

    return cmocka_run_group_tests(tests, key_setup, key_teardown);
}
