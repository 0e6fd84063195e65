
/*
 * Edwards curves: which points are accepted as a key, and the vectors of RFC
 * 8032 sections 7.1 and 7.4.
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

#include "key_fixture.h"
#include "oauth_point.h"
#include "keys.h"


typedef struct {
    const char  *curve;
    const char  *key;
    const char  *message;
    const char  *signature;
} key_vector_t;


static const key_vector_t  key_vectors[] = {
    { "Ed25519",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707"
      "511a",
      "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e0652249"
      "01555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465514143"
      "8e7a100b" },

    { "Ed25519",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb91154890"
      "8025",
      "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5a"
      "c3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027bece"
      "ea1ec40a" },

    { "Ed448",
      "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e9"
      "6778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
      "",
      "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a"
      "591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d20"
      "28d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda85"
      "30a113a0f4dbb61149f05a7363268c71d95808ff2e652600" },

    { "Ed448",
      "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798"
      "c0866aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
      "03",
      "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810"
      "f4352541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e0dbc"
      "c0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e7"
      "99f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00" },

    { "Ed448",
      "dcea9e78f35a1bf3499a831b10b86c90aac01cd84b67a0109b55a36e9328"
      "b1e365fce161d71ce7131a543ea4cb5f7e9f1d8b00696447001400",
      "0c3e544074ec63b0265e0c",
      "1f0a8888ce25e8d458a21130879b840a9089d999aaba039eaf3e3afa090a"
      "09d389dba82c4ff2ae8ac5cdfb7c55e94d5d961a29fe0109941e00b8dbde"
      "ea6d3b051068df7254c0cdc129cbe62db2dc957dbb47b51fd3f213fb8698"
      "f064774250a5028961c9bf8ffd973fe5d5c206492b140e00" }
};


static oauth_str_t
key_hex(const char *text, unsigned char *bytes)
{
    size_t    i;
    unsigned  byte;

    for (i = 0; text[2 * i]; i++) {
        assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
        bytes[i] = (unsigned char) byte;
    }

    return (oauth_str_t) { i, bytes };
}


static void
key_rfc_8032(void **state)
{
    size_t              i, k;
    oauth_str_t         x, message, signature;
    oauth_key_t        *key;
    unsigned char       raw[57], input[16], bytes[114];
    const oauth_alg_t  *alg, *eddsa;

    (void) state;

    eddsa = oauth_alg_get(OAUTH_ALG_EDDSA);

    for (i = 0; i < sizeof(key_vectors) / sizeof(key_vector_t); i++) {
        alg = oauth_alg_lookup(keys_str(key_vectors[i].curve));
        x = key_hex(key_vectors[i].key, raw);
        message = key_hex(key_vectors[i].message, input);
        signature = key_hex(key_vectors[i].signature, bytes);

        assert_int_equal(signature.len, 2 * alg->coordinate);

        (void) oauth_key_create_okp(alg->curve, x, &key);
        assert_non_null(key);
        assert_int_equal(oauth_key_algorithms(key), alg->bits);

        key_assert(key, alg, message, signature, OAUTH_OK);
        key_assert(key, eddsa, message, signature, OAUTH_OK);
        key_assert(key, oauth_alg_get(alg->id == OAUTH_ALG_ED448
                                             ? OAUTH_ALG_ED25519
                                             : OAUTH_ALG_ED448),
                      message, signature, OAUTH_BAD_SIGNATURE);

        for (k = 0; k < signature.len; k++) {
            bytes[k] ^= 1;
            key_assert(key, alg, message, signature, OAUTH_BAD_SIGNATURE);
            bytes[k] ^= 1;
        }

        oauth_key_free(key);
    }
}


static int
key_ed25519_imports(const unsigned char *x, size_t len)
{
    int           good;
    oauth_key_t  *key;

    (void) oauth_key_create_okp(oauth_str("Ed25519"),
                                (oauth_str_t) { len, x }, &key);
    good = (key != NULL);

    oauth_key_free(key);
    assert_int_equal(ERR_peek_error(), 0);

    return good;
}


/*
 * The y of all points of small order, values of y at or above the prime of the
 * field, and values of y that no point has; each with both signs.
 */

