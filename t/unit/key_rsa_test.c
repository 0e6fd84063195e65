
/*
 * RSA: signatures that are the right number in a wrong form, and padding (RFC
 * 8017 sections 8.2, 9.1, 9.2) that the test makes itself.
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
#include <openssl/rsa.h>

#include "key_fixture.h"
#include "keys.h"


/* Makes a PKCS #1 or PSS signature that begins with a zero byte. */

static void
key_sign_zero(oauth_buf_t *good, const oauth_alg_t *alg, oauth_buf_t *input)
{
    memset(input, 0, sizeof(oauth_buf_t));
    memset(good, 0, sizeof(oauth_buf_t));

    do {
        good->len = 0;
        oauth_buf_append_literal(input, "x");
        keys_append_signature(good, key_rsa, alg->id,
                              oauth_buf_str(input));
    } while (good->data[0] != 0);
}


/* OpenSSL 3.0 verifies the shorter PSS signature. */

static void
key_rsa_leading_zero(void **state)
{
    int                 id;
    oauth_buf_t         good, input;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    for (id = OAUTH_ALG_RS256; id <= OAUTH_ALG_PS512; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);

        key_sign_zero(&good, alg, &input);

        key_assert(key, alg, oauth_buf_str(&input), oauth_buf_str(&good),
                      OAUTH_OK);
        key_assert(key, alg, oauth_buf_str(&input),
                      (oauth_str_t) { good.len - 1, good.data + 1 },
                      OAUTH_BAD_SIGNATURE);

        oauth_buf_free(&input);
        oauth_buf_free(&good);
        oauth_key_free(key);
    }
}


/* s + n is the same number modulo n. */

static void
key_rsa_plus_modulus(void **state)
{
    int                 id;
    BIGNUM             *n, *s;
    oauth_buf_t         good;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    (void) state;

    n = keys_number(key_rsa, "n");

    for (id = OAUTH_ALG_RS256; id <= OAUTH_ALG_PS512; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);
        key = key_public(alg);
        key_sign(&good, alg);

        key_assert_good(key, alg, oauth_buf_str(&good));

        s = BN_bin2bn(good.data, (int) good.len, NULL);
        assert_non_null(s);
        assert_int_equal(BN_add(s, s, n), 1);

        good.len = 0;
        keys_append_number(&good, s, KEY_RSA_SIZE);
        key_assert_bad(key, alg, oauth_buf_str(&good));

        /* n itself, and n - 1. */

        good.len = 0;
        keys_append_number(&good, n, KEY_RSA_SIZE);
        key_assert_bad(key, alg, oauth_buf_str(&good));

        good.data[good.len - 1] ^= 1;
        key_assert_bad(key, alg, oauth_buf_str(&good));

        BN_free(s);
        oauth_buf_free(&good);
        oauth_key_free(key);
    }

    BN_free(n);
}


/* EMSA-PKCS1-v1_5 (RFC 8017 section 9.2), right and wrong. */

#define SHA256_INFO  "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"    \
                     "\x02\x01\x05\x00\x04\x20"

typedef struct {
    const char   *what;
    oauth_str_t   start;                 /* up to the padding */
    int           pad;
    oauth_str_t   info;                  /* between separator and hash */
    size_t        hash;                  /* bytes of the hash */
    size_t        garbage;               /* bytes after it */
    int           good;
} key_block_t;


static const key_block_t  key_blocks[] = {
    { "control", oauth_string("\0\1"), 0xff,
      oauth_string("\0" SHA256_INFO), 32, 0, 1 },

    { "block type 2", oauth_string("\0\2"), 0xff,
      oauth_string("\0" SHA256_INFO), 32, 0, 0 },
    { "block type 0", oauth_string("\0\0"), 0xff,
      oauth_string("\0" SHA256_INFO), 32, 0, 0 },
    { "first byte", oauth_string("\1\1"), 0xff,
      oauth_string("\0" SHA256_INFO), 32, 0, 0 },
    { "padding", oauth_string("\0\1"), 0xfe,
      oauth_string("\0" SHA256_INFO), 32, 0, 0 },
    { "early separator", oauth_string("\0\1\xff\xff\xff\xff\xff\xff\xff\xff"),
      0x00, oauth_string("\0" SHA256_INFO), 32, 0, 0 },
    { "no separator", oauth_string("\0\1"), 0xff,
      oauth_string("\xff" SHA256_INFO), 32, 0, 0 },
    { "garbage behind", oauth_string("\0\1"), 0xff,
      oauth_string("\0" SHA256_INFO), 32, 1, 0 },
    { "much garbage behind", oauth_string("\0\1\xff\xff\xff\xff\xff\xff\xff"),
      0xff, oauth_string("\0" SHA256_INFO), 32, 190, 0 },
    { "bare hash", oauth_string("\0\1"), 0xff, oauth_string("\0"), 32, 0, 0 },
    { "short hash", oauth_string("\0\1"), 0xff,
      oauth_string("\0" SHA256_INFO), 31, 0, 0 },
    { "SHA-512's name", oauth_string("\0\1"), 0xff,
      oauth_string("\0\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"
                   "\x02\x03\x05\x00\x04\x20"), 32, 0, 0 },
    { "SHA-1's name", oauth_string("\0\1"), 0xff,
      oauth_string("\0\x30\x2d\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"
                   "\x04\x20"), 32, 0, 0 },
    { "no parameters", oauth_string("\0\1"), 0xff,
      oauth_string("\0\x30\x2f\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04"
                   "\x02\x01\x04\x20"), 32, 0, 0 },
    { "long outer length", oauth_string("\0\1"), 0xff,
      oauth_string("\0\x30\x81\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03"
                   "\x04\x02\x01\x05\x00\x04\x20"), 32, 0, 0 },
    { "long inner length", oauth_string("\0\1"), 0xff,
      oauth_string("\0\x30\x32\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"
                   "\x02\x01\x05\x00\x04\x81\x20"), 32, 0, 0 },
    { "indefinite length", oauth_string("\0\1"), 0xff,
      oauth_string("\0\x30\x80\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04"
                   "\x02\x01\x05\x00\x04\x20"), 32, 2, 0 },
    { "long NULL", oauth_string("\0\1"), 0xff,
      oauth_string("\0\x30\x32\x30\x0e\x06\x09\x60\x86\x48\x01\x65\x03\x04"
                   "\x02\x01\x05\x81\x00\x04\x20"), 32, 0, 0 }
};


