
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
#include "oauth_secret.h"
#include "oauth_signer.h"
#include "oauth_thumbprint.h"


#define OAUTH_SIGNER_BITS_MIN   2048
#define OAUTH_SIGNER_BITS_MAX   8192

/* The bytes of the longest signature, and of the longest public number. */

#define OAUTH_SIGNER_NUMBER     (OAUTH_SIGNER_BITS_MAX / 8)

#define OAUTH_SIGNER_HEADER     160     /* bytes: more than one has           */


struct oauth_signer_s {
    const oauth_alg_t    *alg;
    EVP_PKEY             *pkey;
    char                  kid[OAUTH_SIGNER_KID + 1];
    char                  header[OAUTH_SIGNER_HEADER];  /* of each JWT        */
};


/* The public key: n and e of RSA, x and y of a curve, and their bytes. */

typedef struct {
    oauth_str_t           first;
    oauth_str_t           second;
    unsigned char         bytes[2][OAUTH_SIGNER_NUMBER];
} oauth_signer_numbers_t;


static EVP_PKEY *oauth_signer_read(oauth_str_t pem, const char **why);
static int oauth_signer_passphrase(char *buf, int size, int writing,
    void *asked);
static const oauth_alg_t *oauth_signer_alg(const EVP_PKEY *pkey,
    const char **why);
static int oauth_signer_init(oauth_signer_t *signer, const char *type);
static int oauth_signer_is_pair(const oauth_signer_t *signer);
static int oauth_signer_name(oauth_signer_t *signer);
static int oauth_signer_numbers(const oauth_signer_t *signer,
    oauth_signer_numbers_t *numbers);
static oauth_str_t oauth_signer_number(const EVP_PKEY *pkey, const char *name,
    size_t len, unsigned char bytes[OAUTH_SIGNER_NUMBER]);
static int oauth_signer_write(const oauth_signer_t *signer, oauth_str_t input,
    unsigned char signature[OAUTH_SIGNER_NUMBER], size_t *len);
static int oauth_signer_write_ecdsa(const oauth_alg_t *alg,
    unsigned char signature[OAUTH_SIGNER_NUMBER], size_t *len);


