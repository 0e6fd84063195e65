
/*
 * What the tests of oauth_key share: one private key for each algorithm,
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

#include "key_fixture.h"
#include "keys.h"


const oauth_str_t  key_input = oauth_string("eyJhbGciOiJ.eyJpc3MiO");

EVP_PKEY  *key_rsa;
static EVP_PKEY  *key_ec[3];
static EVP_PKEY  *key_ed25519;
static EVP_PKEY  *key_ed448;


int
key_setup(void **state)
{
    (void) state;

    key_rsa = keys_rsa(KEY_RSA_BITS);
    key_ec[0] = keys_ec("P-256");
    key_ec[1] = keys_ec("P-384");
    key_ec[2] = keys_ec("P-521");
    key_ed25519 = keys_ed25519();
    key_ed448 = keys_ed448();

    return 0;
}


int
key_teardown(void **state)
{
    (void) state;

    EVP_PKEY_free(key_rsa);
    EVP_PKEY_free(key_ec[0]);
    EVP_PKEY_free(key_ec[1]);
    EVP_PKEY_free(key_ec[2]);
    EVP_PKEY_free(key_ed25519);
    EVP_PKEY_free(key_ed448);

    return 0;
}


EVP_PKEY *
key_private(const oauth_alg_t *alg)
{
    switch (alg->type) {

    case OAUTH_KEY_RSA:
        return key_rsa;

    case OAUTH_KEY_EC:
        return key_ec[alg->id - OAUTH_ALG_ES256];

    default:
        return (alg->id == OAUTH_ALG_ED448) ? key_ed448 : key_ed25519;
    }
}


oauth_str_t
key_number(EVP_PKEY *pkey, const char *name, size_t len, oauth_buf_t *buf)
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
key_public(const oauth_alg_t *alg)
{
    size_t          len;
    EVP_PKEY       *pkey;
    oauth_buf_t     a, b;
    oauth_key_t    *key;
    oauth_str_t     first, second;
    unsigned char   raw[57];

    pkey = key_private(alg);

    if (alg->type == OAUTH_KEY_OKP) {
        len = sizeof(raw);
        assert_int_equal(EVP_PKEY_get_raw_public_key(pkey, raw, &len), 1);

        (void) oauth_key_create_okp(len == 57 ? oauth_str("Ed448")
                                             : oauth_str("Ed25519"),
                                   (oauth_str_t) { len, raw }, &key);
        assert_non_null(key);
        return key;
    }

    if (alg->type == OAUTH_KEY_RSA) {
        first = key_number(pkey, "n", 0, &a);
        second = key_number(pkey, "e", 0, &b);
        (void) oauth_key_create_rsa(first, second, &key);

    } else {
        first = key_number(pkey, "qx", alg->coordinate, &a);
        second = key_number(pkey, "qy", alg->coordinate, &b);
        (void) oauth_key_create_ec(alg->curve, first, second, &key);
    }

    oauth_buf_free(&a);
    oauth_buf_free(&b);
    assert_non_null(key);

    return key;
}


void
key_sign(oauth_buf_t *buf, const oauth_alg_t *alg)
{
    memset(buf, 0, sizeof(oauth_buf_t));
    keys_append_signature(buf, key_private(alg), alg->id, key_input);
}


void
key_assert(oauth_key_t *key, const oauth_alg_t *alg, oauth_str_t input,
    oauth_str_t signature, oauth_reason_t reason)
{
    assert_int_equal(oauth_key_verify(key, alg, input, signature), reason);
    assert_int_equal(ERR_peek_error(), 0);
}


void
key_assert_bad(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t signature)
{
    key_assert(key, alg, key_input, signature, OAUTH_BAD_SIGNATURE);
}


void
key_assert_good(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t signature)
{
    key_assert(key, alg, key_input, signature, OAUTH_OK);
}
