
/*
 * RSA signatures that are wrong in exactly one way: other numbers, and blocks
 * (RFC 8017 section 9) that are padded by hand and signed without padding.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bn.h>
#include <openssl/rsa.h>

#include "forge_make.h"
#include "keys.h"


#define FORGE_SIZE  2048


int
forge_rsa_number(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    int      made;
    size_t   len;
    BIGNUM  *n, *s;

    (void) alg;
    (void) input;

    len = signature->len;
    n = keys_number(key, "n");
    s = BN_bin2bn(signature->data, (int) len, NULL);
    assert_non_null(s);

    made = forge_number(form->number, s, n, len);

    if (made) {
        signature->len = 0;
        keys_append_number(signature, s, len);
    }

    BN_free(n);
    BN_free(s);

    return made;
}


/* OpenSSL 3.0 verifies a PSS signature without its leading zero byte. */

int
forge_rsa_short(const forge_form_t *form, EVP_PKEY *key,
    const oauth_alg_t *alg, oauth_str_t input, oauth_buf_t *signature)
{
    return signature->data[0] == 0
           && forge_cut(form, key, alg, input, signature);
}


/* Applies the private operation to a block that is as long as the modulus. */

static void
forge_rsa_raw(EVP_PKEY *key, const unsigned char *block, oauth_buf_t *buf)
{
    size_t         len;
    EVP_PKEY_CTX  *ctx;
    unsigned char  out[FORGE_SIZE];

    len = sizeof(out);
    ctx = EVP_PKEY_CTX_new(key, NULL);

    assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_sign(ctx, out, &len, block,
                                   (size_t) EVP_PKEY_get_size(key)), 1);

    EVP_PKEY_CTX_free(ctx);
    buf->len = 0;
    oauth_buf_append(buf, out, len);
}


/* A value of less than 128 bytes; its length in one byte, two, or none. */

static void
forge_append_der(oauth_buf_t *buf, int tag, const void *data, size_t len,
    int bytes)
{
    size_t         n;
    unsigned char  head[3];

    n = 0;
    head[n++] = (unsigned char) tag;

    if (bytes != 1) {
        head[n++] = (bytes == 2) ? 0x81 : 0x80;
    }

    if (bytes != 0) {
        head[n++] = (unsigned char) len;
    }

    oauth_buf_append(buf, head, n);
    oauth_buf_append(buf, data, len);

    if (bytes == 0) {
        oauth_buf_append(buf, "\0\0", 2);
    }
}


/* Writes a DigestInfo (RFC 8017 section 9.2) that is wrong in the given way. */

static void
forge_append_info(oauth_buf_t *buf, int wrong, const oauth_alg_t *alg,
    const unsigned char *hash, size_t len)
{
    oauth_buf_t    oid, info;
    unsigned char  sha2[] = { 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 0 };

    if (wrong == INFO_BARE) {
        oauth_buf_append(buf, hash, len);
        return;
    }

    memset(&oid, 0, sizeof(oauth_buf_t));
    memset(&info, 0, sizeof(oauth_buf_t));

    sha2[8] = (unsigned char) (1 + (alg->id - OAUTH_ALG_RS256
                                    + (wrong == INFO_OTHER)) % 3);
    len -= (wrong == INFO_SHORT_HASH);

    if (wrong == INFO_SHA1) {
        forge_append_der(&oid, 0x06, "\x2b\x0e\x03\x02\x1a", 5, 1);

    } else if (wrong != INFO_NO_OID) {
        forge_append_der(&oid, 0x06, sha2, sizeof(sha2),
                         1 + (wrong == INFO_LONG_OID));
    }

    if (wrong == INFO_PARAMETERS) {
        forge_append_der(&oid, 0x04, "x", 1, 1);

    } else if (wrong != INFO_NO_NULL) {
        forge_append_der(&oid, 0x05, "", 0, 1 + (wrong == INFO_LONG_NULL));
    }

    forge_append_der(&info, 0x30, oid.data, oid.len, 1);
    forge_append_der(&info, 0x04, hash, len, 1 + (wrong == INFO_LONG_HASH));

    if (wrong == INFO_INSIDE) {
        forge_append_der(&info, 0x05, "", 0, 1);
    }

    forge_append_der(buf, 0x30, info.data, info.len,
                     wrong == INFO_INDEFINITE ? 0
                                              : 1 + (wrong
                                                     == INFO_LONG_OUTER));
    oauth_buf_free(&oid);
    oauth_buf_free(&info);
}