oauth_result_t
oauth_signer_create(oauth_str_t pem, const char *type,
    oauth_signer_t **signer, const char **why)
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

        if (oauth_signer_init(*signer, type) == 0) {
            result = OAUTH_DONE;
        }

    } else {
        EVP_PKEY_free(pkey);
    }

    ERR_clear_error();

    if (result != OAUTH_DONE) {
        oauth_signer_free(*signer);
        *signer = NULL;
        *why = "it cannot sign what its public half verifies, or memory is "
               "short";
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


int
oauth_signer_append_jwk(const oauth_signer_t *signer, oauth_buf_t *buf)
{
    int                     rsa;
    oauth_signer_numbers_t  numbers;

    if (oauth_signer_numbers(signer, &numbers) != 0) {
        return -1;
    }

    rsa = (signer->alg->type == OAUTH_KEY_RSA);

    if (rsa) {
        oauth_buf_append_literal(buf, "{\"kty\":\"RSA\",\"n\":\"");

    } else {
        oauth_buf_append_literal(buf, "{\"kty\":\"EC\",\"crv\":\"");
        oauth_buf_append_str(buf, signer->alg->curve);
        oauth_buf_append_literal(buf, "\",\"x\":\"");
    }

    oauth_base64url_append(buf, numbers.first);
    oauth_buf_append_text(buf, rsa ? "\",\"e\":\"" : "\",\"y\":\"");
    oauth_base64url_append(buf, numbers.second);
    oauth_buf_append_literal(buf, "\",\"kid\":\"");
    oauth_buf_append_text(buf, signer->kid);
    oauth_buf_append_literal(buf, "\",\"alg\":\"");
    oauth_buf_append_str(buf, signer->alg->name);
    oauth_buf_append_literal(buf, "\",\"use\":\"sig\"}");

    return buf->failed ? -1 : 0;
}


int
oauth_signer_sign(const oauth_signer_t *signer, oauth_str_t claims,
    oauth_buf_t *buf)
{
    int             rc;
    size_t          start, len;
    oauth_str_t     input;
    unsigned char   signature[OAUTH_SIGNER_NUMBER];

    /* Nothing grows after this, so that no copy of the JWT is left behind. */

    oauth_buf_reserve(buf, oauth_base64url_encoded_size(OAUTH_SIGNER_HEADER)
                           + oauth_base64url_encoded_size(claims.len)
                           + oauth_base64url_encoded_size(sizeof(signature))
                           + 2);
    if (buf->failed) {
        return -1;
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
        return -1;
    }

    oauth_buf_append_literal(buf, ".");
    oauth_base64url_append(buf, (oauth_str_t) { len, signature });

    return 0;
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


/* Returns 0; else -1: the key is not good to sign, or memory is short. */

static int
oauth_signer_init(oauth_signer_t *signer, const char *type)
{
    int  n;

    if (oauth_signer_name(signer) != 0) {
        return -1;
    }

    n = snprintf(signer->header, OAUTH_SIGNER_HEADER,
                 "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%s\"}",
                 (const char *) signer->alg->name.data, type, signer->kid);

    if (n < 0 || n >= OAUTH_SIGNER_HEADER) {
        return -1;
    }

    return oauth_signer_is_pair(signer) ? 0 : -1;
}


/*
 * The first signature shows that OpenSSL can use the key.  A damaged file may
 * hold the public key of another pair, which is the one that verifiers get.
 */

static int
oauth_signer_is_pair(const oauth_signer_t *signer)
{
    int             rc;
    size_t          len;
    EVP_MD_CTX     *ctx;
    unsigned char   signature[OAUTH_SIGNER_NUMBER];

    static const unsigned char  text[] = "text";

    len = sizeof(signature);
    ctx = EVP_MD_CTX_new();

    rc = ctx
         && EVP_DigestSignInit_ex(ctx, NULL, signer->alg->digest, NULL, NULL,
                                  signer->pkey, NULL) == 1
         && EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) == 1
         && len <= sizeof(signature)
         && EVP_MD_CTX_reset(ctx) == 1
         && EVP_DigestVerifyInit_ex(ctx, NULL, signer->alg->digest, NULL, NULL,
                                    signer->pkey, NULL) == 1
         && EVP_DigestVerify(ctx, signature, len, text, sizeof(text)) == 1;

    EVP_MD_CTX_free(ctx);

    return rc;
}


/* Sets the kid.  Returns 0, or -1 where memory is short. */

static int
oauth_signer_name(oauth_signer_t *signer)
{
    unsigned char           *kid;
    oauth_signer_numbers_t   numbers;

    kid = (unsigned char *) signer->kid;

    if (oauth_signer_numbers(signer, &numbers) != 0) {
        return -1;
    }

    return (signer->alg->type == OAUTH_KEY_RSA)
           ? oauth_thumbprint_write_rsa(numbers.first, numbers.second, kid)
           : oauth_thumbprint_write_ec(signer->alg->curve, numbers.first,
                                       numbers.second, kid);
}


/* Returns 0, or -1 where memory is short. */

static int
oauth_signer_numbers(const oauth_signer_t *signer,
    oauth_signer_numbers_t *numbers)
{
    size_t     len;
    EVP_PKEY  *pkey;

    pkey = signer->pkey;

    if (signer->alg->type == OAUTH_KEY_RSA) {
        numbers->first = oauth_signer_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0,
                                             numbers->bytes[0]);
        numbers->second = oauth_signer_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0,
                                              numbers->bytes[1]);

    } else {
        len = signer->alg->coordinate;
        numbers->first = oauth_signer_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                                             len, numbers->bytes[0]);
        numbers->second = oauth_signer_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                                              len, numbers->bytes[1]);
    }

    ERR_clear_error();

    return (numbers->first.data && numbers->second.data) ? 0 : -1;
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
