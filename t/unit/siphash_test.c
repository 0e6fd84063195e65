
/*
 * SipHash-1-3: vectors (the secret is the bytes 0 to 15, the data the bytes 0
 * to n - 1), and OpenSSL's as a second opinion.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "oauth_siphash.h"


#define SIPHASH_DATA  300


static unsigned char  siphash_secret[OAUTH_SIPHASH_KEY];
static unsigned char  siphash_data[SIPHASH_DATA];


static void
siphash_vectors(void **state)
{
    size_t  i;

    static const struct {
        size_t    len;
        uint64_t  hash;
    } vectors[] = {
        { 0, UINT64_C(0xabac0158050fc4dc) },
        { 1, UINT64_C(0xc9f49bf37d57ca93) },
        { 7, UINT64_C(0xd3927d989bb11140) },
        { 8, UINT64_C(0x369095118d299a8e) },
        { 15, UINT64_C(0xd320d86d2a519956) }
    };

    (void) state;

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        assert_true(oauth_siphash(siphash_secret, (oauth_str_t)
                                  { vectors[i].len, siphash_data })
                    == vectors[i].hash);
    }
}


static void
siphash_openssl(void **state)
{
    size_t          len, size, i;
    EVP_MAC        *mac;
    uint64_t        hash;
    EVP_MAC_CTX    *ctx;
    unsigned char   out[8];
    OSSL_PARAM      params[4];
    unsigned int    rounds[2] = { 1, 3 };

    (void) state;

    size = sizeof(out);
    params[0] = OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size);
    params[1] = OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_C_ROUNDS, &rounds[0]);
    params[2] = OSSL_PARAM_construct_uint(OSSL_MAC_PARAM_D_ROUNDS, &rounds[1]);
    params[3] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_fetch(NULL, "SIPHASH", NULL);
    assert_non_null(mac);

    for (len = 0; len <= SIPHASH_DATA; len++) {

        ctx = EVP_MAC_CTX_new(mac);

        assert_int_equal(EVP_MAC_init(ctx, siphash_secret, OAUTH_SIPHASH_KEY,
                                      params), 1);
        assert_int_equal(EVP_MAC_update(ctx, siphash_data, len), 1);
        assert_int_equal(EVP_MAC_final(ctx, out, &size, sizeof(out)), 1);
        EVP_MAC_CTX_free(ctx);

        for (hash = 0, i = 0; i < 8; i++) {
            hash |= (uint64_t) out[i] << (8 * i);
        }

        assert_true(oauth_siphash(siphash_secret, (oauth_str_t)
                                  { len, siphash_data }) == hash);
    }

    EVP_MAC_free(mac);
}


int
main(void)
{
    size_t  i;

    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(siphash_vectors),
        cmocka_unit_test(siphash_openssl)
    };

    for (i = 0; i < SIPHASH_DATA; i++) {
        siphash_data[i] = (unsigned char) i;
    }

    memcpy(siphash_secret, siphash_data, OAUTH_SIPHASH_KEY);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
