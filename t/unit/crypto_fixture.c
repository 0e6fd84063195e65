
/*
 * What the tests of oauth_crypto share: one private key for each algorithm,
 * its public half imported by the code under test, and assertions that look at
 * OpenSSL's error queue, too.
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


const oauth_str_t  crypto_input = oauth_string("eyJhbGciOiJ.eyJpc3MiO");

EVP_PKEY  *crypto_rsa;
static EVP_PKEY  *crypto_ec[3];
static EVP_PKEY  *crypto_ed25519;
static EVP_PKEY  *crypto_ed448;


int
crypto_setup(void **state)
{
    (void) state;

    crypto_rsa = keys_rsa(CRYPTO_RSA_BITS);
    crypto_ec[0] = keys_ec("P-256");
    crypto_ec[1] = keys_ec("P-384");
    crypto_ec[2] = keys_ec("P-521");
    crypto_ed25519 = keys_ed25519();
    crypto_ed448 = keys_ed448();

    return 0;
}


int
crypto_teardown(void **state)
{
    (void) state;

    EVP_PKEY_free(crypto_rsa);
    EVP_PKEY_free(crypto_ec[0]);
    EVP_PKEY_free(crypto_ec[1]);
    EVP_PKEY_free(crypto_ec[2]);
    EVP_PKEY_free(crypto_ed25519);
    EVP_PKEY_free(crypto_ed448);

    return 0;
}


EVP_PKEY *
crypto_private(const oauth_alg_t *alg)
{
    switch (alg->type) {

    case OAUTH_KEY_RSA:
        return crypto_rsa;

    case OAUTH_KEY_EC:
        return crypto_ec[alg->id - OAUTH_ALG_ES256];

    default:
        return (alg->id == OAUTH_ALG_ED448) ? crypto_ed448 : crypto_ed25519;
    }
}


oauth_str_t
crypto_number(EVP_PKEY *pkey, const char *name, size_t len, oauth_buf_t *buf)
{
    BIGNUM  *number;

    memset(buf, 0, sizeof(oauth_buf_t));

    number = keys_number(pkey, name);
    keys_append_number(buf, number,
                       len ? len : (size_t) BN_num_bytes(number));
    BN_free(number);

    return oauth_buf_str(buf);
}


/* The public half of a key, through the code under test. */

oauth_key_t *
crypto_public(const oauth_alg_t *alg)
{
    size_t          len;
    EVP_PKEY       *pkey;
    oauth_buf_t     a, b;
    oauth_key_t    *key;
    oauth_str_t     first, second;
    unsigned char   raw[57];

    pkey = crypto_private(alg);

    if (alg->type == OAUTH_KEY_OKP) {
        len = sizeof(raw);
        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, raw, &len), 1);

        key = oauth_key_create_okp(len == 57 ? oauth_str("Ed448")
                                             : oauth_str("Ed25519"),
                                   (oauth_str_t) { len, raw });
        assert_non_null(key);
        return key;
    }

    if (alg->type == OAUTH_KEY_RSA) {
        first = crypto_number(pkey, "n", 0, &a);
        second = crypto_number(pkey, "e", 0, &b);
        key = oauth_key_create_rsa(first, second);

    } else {
        first = crypto_number(pkey, "qx", alg->coordinate, &a);
        second = crypto_number(pkey, "qy", alg->coordinate, &b);
        key = oauth_key_create_ec(alg->curve, first, second);
    }

    oauth_buf_free(&a);
    oauth_buf_free(&b);
    assert_non_null(key);

    return key;
}


void
crypto_sign(oauth_buf_t *buf, const oauth_alg_t *alg)
{
    memset(buf, 0, sizeof(oauth_buf_t));
    keys_append_signature(buf, crypto_private(alg), alg->id, crypto_input);
}


void
crypto_assert(oauth_key_t *key, const oauth_alg_t *alg, oauth_str_t input,
    oauth_str_t signature, oauth_reason_t reason)
{
    assert_int_equal(oauth_key_verify(key, alg, input, signature), reason);
    assert_int_equal(ERR_peek_error(), 0);
}


void
crypto_assert_bad(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t signature)
{
    crypto_assert(key, alg, crypto_input, signature, OAUTH_BAD_SIGNATURE);
}


void
crypto_assert_good(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t signature)
{
    crypto_assert(key, alg, crypto_input, signature, OAUTH_OK);
}