/* EMSA-PKCS1-v1_5: 0, 1, padding of at least eight bytes, 0, DigestInfo. */

int
forge_block(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    size_t         size, behind;
    unsigned       len;
    oauth_buf_t    info;
    unsigned char  block[FORGE_SIZE], hash[EVP_MAX_MD_SIZE], *p;

    assert_int_equal(EVP_Digest(input.data, input.len, hash, &len,
                                EVP_get_digestbyname(alg->digest), NULL), 1);

    memset(&info, 0, sizeof(oauth_buf_t));
    forge_append_info(&info, form->number, alg, hash, len);

    size = (size_t) EVP_PKEY_get_size(key);
    behind = form->number == FRAME_BEHIND ? 1
             : form->number == FRAME_SHORT ? size - info.len - 3 - 7 : 0;

    memset(block, form->number == FRAME_PADDING ? 0xfe : 0xff, size);

    block[0] = (form->number == FRAME_FIRST);
    block[1] = form->number == FRAME_TYPE_0 ? 0
               : form->number == FRAME_TYPE_2 ? 2 : 1;

    p = block + size - behind - info.len;
    memcpy(p, info.data, info.len);
    memset(p + info.len, 0, behind);

    if (form->number != FRAME_NO_SEPARATOR) {
        p[-1] = 0;
    }

    if (form->number == FRAME_EARLY) {
        memset(block + 12, 0, (size_t) (p - block) - 12);
    }

    forge_rsa_raw(key, block, signature);
    oauth_buf_free(&info);

    return 1;
}


int
forge_salt(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    int  salt;

    salt = EVP_MD_get_size(EVP_get_digestbyname(alg->digest)) + form->number;

    if (form->number == SALT_NONE) {
        salt = 0;

    } else if (form->number == SALT_MAX) {
        salt = RSA_PSS_SALTLEN_MAX;
    }

    signature->len = 0;
    keys_append_pss(signature, key, alg->digest,
                    form->text ? form->text : alg->digest, salt, input);

    /* The signature's own digest would not be another MGF. */

    return form->text == NULL || strcmp(form->text, alg->digest) != 0;
}


/* A PSS block (RFC 8017 section 9.1.1) with another trailer or top bit. */

int
forge_em(const forge_form_t *form, EVP_PKEY *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_buf_t *signature)
{
    int            made;
    size_t         len;
    BIGNUM        *n, *number;
    EVP_PKEY_CTX  *ctx;
    unsigned char  block[FORGE_SIZE];

    (void) alg;
    (void) input;

    len = sizeof(block);
    ctx = EVP_PKEY_CTX_new(key, NULL);

    assert_int_equal(EVP_PKEY_verify_recover_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
    assert_int_equal(EVP_PKEY_verify_recover(ctx, block, &len,
                                             signature->data,
                                             signature->len), 1);
    EVP_PKEY_CTX_free(ctx);

    if (form->number == EM_TRAILER) {
        block[len - 1] = 0xcc;

    } else {
        block[0] |= 2;
    }

    n = keys_number(key, "n");
    number = BN_bin2bn(block, (int) len, NULL);
    made = BN_cmp(number, n) < 0;

    BN_free(number);
    BN_free(n);

    if (made) {
        forge_rsa_raw(key, block, signature);
    }

    return made;
}
