
/*
 * Signs JWTs with a private key (RFC 7515 section 5.1; RFC 7518 sections 3.3
 * and 3.4), by OpenSSL.  The kid is the thumbprint of the public key (RFC
 * 7638).  A signer owns its key, whose private numbers OpenSSL wipes when it
 * frees the key.
 */


#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "oauth_alg.h"
#include "oauth_base64url.h"
#include "oauth_json.h"
#include "oauth_secret.h"
#include "oauth_signer.h"
#include "oauth_thumbprint.h"


#define OAUTH_SIGNER_BITS_MIN   2048
#define OAUTH_SIGNER_BITS_MAX   8192

/* The bytes of the longest signature, and of the longest public number. */

#define OAUTH_SIGNER_NUMBER     (OAUTH_SIGNER_BITS_MAX / 8)

#define OAUTH_SIGNER_HEADER     128     /* bytes: more than one has           */


struct oauth_signer_s {
    const oauth_alg_t    *alg;
    EVP_PKEY             *pkey;
    char                  kid[OAUTH_SIGNER_KID + 1];
    char                  header[OAUTH_SIGNER_HEADER];  /* of each JWT        */
};


static EVP_PKEY *oauth_signer_read(oauth_str_t pem, const char **why);
static int oauth_signer_passphrase(char *buf, int size, int writing,
    void *asked);
static const oauth_alg_t *oauth_signer_alg(const EVP_PKEY *pkey,
    const char **why);
static oauth_result_t oauth_signer_init(oauth_signer_t *signer);
static int oauth_signer_name(oauth_signer_t *signer);
static oauth_str_t oauth_signer_number(const EVP_PKEY *pkey, const char *name,
    size_t len, unsigned char bytes[OAUTH_SIGNER_NUMBER]);
static oauth_result_t oauth_signer_check(oauth_str_t claims);
static int oauth_signer_write(const oauth_signer_t *signer, oauth_str_t input,
    unsigned char signature[OAUTH_SIGNER_NUMBER], size_t *len);
static int oauth_signer_write_ecdsa(const oauth_alg_t *alg,
    unsigned char signature[OAUTH_SIGNER_NUMBER], size_t *len);


oauth_result_t
oauth_signer_create(oauth_str_t pem, oauth_signer_t **signer,
    const char **why)
{
    EVP_PKEY           *pkey;
    oauth_result_t      result;
    const oauth_alg_t  *alg;

    *signer = NULL;
    *why = NULL;

    pkey = oauth_signer_read(pem, why);
    alg = pkey ? oauth_signer_alg(pkey, why) : NULL;

    if (alg == NULL) {
        EVP_PKEY_free(pkey);
        ERR_clear_error();
        return OAUTH_INVALID;
    }

    result = OAUTH_NO_MEMORY;
    *signer = calloc(1, sizeof(oauth_signer_t));

    if (*signer) {
        (*signer)->alg = alg;
        (*signer)->pkey = pkey;
        result = oauth_signer_init(*signer);

    } else {
        EVP_PKEY_free(pkey);
    }

    ERR_clear_error();

    if (result != OAUTH_DONE) {
        oauth_signer_free(*signer);
        *signer = NULL;
        *why = "it cannot be used to sign, or memory is short";
    }

    return result;
}


void
oauth_signer_free(oauth_signer_t *signer)
{
    if (signer == NULL) {
        return;
    }

    EVP_PKEY_free(signer->pkey);
    free(signer);
}


oauth_str_t
oauth_signer_kid(const oauth_signer_t *signer)
{
    return oauth_str_of(signer->kid);
}


