
/*
 * One key with one algorithm, ready to verify (RFC 7518 sections 3.3 to 3.5,
 * RFC 8037 section 3.1).  When a verifier is made, all names are looked up and
 * all parameters set, so that a signature costs its arithmetic and little more.
 * A verifier owns its contexts, and through them a reference to the key.
 */


#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "oauth_point.h"
#include "oauth_verifier.h"


/*
 * SEQUENCE { INTEGER r, INTEGER s } in DER: each number may have one more byte
 * for its sign, and has two for its tag and length.
 */

#define OAUTH_INTEGERS_MAX    (2 * (OAUTH_COORDINATE_MAX + 3))
#define OAUTH_ECDSA_DER_MAX   (3 + OAUTH_INTEGERS_MAX)


struct oauth_verifier_s {
    const oauth_alg_t    *alg;
    EVP_PKEY_CTX         *pkey;         /* RSA and EC: ready to verify        */
    EVP_MD               *md;
    EVP_MD_CTX           *digest;       /* of a hash; for EdDSA the context
                                           that is copied                     */
};


static oauth_reason_t oauth_verifier_verdict(int rc);
static int oauth_verifier_init(oauth_verifier_t *verifier, EVP_PKEY *pkey);
static oauth_reason_t oauth_verifier_verify_eddsa(oauth_verifier_t *verifier,
    oauth_str_t input, oauth_str_t signature);
static size_t oauth_ecdsa_write(oauth_str_t signature, unsigned char *der);
static size_t oauth_ecdsa_write_integer(const unsigned char *data, size_t len,
    unsigned char *der);


oauth_verifier_t *
oauth_verifier_create(EVP_PKEY *pkey, const oauth_alg_t *alg)
{
    oauth_verifier_t  *verifier;

    verifier = OPENSSL_zalloc(sizeof(oauth_verifier_t));
    if (verifier == NULL) {
        return NULL;
    }

    verifier->alg = alg;

    if (oauth_verifier_init(verifier, pkey) != 0) {
        oauth_verifier_free(verifier);
        return NULL;
    }

    return verifier;
}


void
oauth_verifier_free(oauth_verifier_t *verifier)
{
    if (verifier == NULL) {
        return;
    }

    EVP_PKEY_CTX_free(verifier->pkey);
    EVP_MD_CTX_free(verifier->digest);
    EVP_MD_free(verifier->md);
    OPENSSL_free(verifier);
}


oauth_reason_t
oauth_verifier_verify(oauth_verifier_t *verifier, oauth_str_t input,
    oauth_str_t signature)
{
    unsigned int   len;
    unsigned char  hash[EVP_MAX_MD_SIZE], der[OAUTH_ECDSA_DER_MAX];

    if (verifier->alg->digest == NULL) {
        return oauth_verifier_verify_eddsa(verifier, input, signature);
    }

    if (EVP_DigestInit_ex2(verifier->digest, verifier->md, NULL) != 1
        || EVP_DigestUpdate(verifier->digest, input.data, input.len) != 1
        || EVP_DigestFinal_ex(verifier->digest, hash, &len) != 1)
    {
        return OAUTH_SERVER_ERROR;
    }

    if (verifier->alg->type == OAUTH_KEY_EC) {
        signature.len = oauth_ecdsa_write(signature, der);
        signature.data = der;
    }

    errno = 0;

    return oauth_verifier_verdict(EVP_PKEY_verify(verifier->pkey,
                                                  signature.data,
                                                  signature.len, hash, len));
}


/*
 * OpenSSL does not always say that it had no memory, but malloc does: it sets
 * errno, which the caller has set to 0 before.
 */

static oauth_reason_t
oauth_verifier_verdict(int rc)
{
    if (rc == 1) {
        return OAUTH_OK;
    }

    return (errno == ENOMEM) ? OAUTH_SERVER_ERROR : OAUTH_BAD_SIGNATURE;
}


static int
oauth_verifier_init(oauth_verifier_t *verifier, EVP_PKEY *pkey)
{
    int                 padding;
    EVP_MD             *md;
    EVP_PKEY_CTX       *ctx;
    const oauth_alg_t  *alg;

    alg = verifier->alg;

    verifier->digest = EVP_MD_CTX_new();
    if (verifier->digest == NULL) {
        return -1;
    }

    if (alg->digest == NULL) {
        return EVP_DigestVerifyInit(verifier->digest, NULL, NULL, NULL, pkey)
               == 1 ? 0 : -1;
    }

    md = EVP_MD_fetch(NULL, alg->digest, NULL);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    verifier->md = md;
    verifier->pkey = ctx;

    if (md == NULL
        || ctx == NULL
        || EVP_PKEY_verify_init(ctx) != 1
        || EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
    {
        return -1;
    }

    if (alg->type != OAUTH_KEY_RSA) {
        return 0;
    }

    padding = alg->pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;

    if (EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1) {
        return -1;
    }

    /* RFC 7518 section 3.5: MGF1 uses the same hash; the salt has its size. */

    if (alg->pss
        && (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1
            || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST)
               != 1))
    {
        return -1;
    }

    return 0;
}


/*
 * R of small order comes from a secret number that is 0, which no signer by RFC
 * 8032 has.  The RFC does not say what a verifier does then, and OpenSSL
 * accepts such a signature; it is refused here.
 *
 * Newer versions of OpenSSL use a context for one signature only, so that each
 * signature has a copy of its own.
 */

static oauth_reason_t
oauth_verifier_verify_eddsa(oauth_verifier_t *verifier, oauth_str_t input,
    oauth_str_t signature)
{
    EVP_MD_CTX      *ctx;
    oauth_reason_t   reason;

    if (oauth_point_is_small(verifier->alg, signature.data)) {
        return OAUTH_BAD_SIGNATURE;
    }

    reason = OAUTH_SERVER_ERROR;
    ctx = EVP_MD_CTX_new();

    if (ctx && EVP_MD_CTX_copy_ex(ctx, verifier->digest) == 1) {
        errno = 0;
        reason = oauth_verifier_verdict(EVP_DigestVerify(ctx, signature.data,
                                                         signature.len,
                                                         input.data,
                                                         input.len));
    }

    EVP_MD_CTX_free(ctx);

    return reason;
}


/* Turns r || s (RFC 7518 section 3.4) into DER, which OpenSSL needs. */

static size_t
oauth_ecdsa_write(oauth_str_t signature, unsigned char *der)
{
    size_t          len, half;
    unsigned char   numbers[OAUTH_INTEGERS_MAX], *p;

    half = signature.len / 2;

    len = oauth_ecdsa_write_integer(signature.data, half, numbers);
    len += oauth_ecdsa_write_integer(signature.data + half, half,
                                     numbers + len);
    p = der;
    *p++ = 0x30;

    if (len >= 0x80) {
        *p++ = 0x81;
    }

    *p++ = (unsigned char) len;

    memcpy(p, numbers, len);

    return (size_t) (p - der) + len;
}


static size_t
oauth_ecdsa_write_integer(const unsigned char *data, size_t len,
    unsigned char *der)
{
    unsigned char  *p;

    while (len > 1 && data[0] == 0) {
        data++;
        len--;
    }

    p = der;
    *p++ = 0x02;

    if (data[0] & 0x80) {
        *p++ = (unsigned char) (len + 1);
        *p++ = 0;

    } else {
        *p++ = (unsigned char) len;
    }

    memcpy(p, data, len);

    return (size_t) (p - der) + len;
}
