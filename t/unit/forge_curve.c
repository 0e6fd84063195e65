
/*
 * ECDSA and EdDSA signatures that are wrong in exactly one way: numbers out of
 * range, numbers that are only equal modulo the order, points of small order,
 * other forms.
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


/* The order of the group; BN_free. */

static BIGNUM *
forge_okp_order(size_t size)
{
    BIGNUM  *order;

    order = NULL;
    assert_true(BN_hex2bn(&order, size == 57
                          ? "3FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
                            "FFFFFFFF7CCA23E9C44EDB49AED63690216CC2728DC58F55"
                            "2378C292AB5844F3"
                          : "1000000000000000000000000000000014DEF9DEA2F79CD6"
                            "5812631A5CF5D3ED"));

    return order;
}


int
forge_okp_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    int      made, len;
    BIGNUM  *order, *s;

    (void) key;
    (void) alg;
    (void) input;

    len = (int) signature->len / 2;
    order = forge_okp_order((size_t) len);
    s = BN_lebin2bn(signature->data + len, len, NULL);
    assert_non_null(s);

    made = forge_number(form->number, s, order, (size_t) len);

    if (made) {
        assert_int_equal(BN_bn2lebinpad(s, signature->data + len, len), len);
    }

    BN_free(order);
    BN_free(s);

    return made;
}


/* The curve's hash, which is twice as long as its points. */

static void
forge_okp_hash(size_t size, oauth_str_t bytes, unsigned char *hash)
{
    EVP_MD_CTX  *ctx;

    if (size == 32) {
        assert_int_equal(EVP_Digest(bytes.data, bytes.len, hash, NULL,
                                    EVP_sha512(), NULL), 1);
        return;
    }

    ctx = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestInit_ex(ctx, EVP_shake256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(ctx, bytes.data, bytes.len), 1);
    assert_int_equal(EVP_DigestFinalXOF(ctx, hash, 114), 1);

    EVP_MD_CTX_free(ctx);
}


/* RFC 8032 sections 5.1.5 and 5.2.5: the secret scalar; BN_free. */

static BIGNUM *
forge_okp_secret(EVP_PKEY *key, size_t size)
{
    size_t         len;
    unsigned char  seed[57], hash[114];

    len = size;
    assert_int_equal(EVP_PKEY_get_raw_private_key(key, seed, &len), 1);
    forge_okp_hash(size, (oauth_str_t) { len, seed }, hash);

    if (size == 32) {
        hash[0] &= 0xf8;
        hash[31] = (hash[31] & 0x7f) | 0x40;

    } else {
        hash[0] &= 0xfc;
        hash[55] |= 0x80;
        hash[56] = 0;
    }

    return BN_lebin2bn(hash, (int) size, NULL);
}


/* Returns 0 if the curve has no such point.  The rest of R is zero. */

static int
forge_okp_small(int number, size_t size, unsigned char *r)
{
    static const unsigned char  order_8[32] = {
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
        0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
        0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05
    };

    memset(r, 0, size);

    switch (number) {

    case POINT_IDENTITY:
    case POINT_IDENTITY_SIGN:
        r[0] = 1;
        r[size - 1] = (number == POINT_IDENTITY_SIGN) ? 0x80 : 0;
        return 1;

    case POINT_ORDER_4:
        return 1;

    case POINT_ORDER_8:
        if (size == 32) {
            memcpy(r, order_8, size);
        }

        return size == 32;

    default:
        break;
    }

    /* p - 1 and p + 1; p = 2^255 - 19 or 2^448 - 2^224 - 1. */

    memset(r, 0xff, size);

    if (size == 32) {
        r[0] = (number == POINT_ORDER_2) ? 0xec : 0xee;
        r[31] = 0x7f;
        return 1;
    }

    r[56] = 0;

    if (number == POINT_ORDER_2) {
        r[0] = 0xfe;
        r[28] = 0xfe;

    } else {
        memset(r, 0, 28);
    }

    return 1;
}


/*
 * RFC 8032 sections 5.1.6 and 5.2.6 with 0 as the secret number: S = k a, so
 * that S B - k A is the identity, and R is that or another point of small
 * order.
 */

int
forge_okp_point(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    size_t          len;
    BIGNUM         *order, *k, *a;
    BN_CTX         *ctx;
    oauth_buf_t     buf;
    unsigned char   public[57], hash[114];

    (void) alg;

    len = signature->len / 2;

    if (!forge_okp_small(form->number, len, signature->data)) {
        return 0;
    }

    assert_int_equal(EVP_PKEY_get_raw_public_key(key, public, &len), 1);
    a = forge_okp_secret(key, len);

    memset(&buf, 0, sizeof(oauth_buf_t));

    if (len == 57) {
        oauth_buf_append_literal(&buf, "SigEd448\0\0");
    }

    oauth_buf_append(&buf, signature->data, len);
    oauth_buf_append(&buf, public, len);
    oauth_buf_append_str(&buf, input);
    forge_okp_hash(len, oauth_buf_str(&buf), hash);
    oauth_buf_free(&buf);

    k = BN_lebin2bn(hash, 2 * (int) len, NULL);
    order = forge_okp_order(len);
    ctx = BN_CTX_new();

    assert_true(ctx && a && k && BN_mod_mul(k, k, a, order, ctx));
    assert_int_equal(BN_bn2lebinpad(k, signature->data + len, (int) len),
                     (int) len);

    BN_CTX_free(ctx);
    BN_free(a);
    BN_free(k);
    BN_free(order);

    return 1;
}
