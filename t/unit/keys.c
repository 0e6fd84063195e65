
/*
 * Keys, JWKs and signatures for the tests, made with OpenSSL's own high-level
 * functions.  The code under test neither signs nor encodes here, except for
 * base64url, which has tests with fixed vectors.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "keys.h"
#include "oauth_base64url.h"


#define keys_need(expression)  keys_check((expression) != 0, #expression)


static void keys_check(int ok, const char *what);
static EVP_PKEY *keys_kept(unsigned bits);
static void keys_append_member(oauth_buf_t *buf, const char *name,
    oauth_str_t bytes);
static void keys_append_rsa(oauth_buf_t *buf, EVP_PKEY *key);
static void keys_append_ec(oauth_buf_t *buf, EVP_PKEY *key);
static void keys_append_okp(oauth_buf_t *buf, EVP_PKEY *key);
static void keys_append_ecdsa(oauth_buf_t *buf, oauth_str_t der,
    size_t coordinate);


oauth_str_t
keys_str(const char *s)
{
    oauth_str_t  str;

    str.data = (const unsigned char *) s;
    str.len = strlen(s);

    return str;
}


EVP_PKEY *
keys_rsa(unsigned bits)
{
    EVP_PKEY  *key;

    key = keys_kept(bits);

    if (key == NULL) {
        key = EVP_RSA_gen(bits);
        keys_need(key);
    }

    return key;
}


/*
 * To make an RSA key takes valgrind up to a minute, in which only OpenSSL
 * works.  The folder that $OAUTH_TEST_KEYS names has one for each call and
 * size; returns NULL if it has not.
 */

static EVP_PKEY *
keys_kept(unsigned bits)
{
    FILE        *file;
    char         name[4096];
    EVP_PKEY    *key;
    const char  *folder;

    static unsigned  calls;

    folder = getenv("OAUTH_TEST_KEYS");
    if (folder == NULL) {
        return NULL;
    }

    calls++;
    snprintf(name, sizeof(name), "%s/rsa-%u-%u.pem", folder, bits, calls);

    file = fopen(name, "r");
    if (file == NULL) {
        return NULL;
    }

    key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    keys_need(key);

    return key;
}


EVP_PKEY *
keys_ec(const char *curve)
{
    EVP_PKEY  *key;

    key = EVP_EC_gen(curve);
    keys_need(key);

    return key;
}


EVP_PKEY *
keys_ed25519(void)
{
    EVP_PKEY  *key;

    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    keys_need(key);

    return key;
}


EVP_PKEY *
keys_ed448(void)
{
    EVP_PKEY  *key;

    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    keys_need(key);

    return key;
}


EVP_PKEY *
keys_for(oauth_alg_id_t id)
{
    const oauth_alg_t  *alg;

    alg = oauth_alg_get(id);

    switch (alg->type) {

    case OAUTH_KEY_RSA:
        return keys_rsa(2048);

    case OAUTH_KEY_EC:
        return keys_ec((const char *) alg->curve.data);

    default:
        return (id == OAUTH_ALG_ED448) ? keys_ed448() : keys_ed25519();
    }
}


void
keys_append_base64url(oauth_buf_t *buf, oauth_str_t bytes)
{
    size_t          len;
    unsigned char  *text;

    text = malloc(oauth_base64url_encoded_size(bytes.len) + 1);
    keys_need(text);

    len = oauth_base64url_write(bytes, text);

    oauth_buf_append(buf, text, len);
    keys_need(!buf->failed);

    free(text);
}


void
keys_append_jwk(oauth_buf_t *buf, EVP_PKEY *key, const char *more)
{
    oauth_buf_append_literal(buf, "{");

    if (EVP_PKEY_is_a(key, "RSA")) {
        keys_append_rsa(buf, key);

    } else if (EVP_PKEY_is_a(key, "EC")) {
        keys_append_ec(buf, key);

    } else {
        keys_append_okp(buf, key);
    }

    if (*more) {
        oauth_buf_append_literal(buf, ",");
        oauth_buf_append_str(buf, keys_str(more));
    }

    oauth_buf_append_literal(buf, "}");
    keys_need(!buf->failed);
}


