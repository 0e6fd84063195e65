
/*
 * Signs JWTs with a private key (RFC 7515 section 5.1).  OpenSSL reads the key
 * and says what it is; libjwt signs.  The kid is the thumbprint of the public
 * key (RFC 7638).  A signer is one block of memory with a copy of the key.
 */


#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "oauth_secret.h"
#include "oauth_signer.h"
#include "oauth_thumbprint.h"


#define OAUTH_SIGNER_BITS_MIN    2048
#define OAUTH_SIGNER_BITS_MAX    8192
#define OAUTH_SIGNER_COORDINATE  32     /* bytes: P-256                       */
#define OAUTH_SIGNER_ROOM        65536  /* more than libjwt asks for          */


struct oauth_signer_s {
    jwt_alg_t             alg;
    char                  kid[OAUTH_SIGNER_KID + 1];
    size_t                len;          /* of pem, without its zero byte      */
    char                  pem[];
};


static EVP_PKEY *oauth_signer_read(oauth_str_t pem, const char **why);
static int oauth_signer_passphrase(char *buf, int size, int writing,
    void *asked);
static jwt_alg_t oauth_signer_alg(const EVP_PKEY *pkey, const char **why);
static oauth_signer_t *oauth_signer_copy(const EVP_PKEY *pkey);
static int oauth_signer_name(oauth_signer_t *signer, const EVP_PKEY *pkey);
static oauth_str_t oauth_signer_number(const EVP_PKEY *pkey, const char *name,
    int len, unsigned char bytes[OAUTH_SIGNER_BITS_MAX / 8]);
static jwt_t *oauth_signer_jwt(const oauth_signer_t *signer);


oauth_result_t
oauth_signer_create(oauth_str_t pem, oauth_signer_t **signer,
    const char **why)
{
    EVP_PKEY        *pkey;
    jwt_alg_t        alg;
    oauth_buf_t      buf;
    oauth_result_t   result;

    *signer = NULL;
    *why = NULL;

    pkey = oauth_signer_read(pem, why);
    alg = pkey ? oauth_signer_alg(pkey, why) : JWT_ALG_NONE;

    if (alg == JWT_ALG_NONE) {
        EVP_PKEY_free(pkey);
        ERR_clear_error();
        return OAUTH_INVALID;
    }

    *signer = oauth_signer_copy(pkey);
    result = OAUTH_NO_MEMORY;

    /* A first signature shows that libjwt can use the key. */

    if (*signer && oauth_signer_name(*signer, pkey) == 0) {
        (*signer)->alg = alg;

        memset(&buf, 0, sizeof(oauth_buf_t));
        result = oauth_signer_sign(*signer, oauth_str("{}"), &buf);
        oauth_secret_free(&buf);
    }

    EVP_PKEY_free(pkey);
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

    oauth_secret_wipe(signer, sizeof(oauth_signer_t) + signer->len + 1);
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
    char            *text;
    jwt_t           *jwt;
    oauth_buf_t      json;
    oauth_result_t   result;

    if (claims.len == 0 || memchr(claims.data, 0, claims.len)) {
        return OAUTH_INVALID;
    }

    memset(&json, 0, sizeof(oauth_buf_t));

    /* libjwt crashes where memory is short, so that there has to be some. */

    oauth_buf_reserve(&json, OAUTH_SIGNER_ROOM + 8 * claims.len);

    if (json.failed) {
        return OAUTH_NO_MEMORY;
    }

    oauth_buf_free(&json);

    oauth_buf_reserve(&json, claims.len + 1);
    oauth_buf_append_str(&json, claims);
    oauth_buf_append(&json, "", 1);

    result = OAUTH_NO_MEMORY;
    text = NULL;
    jwt = json.failed ? NULL : oauth_signer_jwt(signer);

    if (jwt && jwt_add_grants_json(jwt, (char *) json.data) != 0) {
        result = OAUTH_INVALID;

    } else if (jwt) {
        text = jwt_encode_str(jwt);
    }

    if (text) {
        oauth_buf_append_text(buf, text);
        result = buf->failed ? OAUTH_NO_MEMORY : OAUTH_DONE;

        oauth_secret_wipe(text, strlen(text));
        free(text);
    }

    jwt_free(jwt);
    oauth_secret_free(&json);
    ERR_clear_error();

    return result;
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


/* Returns JWT_ALG_NONE, and *why, for a key that is not used here. */

static jwt_alg_t
oauth_signer_alg(const EVP_PKEY *pkey, const char **why)
{
    int   bits;
    char  curve[32];

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        bits = EVP_PKEY_get_bits(pkey);

        if (bits >= OAUTH_SIGNER_BITS_MIN && bits <= OAUTH_SIGNER_BITS_MAX) {
            return JWT_ALG_RS256;
        }

        *why = "it is an RSA key that has not 2048 to 8192 bits";
        return JWT_ALG_NONE;
    }

    if (EVP_PKEY_is_a(pkey, "EC")
        && EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL) == 1
        && strcmp(curve, "prime256v1") == 0)
    {
        return JWT_ALG_ES256;
    }

    *why = "it is neither an RSA key nor an EC key on the curve P-256";

    return JWT_ALG_NONE;
}