static void
key_ed25519_refused(void **state)
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
        assert_false(key_ed25519_imports(x, 32));

        x[31] |= 0x80;
        assert_false(key_ed25519_imports(x, 32));
    }

    /*
     * From p to 2^255 - 1.  Each of 3, 4, 5 and 6 is the y of a point, p + 3 is
     * not one.
     */

    memset(x, 0xff, 32);

    for (i = 0xed; i <= 0xff; i++) {
        x[0] = (unsigned char) i;
        x[31] = 0x7f;
        assert_false(key_ed25519_imports(x, 32));

        x[31] = 0xff;
        assert_false(key_ed25519_imports(x, 32));
    }
}


/* A point of small order is known with either sign, and by all of its bytes. */

static void
key_small_order(void **state)
{
    size_t              i, k;
    unsigned char       x[57];
    const oauth_alg_t  *alg;

    static const struct {
        oauth_alg_id_t  id;
        unsigned char   first;
        unsigned char   between;
        unsigned char   middle;
        unsigned char   last;
    } points[] = {
        { OAUTH_ALG_ED25519, 0x00, 0x00, 0x00, 0x00 },
        { OAUTH_ALG_ED25519, 0x01, 0x00, 0x00, 0x00 },
        { OAUTH_ALG_ED25519, 0xec, 0xff, 0xff, 0x7f },
        { OAUTH_ALG_ED448, 0x00, 0x00, 0x00, 0x00 },
        { OAUTH_ALG_ED448, 0x01, 0x00, 0x00, 0x00 },
        { OAUTH_ALG_ED448, 0xfe, 0xff, 0xfe, 0x00 }
    };

    (void) state;

    for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {

        alg = oauth_alg_get(points[i].id);

        memset(x, points[i].between, sizeof(x));
        x[0] = points[i].first;
        x[28] = points[i].middle;
        x[alg->coordinate - 1] = points[i].last;

        assert_int_equal(oauth_point_is_small(alg, x), 1);
        assert_int_equal(oauth_point_is_sound(alg, x), 0);

        for (k = 0; k < alg->coordinate; k++) {
            x[k] ^= 0x10;
            assert_int_equal(oauth_point_is_small(alg, x), 0);
            x[k] ^= 0x10;
        }

        x[alg->coordinate - 1] |= 0x80;
        assert_int_equal(oauth_point_is_small(alg, x), 1);
        assert_int_equal(oauth_point_is_sound(alg, x), 0);
    }
}


static void
key_ed25519_import(void **state)
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
        assert_true(key_ed25519_imports(x, 32));

        x[31] = 0x80;
        assert_true(key_ed25519_imports(x, 32));
    }

    for (i = 0; i < 40; i++) {
        pkey = keys_ed25519();
        len = 32;
        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, x, &len), 1);
        EVP_PKEY_free(pkey);

        assert_true(key_ed25519_imports(x, 32));
        assert_false(key_ed25519_imports(x, 30));
        assert_false(key_ed25519_imports(x, 0));

        x[32] = 0;
        assert_true(x[0] == 0 || !key_ed25519_imports(x, 33));
    }

    (void) oauth_key_create_okp(oauth_str("Ed25519"),
                                (oauth_str_t) { 32, x }, &key);
    assert_non_null(key);
    assert_int_equal(oauth_key_algorithms(key),
                     oauth_alg_bit(OAUTH_ALG_ED25519));
    oauth_key_free(key);
}


/* The same for Ed448: four points of small order share three y. */

static int
key_ed448_imports(const unsigned char *x, size_t len)
{
    int           good;
    oauth_key_t  *key;

    (void) oauth_key_create_okp(oauth_str("Ed448"), (oauth_str_t) { len, x },
                                &key);
    good = (key != NULL);

    oauth_key_free(key);
    assert_int_equal(ERR_peek_error(), 0);

    return good;
}