void
keys_append_signature(oauth_buf_t *buf, EVP_PKEY *key, oauth_alg_id_t id,
    oauth_str_t input)
{
    size_t              len;
    EVP_MD_CTX         *ctx;
    unsigned char       signature[2048];
    const oauth_alg_t  *alg;

    alg = oauth_alg_get(id);

    if (alg->pss) {
        keys_append_pss(buf, key, alg->digest, alg->digest,
                        RSA_PSS_SALTLEN_DIGEST, input);
        return;
    }

    len = sizeof(signature);
    ctx = EVP_MD_CTX_new();
    keys_need(ctx);

    keys_need(EVP_DigestSignInit_ex(ctx, NULL, alg->digest, NULL, NULL, key,
                                    NULL) == 1);
    keys_need(EVP_DigestSign(ctx, signature, &len, input.data, input.len)
              == 1);

    EVP_MD_CTX_free(ctx);

    if (alg->type == OAUTH_KEY_EC) {
        keys_append_ecdsa(buf, (oauth_str_t) { len, signature },
                          alg->coordinate);
        return;
    }

    oauth_buf_append(buf, signature, len);
    keys_need(!buf->failed);
}


void
keys_append_pss(oauth_buf_t *buf, EVP_PKEY *key, const char *digest,
    const char *mgf, int salt, oauth_str_t input)
{
    size_t          len;
    EVP_MD_CTX     *ctx;
    EVP_PKEY_CTX   *pctx;
    unsigned char   signature[2048];

    len = sizeof(signature);
    ctx = EVP_MD_CTX_new();
    keys_need(ctx);

    keys_need(EVP_DigestSignInit_ex(ctx, &pctx, digest, NULL, NULL, key,
                                    NULL) == 1);
    keys_need(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
    keys_need(EVP_PKEY_CTX_set_rsa_mgf1_md_name(pctx, mgf, NULL) == 1);
    keys_need(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1);
    keys_need(EVP_DigestSign(ctx, signature, &len, input.data, input.len)
              == 1);

    EVP_MD_CTX_free(ctx);

    oauth_buf_append(buf, signature, len);
    keys_need(!buf->failed);
}


void
keys_append_input(oauth_buf_t *buf, oauth_str_t header, oauth_str_t payload)
{
    keys_append_base64url(buf, header);
    oauth_buf_append_literal(buf, ".");
    keys_append_base64url(buf, payload);
}


void
keys_append_token(oauth_buf_t *buf, EVP_PKEY *key, oauth_alg_id_t id,
    oauth_str_t header, oauth_str_t payload)
{
    oauth_buf_t  input, signature;

    memset(&input, 0, sizeof(oauth_buf_t));
    memset(&signature, 0, sizeof(oauth_buf_t));

    keys_append_input(&input, header, payload);
    keys_append_signature(&signature, key, id, oauth_buf_str(&input));

    oauth_buf_append_str(buf, oauth_buf_str(&input));
    oauth_buf_append_literal(buf, ".");
    keys_append_base64url(buf, oauth_buf_str(&signature));

    oauth_buf_free(&input);
    oauth_buf_free(&signature);
}


/* Another letter of base64url, or the token would not be one. */

void
keys_spoil(oauth_buf_t *token)
{
    unsigned char  *c;

    c = &token->data[token->len - 3];
    *c = (*c == 'A') ? 'B' : 'A';
}


char *
keys_pem(EVP_PKEY *key, int private)
{
    BIO   *bio;
    char  *pem, *data;
    long   len;

    bio = BIO_new(BIO_s_mem());
    keys_need(bio);

    if (private) {
        keys_need(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL,
                                           NULL));
    } else {
        keys_need(PEM_write_bio_PUBKEY(bio, key));
    }

    len = BIO_get_mem_data(bio, &data);
    pem = malloc((size_t) len + 1);
    keys_need(pem);

    memcpy(pem, data, (size_t) len);
    pem[len] = '\0';

    BIO_free(bio);

    return pem;
}