oauth_result_t
oauth_signer_sign(const oauth_signer_t *signer, oauth_str_t claims,
    oauth_buf_t *buf)
{
    int              rc;
    size_t           start, len;
    oauth_str_t      input;
    unsigned char    signature[OAUTH_SIGNER_NUMBER];
    oauth_result_t   result;

    result = oauth_signer_check(claims);
    if (result != OAUTH_DONE) {
        return result;
    }

    /* Nothing grows after this, so that no copy of the JWT is left behind. */

    oauth_buf_reserve(buf, oauth_base64url_encoded_size(OAUTH_SIGNER_HEADER)
                           + oauth_base64url_encoded_size(claims.len)
                           + oauth_base64url_encoded_size(sizeof(signature))
                           + 2);
    if (buf->failed) {
        return OAUTH_NO_MEMORY;
    }

    start = buf->len;

    oauth_base64url_append(buf, oauth_str_of(signer->header));
    oauth_buf_append_literal(buf, ".");
    oauth_base64url_append(buf, claims);

    input.data = buf->data + start;
    input.len = buf->len - start;

    rc = oauth_signer_write(signer, input, signature, &len);

    ERR_clear_error();

    if (rc != 0) {
        oauth_secret_wipe(buf->data + start, input.len);
        buf->len = start;
        return OAUTH_NO_MEMORY;
    }

    oauth_buf_append_literal(buf, ".");
    oauth_base64url_append(buf, (oauth_str_t) { len, signature });

    return OAUTH_DONE;
}


/* Returns the key; NULL: there is none that can be read. */

static EVP_PKEY *
oauth_signer_read(oauth_str_t pem, const char **why)
{
    int        asked;
    BIO       *bio;
    EVP_PKEY  *pkey;

    asked = 0;
    pkey = NULL;
    bio = (pem.len > 0 && pem.len < INT_MAX)
          ? BIO_new_mem_buf(pem.data, (int) pem.len) : NULL;

    if (bio) {
        pkey = PEM_read_bio_PrivateKey(bio, NULL, oauth_signer_passphrase,
                                       &asked);
    }

    if (pkey == NULL) {
        *why = asked ? "it has a passphrase; remove that with: openssl pkey"
                     : "there is no private key in PEM in it";
    }

    BIO_free(bio);

    return pkey;
}


/* Without this function, OpenSSL asks for a passphrase at the terminal. */

static int
oauth_signer_passphrase(char *buf, int size, int writing, void *asked)
{
    (void) buf;
    (void) size;
    (void) writing;

    *(int *) asked = 1;

    return -1;
}


/* Returns NULL, and *why, for a key that is not used here. */

static const oauth_alg_t *
oauth_signer_alg(const EVP_PKEY *pkey, const char **why)
{
    int   bits;
    char  curve[32];

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        bits = EVP_PKEY_get_bits(pkey);

        if (bits >= OAUTH_SIGNER_BITS_MIN && bits <= OAUTH_SIGNER_BITS_MAX) {
            return oauth_alg_get(OAUTH_ALG_RS256);
        }

        *why = "it is an RSA key that has not 2048 to 8192 bits";
        return NULL;
    }

    if (EVP_PKEY_is_a(pkey, "EC")
        && EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) == 1
        && strcmp(curve, "prime256v1") == 0)
    {
        return oauth_alg_get(OAUTH_ALG_ES256);
    }

    *why = "it is neither an RSA key nor an EC key on the curve P-256";

    return NULL;
}


/* The first signature shows that OpenSSL can use the key. */

static oauth_result_t
oauth_signer_init(oauth_signer_t *signer)
{
    oauth_buf_t      buf;
    oauth_result_t   result;

    if (oauth_signer_name(signer) != 0) {
        return OAUTH_NO_MEMORY;
    }

    (void) snprintf(signer->header, OAUTH_SIGNER_HEADER,
                    "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
                    (const char *) signer->alg->name.data, signer->kid);

    memset(&buf, 0, sizeof(oauth_buf_t));

    result = oauth_signer_sign(signer, oauth_str("{}"), &buf);
    oauth_secret_free(&buf);

    return result;
}


/* Sets the kid.  Returns 0, or -1 where memory is short. */