static void
key_ed448_refused(void **state)
{
    size_t         i, sign;
    unsigned char  x[57];

    /* Points of small order, then values that belong to no point. */

    static const unsigned char  ys[] = { 0, 1, 2, 6, 10, 11, 14, 15, 16 };

    (void) state;

    for (i = 0; i < sizeof(ys); i++) {
        memset(x, 0, 57);
        x[0] = ys[i];
        assert_false(key_ed448_imports(x, 57));

        x[56] = 0x80;
        assert_false(key_ed448_imports(x, 57));
    }

    /* p - 1; then p, p + 1, ... p + 9, of which many are the y of points. */

    for (i = 0; i <= 10; i++) {
        for (sign = 0; sign < 2; sign++) {
            memset(x, 0xff, 56);
            x[0] = (unsigned char) (0xfe + i);

            if (i < 2) {
                x[28] = 0xfe;

            } else {
                memset(x + 1, 0, 27);
            }

            x[56] = sign ? 0x80 : 0;
            assert_false(key_ed448_imports(x, 57));
        }
    }

    /* The last byte has only the bit for the sign. */

    memset(x, 0, 57);
    x[0] = 3;
    assert_true(key_ed448_imports(x, 57));

    for (i = 1; i < 0x80; i++) {
        x[56] = (unsigned char) i;
        assert_false(key_ed448_imports(x, 57));
    }
}


static void
key_ed448_import(void **state)
{
    size_t         i, len;
    EVP_PKEY      *pkey;
    unsigned char  x[58];

    static const unsigned char  ys[] = { 3, 4, 5, 7, 8, 9, 12, 13, 19 };

    (void) state;

    for (i = 0; i < sizeof(ys); i++) {
        memset(x, 0, sizeof(x));
        x[0] = ys[i];
        assert_true(key_ed448_imports(x, 57));

        x[56] = 0x80;
        assert_true(key_ed448_imports(x, 57));
    }

    for (i = 0; i < 40; i++) {
        pkey = keys_ed448();
        len = 57;
        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, x, &len), 1);
        EVP_PKEY_free(pkey);

        assert_true(key_ed448_imports(x, 57));
        assert_false(key_ed448_imports(x, 55));
        assert_false(key_ed448_imports(x, 32));
        assert_false(key_ed448_imports(x, 0));

        x[57] = 0;
        assert_true(x[0] == 0 || !key_ed448_imports(x, 58));
    }
}


/*
 * Keys that begin with a zero byte: the byte is missing, or there are more
 * zeros in front.  From 31 bytes nobody can tell which byte is missing, so the
 * core reads them in the one way in which it reads all coordinates.
 */

static void
key_okp_zeros(void **state)
{
    int                 id;
    size_t              len;
    EVP_PKEY           *pkey;
    oauth_str_t         x;
    oauth_buf_t         good;
    oauth_key_t        *key;
    unsigned char       raw[70];
    const oauth_alg_t  *alg;

    (void) state;

    for (id = OAUTH_ALG_ED25519; id <= OAUTH_ALG_ED448; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);

        memset(raw, 0, sizeof(raw));
        x.data = raw + 10;

        do {
            pkey = keys_for(alg->id);
            len = alg->coordinate;
            assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, raw + 10, &len),
                             1);

            if (raw[10] != 0) {
                EVP_PKEY_free(pkey);
            }

        } while (raw[10] != 0);

        memset(&good, 0, sizeof(oauth_buf_t));
        keys_append_signature(&good, pkey, alg->id, key_input);

        /* One byte less, as many as there are, one and three more. */

        for (x.data = raw + 7; x.data <= raw + 11; x.data++) {
            x.len = (size_t) (raw + 10 + len - x.data);

            (void) oauth_key_create_okp(alg->curve, x, &key);
            assert_non_null(key);
            key_assert_good(key, alg, oauth_buf_str(&good));
            oauth_key_free(key);
        }

        x.len = len - 2;
        assert_int_equal(oauth_key_create_okp(alg->curve, x, &key),
                         OAUTH_INVALID);

        /* The additional byte in front is not zero. */

        raw[9] = 1;
        x.data = raw + 9;
        x.len = len + 1;
        assert_int_equal(oauth_key_create_okp(alg->curve, x, &key),
                         OAUTH_INVALID);

        oauth_buf_free(&good);
        EVP_PKEY_free(pkey);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(key_rfc_8032),
        cmocka_unit_test(key_ed25519_refused),
        cmocka_unit_test(key_small_order),
        cmocka_unit_test(key_ed25519_import),
        cmocka_unit_test(key_ed448_refused),
        cmocka_unit_test(key_ed448_import),
        cmocka_unit_test(key_okp_zeros)
    };

    return cmocka_run_group_tests(tests, key_setup, key_teardown);
}