void
keys_append_number(oauth_buf_t *buf, const BIGNUM *number, size_t len)
{
    unsigned char  bytes[2048];

    keys_need(len <= sizeof(bytes));
    keys_need(BN_bn2binpad(number, bytes, (int) len) == (int) len);

    oauth_buf_append(buf, bytes, len);
    keys_need(!buf->failed);
}


BIGNUM *
keys_number(EVP_PKEY *key, const char *name)
{
    BIGNUM  *number;

    number = NULL;
    keys_need(EVP_PKEY_get_bn_param(key, name, &number) == 1);

    return number;
}


static void
keys_check(int ok, const char *what)
{
    if (ok) {
        return;
    }

    fprintf(stderr, "keys: %s failed\n", what);
    ERR_print_errors_fp(stderr);
    abort();
}


static void
keys_append_member(oauth_buf_t *buf, const char *name, oauth_str_t bytes)
{
    oauth_buf_append_literal(buf, ",\"");
    oauth_buf_append_str(buf, keys_str(name));
    oauth_buf_append_literal(buf, "\":\"");
    keys_append_base64url(buf, bytes);
    oauth_buf_append_literal(buf, "\"");
}


static void
keys_append_rsa(oauth_buf_t *buf, EVP_PKEY *key)
{
    size_t       i;
    BIGNUM      *number;
    oauth_buf_t  bytes;

    static const char  *names[] = { "n", "e" };

    oauth_buf_append_literal(buf, "\"kty\":\"RSA\"");

    for (i = 0; i < 2; i++) {
        memset(&bytes, 0, sizeof(oauth_buf_t));

        number = keys_number(key, names[i]);
        keys_append_number(&bytes, number, (size_t) BN_num_bytes(number));
        keys_append_member(buf, names[i], oauth_buf_str(&bytes));

        BN_free(number);
        oauth_buf_free(&bytes);
    }
}


static void
keys_append_ec(oauth_buf_t *buf, EVP_PKEY *key)
{
    size_t       i, coordinate;
    BIGNUM      *number;
    oauth_buf_t  bytes;

    static const char  *numbers[] = { "qx", "qy" };
    static const char  *names[] = { "x", "y" };

    coordinate = (size_t) (EVP_PKEY_get_bits(key) + 7) / 8;

    oauth_buf_append_literal(buf, "\"kty\":\"EC\",\"crv\":\"");
    oauth_buf_append_str(buf, keys_str(coordinate == 32 ? "P-256"
                                       : coordinate == 48 ? "P-384"
                                                          : "P-521"));
    oauth_buf_append_literal(buf, "\"");

    for (i = 0; i < 2; i++) {
        memset(&bytes, 0, sizeof(oauth_buf_t));

        number = keys_number(key, numbers[i]);
        keys_append_number(&bytes, number, coordinate);
        keys_append_member(buf, names[i], oauth_buf_str(&bytes));

        BN_free(number);
        oauth_buf_free(&bytes);
    }
}


static void
keys_append_okp(oauth_buf_t *buf, EVP_PKEY *key)
{
    size_t         len;
    unsigned char  bytes[57];

    len = sizeof(bytes);
    keys_need(EVP_PKEY_get_raw_public_key(key, bytes, &len) == 1);

    oauth_buf_append_literal(buf, "\"kty\":\"OKP\",\"crv\":\"");
    oauth_buf_append_str(buf, keys_str(len == 57 ? "Ed448" : "Ed25519"));
    oauth_buf_append_literal(buf, "\"");
    keys_append_member(buf, "x", (oauth_str_t) { len, bytes });
}


static void
keys_append_ecdsa(oauth_buf_t *buf, oauth_str_t der, size_t coordinate)
{
    ECDSA_SIG            *signature;
    const unsigned char  *p;

    p = der.data;
    signature = d2i_ECDSA_SIG(NULL, &p, (long) der.len);
    keys_need(signature);

    keys_append_number(buf, ECDSA_SIG_get0_r(signature), coordinate);
    keys_append_number(buf, ECDSA_SIG_get0_s(signature), coordinate);

    ECDSA_SIG_free(signature);
}