/*
 * The key is written anew, because what was read may have other things around
 * it, such as certificates.  Returns NULL where memory is short.
 */

static oauth_signer_t *
oauth_signer_copy(const EVP_PKEY *pkey)
{
    BIO             *bio;
    char            *pem;
    long             len;
    oauth_signer_t  *signer;

    signer = NULL;
    bio = BIO_new(BIO_s_secmem());

    if (bio && PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL)
               == 1)
    {
        len = BIO_get_mem_data(bio, &pem);
        signer = malloc(sizeof(oauth_signer_t) + (size_t) len + 1);

        if (signer) {
            signer->len = (size_t) len;
            memcpy(signer->pem, pem, (size_t) len);
            signer->pem[len] = '\0';
        }
    }

    BIO_free(bio);

    return signer;
}


/* Sets the kid.  Returns 0, or -1 where memory is short. */

static int
oauth_signer_name(oauth_signer_t *signer, const EVP_PKEY *pkey)
{
    int            rc;
    oauth_str_t    first, second;
    unsigned char  numbers[2][OAUTH_SIGNER_BITS_MAX / 8], *kid;

    kid = (unsigned char *) signer->kid;

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        first = oauth_signer_number(pkey, OSSL_PKEY_PARAM_RSA_N, 0,
                                    numbers[0]);
        second = oauth_signer_number(pkey, OSSL_PKEY_PARAM_RSA_E, 0,
                                     numbers[1]);
        rc = (first.data && second.data)
             ? oauth_thumbprint_write_rsa(first, second, kid) : -1;

    } else {
        first = oauth_signer_number(pkey, OSSL_PKEY_PARAM_EC_PUB_X,
                                    OAUTH_SIGNER_COORDINATE, numbers[0]);
        second = oauth_signer_number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                                     OAUTH_SIGNER_COORDINATE, numbers[1]);
        rc = (first.data && second.data)
             ? oauth_thumbprint_write_ec(oauth_str("P-256"), first, second,
                                         kid)
             : -1;
    }

    signer->kid[OAUTH_SIGNER_KID] = '\0';

    return rc;
}


/*
 * Writes a big-endian number of the public key to bytes, len of them; where len
 * is 0, as many as it needs.  Absent: memory is short.
 */

static oauth_str_t
oauth_signer_number(const EVP_PKEY *pkey, const char *name, int len,
    unsigned char bytes[OAUTH_SIGNER_BITS_MAX / 8])
{
    BIGNUM       *number;
    oauth_str_t   str;

    number = NULL;
    str = (oauth_str_t) { 0, NULL };

    if (EVP_PKEY_get_bn_param(pkey, name, &number) == 1) {
        len = len ? len : BN_num_bytes(number);

        if (len <= OAUTH_SIGNER_BITS_MAX / 8
            && BN_bn2binpad(number, bytes, len) == len)
        {
            str.data = bytes;
            str.len = (size_t) len;
        }
    }

    BN_free(number);

    return str;
}


/* Returns a JWT without claims that has its key; NULL: memory is short. */

static jwt_t *
oauth_signer_jwt(const oauth_signer_t *signer)
{
    jwt_t  *jwt;

    if (jwt_new(&jwt) != 0) {
        return NULL;
    }

    if (jwt_add_header(jwt, "kid", signer->kid) != 0
        || jwt_set_alg(jwt, signer->alg, (const unsigned char *) signer->pem,
                       (int) signer->len) != 0)
    {
        jwt_free(jwt);
        return NULL;
    }

    return jwt;
}
