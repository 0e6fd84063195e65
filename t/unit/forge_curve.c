
/*
 * ECDSA and EdDSA signatures that are wrong in one way: numbers out of range,
 * the same ones modulo the order, points of small order, other forms.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>

#include "forge_make.h"
#include "keys.h"


int
forge_ec_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    int             made;
    size_t          half;
    BIGNUM         *order, *number;
    unsigned char  *p;

    (void) input;

    half = alg->coordinate;
    p = signature->data + (form->text[0] == 's' ? half : 0);

    order = keys_number(key, "order");
    number = BN_bin2bn(p, (int) half, NULL);
    assert_non_null(number);

    made = forge_number(form->number, number, order, half);

    if (made) {
        assert_int_equal(BN_bn2binpad(number, p, (int) half), (int) half);
    }

    BN_free(order);
    BN_free(number);

    return made;
}


int
forge_ec_der(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    size_t          len;
    EVP_MD_CTX     *ctx;
    unsigned char   der[200];

    memset(der, 0, sizeof(der));
    len = sizeof(der);
    ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, alg->digest, NULL, NULL,
                                           key, NULL), 1);
    assert_int_equal(EVP_DigestSign(ctx, der, &len, input.data, input.len),
                     1);
    EVP_MD_CTX_free(ctx);

    signature->len = 0;
    oauth_buf_append(signature, der,
                     form->number ? 2 * alg->coordinate : len);

    return 1;
}


int
forge_ec_size(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    size_t         half, len;
    unsigned char  out[200];

    (void) key;
    (void) input;

    half = alg->coordinate;
    len = half + (size_t) form->number;
    memset(out, 0, sizeof(out));

    if (form->number > 0) {
        memcpy(out + 1, signature->data, half);
        memcpy(out + len + 1, signature->data + half, half);

    } else {
        if (signature->data[0] || signature->data[half]) {
            return 0;
        }

        memcpy(out, signature->data + 1, len);
        memcpy(out + len, signature->data + half + 1, len);
    }

    signature->len = 0;
    oauth_buf_append(signature, out, 2 * len);

    return 1;
}


int
forge_ec_swap(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    unsigned char  r[100];

    (void) form;
    (void) key;
    (void) input;

    memcpy(r, signature->data, alg->coordinate);
    memmove(signature->data, signature->data + alg->coordinate,
            alg->coordinate);
    memcpy(signature->data + alg->coordinate, r, alg->coordinate);

    return 1;
}


/* The order of the group of Ed25519; BN_free. */

static BIGNUM *
forge_okp_order(void)
{
    BIGNUM  *order;

    order = NULL;
    assert_true(BN_hex2bn(&order, "1000000000000000000000000000000014DEF9DEA2"
                                  "F79CD65812631A5CF5D3ED"));

    return order;
}


int
forge_okp_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    int      made;
    BIGNUM  *order, *s;

    (void) key;
    (void) alg;
    (void) input;

    order = forge_okp_order();
    s = BN_lebin2bn(signature->data + 32, 32, NULL);
    assert_non_null(s);

    made = forge_number(form->number, s, order, 32);

    if (made) {
        assert_int_equal(BN_bn2lebinpad(s, signature->data + 32, 32), 32);
    }

    BN_free(order);
    BN_free(s);

    return made;
}


/*
 * RFC 8032 section 5.1.6 with 0 as the secret number: S = k a, so that
 * S B - k A is the identity, and R is that or another point of small order.
 */

int
forge_okp_point(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    size_t          len;
    BIGNUM         *order, *k, *a;
    BN_CTX         *ctx;
    oauth_buf_t     buf;
    unsigned char   seed[32], public[32], hash[64];

    static const unsigned char  points[][32] = {
        { 1 },
        { [0] = 1, [31] = 0x80 },
        { 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0 },
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
          0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
          0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
          0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 }
    };

    (void) alg;

    memcpy(signature->data, points[form->number], 32);

    len = 32;
    assert_int_equal(EVP_PKEY_get_raw_private_key(key, seed, &len), 1);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &len), 1);
    assert_int_equal(EVP_Digest(seed, 32, hash, NULL, EVP_sha512(), NULL), 1);

    hash[0] &= 0xf8;
    hash[31] = (hash[31] & 0x7f) | 0x40;
    a = BN_lebin2bn(hash, 32, NULL);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append(&buf, signature->data, 32);
    oauth_buf_append(&buf, public, 32);
    oauth_buf_append_str(&buf, input);
    assert_int_equal(EVP_Digest(buf.data, buf.len, hash, NULL, EVP_sha512(),
                                NULL), 1);
    oauth_buf_free(&buf);

    k = BN_lebin2bn(hash, 64, NULL);
    order = forge_okp_order();
    ctx = BN_CTX_new();

    assert_true(ctx && a && k && BN_mod_mul(k, k, a, order, ctx));
    assert_int_equal(BN_bn2lebinpad(k, signature->data + 32, 32), 32);

    BN_CTX_free(ctx);
    BN_free(a);
    BN_free(k);
    BN_free(order);

    return 1;
}