/* Applies the private operation to a block that the test has padded itself. */

static void
key_sign_block(oauth_buf_t *buf, const key_block_t *block)
{
    size_t         i, len;
    EVP_PKEY_CTX  *ctx;
    unsigned char  em[KEY_RSA_SIZE], out[KEY_RSA_SIZE], hash[32], *p;

    assert_int_equal(EVP_Digest(key_input.data, key_input.len, hash,
                                NULL, EVP_sha256(), NULL), 1);

    memset(em, block->pad, sizeof(em));
    memcpy(em, block->start.data, block->start.len);

    p = em + sizeof(em) - block->garbage - block->hash - block->info.len;

    memcpy(p, block->info.data, block->info.len);
    p += block->info.len;

    memcpy(p, hash, block->hash);
    p += block->hash;

    for (i = 0; i < block->garbage; i++) {
        p[i] = 0;
    }

    len = sizeof(out);
    ctx = EVP_PKEY_CTX_new(key_rsa, NULL);

    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_sign(ctx, out, &len, em, sizeof(em)), 1);

    EVP_PKEY_CTX_free(ctx);

    memset(buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append(buf, out, len);
}


static void
key_rsa_padding(void **state)
{
    size_t              i;
    oauth_buf_t         signature;
    oauth_key_t        *key;
    oauth_reason_t      reason;
    const oauth_alg_t  *alg;

    (void) state;

    alg = oauth_alg_get(OAUTH_ALG_RS256);
    key = key_public(alg);

    for (i = 0; i < sizeof(key_blocks) / sizeof(key_block_t); i++) {
        key_sign_block(&signature, &key_blocks[i]);

        reason = oauth_key_verify(key, alg, key_input,
                                  oauth_buf_str(&signature));

        if ((reason == OAUTH_OK) != key_blocks[i].good) {
            fail_msg("%s: %d", key_blocks[i].what, reason);
        }

        assert_int_equal(ERR_peek_error(), 0);
        oauth_buf_free(&signature);
    }

    oauth_key_free(key);
}


/* RFC 7518 section 3.5: the salt has the hash's size, MGF1 the same hash. */

static void
key_pss_parameters(void **state)
{
    size_t              i;
    oauth_buf_t         buf;
    oauth_key_t        *key;
    const oauth_alg_t  *alg;

    static const struct {
        oauth_alg_id_t   id;
        const char      *mgf;
        int              salt;
        oauth_reason_t   reason;
    } cases[] = {
        { OAUTH_ALG_PS256, "SHA256", 32, OAUTH_OK },
        { OAUTH_ALG_PS256, "SHA256", 0, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS256, "SHA256", 20, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS256, "SHA256", 31, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS256, "SHA256", 33, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS256, "SHA256", 64, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS256, "SHA256", RSA_PSS_SALTLEN_MAX,
          OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS256, "SHA1", 32, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS256, "SHA512", 32, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS384, "SHA384", 48, OAUTH_OK },
        { OAUTH_ALG_PS384, "SHA384", 32, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS384, "SHA256", 48, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS512, "SHA512", 64, OAUTH_OK },
        { OAUTH_ALG_PS512, "SHA512", 63, OAUTH_BAD_SIGNATURE },
        { OAUTH_ALG_PS512, "SHA1", 64, OAUTH_BAD_SIGNATURE }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        alg = oauth_alg_get(cases[i].id);
        key = key_public(alg);

        memset(&buf, 0, sizeof(oauth_buf_t));
        keys_append_pss(&buf, key_rsa, alg->digest, cases[i].mgf,
                        cases[i].salt, key_input);

        key_assert(key, alg, key_input, oauth_buf_str(&buf),
                      cases[i].reason);

        oauth_buf_free(&buf);
        oauth_key_free(key);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(key_rsa_leading_zero),
        cmocka_unit_test(key_rsa_plus_modulus),
        cmocka_unit_test(key_rsa_padding),
        cmocka_unit_test(key_pss_parameters)
    };

    return cmocka_run_group_tests(tests, key_setup, key_teardown);
}