static int
oauth_signer_name(oauth_signer_t *signer)
{
    int             rc;
    size_t          len;
    EVP_PKEY       *pkey;
    oauth_str_t     first, second;
    unsigned char   numbers[2][OAUTH_SIGNER_NUMBER], *kid;

    pkey = signer->pkey;
    kid = (unsigned char *) signer->kid;

    if (signer->alg->type == OAUTH_KEY_RSA) {
        first = oauth_signer_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0,
                                    numbers[0]);
        second = oauth_signer_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0,
                                     numbers[1]);
        rc = (first.data && second.data)
             ? oauth_thumbprint_write_rsa(first, second, kid) : -1;

    } else {
        len = signer->alg->coordinate;
        first = oauth_signer_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, len,
                                    numbers[0]);
        second = oauth_signer_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, len,
                                     numbers[1]);
        rc = (first.data && second.data)
             ? oauth_thumbprint_write_ec(signer->alg->curve, first, second,
                                         kid)
             : -1;
    }

    return rc;
}


/*
 * Writes a big-endian number of the public key to bytes, len of them; where len
 * is 0, as many as it needs.  Absent: memory is short.
 */

static oauth_str_t
oauth_signer_number(const EVP_PKEY *pkey, const char *name, size_t len,
    unsigned char bytes[OAUTH_SIGNER_NUMBER])
{
    BIGNUM       *number;
    oauth_str_t   str;

    number = NULL;
    str = (oauth_str_t) { 0, NULL };

    if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1) {
        len = len ? len : (size_t) BN_num_bytes(number);

        if (len <= OAUTH_SIGNER_NUMBER
            && BN_bn2binpad(number, bytes, (int) len) == (int) len)
        {
            str.data = bytes;
            str.len = len;
        }
    }

    BN_free(number);

    return str;
}


/* Requires the claims to be an object.  Reading changes them, so a copy is. */

static oauth_result_t
oauth_signer_check(oauth_str_t claims)
{
    size_t           n;
    oauth_buf_t      text;
    oauth_json_t    *nodes;
    oauth_result_t   result;

    if (claims.len == 0) {
        return OAUTH_INVALID;
    }

    memset(&text, 0, sizeof(oauth_buf_t));

    oauth_buf_append_str(&text, claims);

    n = oauth_json_nodes(claims.len);
    nodes = calloc(n, sizeof(oauth_json_t));
    result = OAUTH_NO_MEMORY;

    if (nodes && !text.failed) {
        result = oauth_json_parse(text.data, text.len, nodes, n)
                 ? OAUTH_DONE : OAUTH_INVALID;
    }

    free(nodes);
    oauth_secret_free(&text);

    return result;
}


/*
 * Returns 0; -1: memory is short, or the key cannot sign.  Where OpenSSL has no
 * memory to write an ECDSA signature, it may report success and a length of -1
 * as an unsigned number.
 */

static int
oauth_signer_write(const oauth_signer_t *signer, oauth_str_t input,
    unsigned char signature[OAUTH_SIGNER_NUMBER], size_t *len)
{
    int          rc;
    EVP_MD_CTX  *ctx;

    rc = -1;
    *len = OAUTH_SIGNER_NUMBER;
    ctx = EVP_MD_CTX_new();

    if (ctx
        && EVP_DigestSignInit_ex(ctx, NULL, signer->alg->digest, NULL, NULL,
                                 signer->pkey, NULL) == 1
        && EVP_DigestSign(ctx, signature, len, input.data, input.len) == 1
        && *len <= OAUTH_SIGNER_NUMBER)
    {
        rc = (signer->alg->type == OAUTH_KEY_EC)
             ? oauth_signer_write_ecdsa(signer->alg, signature, len) : 0;
    }

    EVP_MD_CTX_free(ctx);

    return rc;
}


/* Replaces the DER that OpenSSL writes by r || s (RFC 7518 section 3.4). */

static int
oauth_signer_write_ecdsa(const oauth_alg_t *alg,
    unsigned char signature[OAUTH_SIGNER_NUMBER], size_t *len)
{
    int                   rc, half;
    ECDSA_SIG            *numbers;
    const unsigned char  *der;

    der = signature;
    half = (int) alg->coordinate;
    numbers = d2i_ECDSA_SIG(NULL, &der, (long) *len);

    rc = (numbers
          && BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, half) == half
          && BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + half, half)
             == half)
         ? 0 : -1;

    *len = 2 * alg->coordinate;

    ECDSA_SIG_free(numbers);

    return rc;
}
