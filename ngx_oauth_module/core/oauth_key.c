
/*
 * Imports public keys (RFC 7518 section 6, RFC 8032, RFC 8037 section 2) into
 * OpenSSL 3.  First the lengths are checked, then the numbers, and only then
 * OpenSSL sees them.
 *
 * A key owns its EVP_PKEY, and one verifier for each algorithm that it has been
 * used with.
 */


#include <errno.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "oauth_key.h"
#include "oauth_point.h"
#include "oauth_verifier.h"


#define OAUTH_RSA_BITS_MIN    2048
#define OAUTH_RSA_BITS_MAX    8192
#define OAUTH_RSA_E_BITS_MAX  32


struct oauth_key_s {
    EVP_PKEY             *pkey;
    const oauth_alg_t    *alg;          /* that of its curve; NULL for RSA    */
    size_t                signature;    /* the exact length, in bytes         */
    oauth_verifier_t     *verifiers[OAUTH_ALGS];
};


static oauth_result_t oauth_key_create(EVP_PKEY *pkey, const oauth_alg_t *alg,
    size_t signature, oauth_key_t **key);
static oauth_result_t oauth_key_failure(void);
static EVP_PKEY *oauth_key_import(const char *type, OSSL_PARAM_BLD *build);
static int oauth_rsa_is_usable(const BIGNUM *n, const BIGNUM *e);
static int oauth_coordinate_write(oauth_str_t s, unsigned char *dst,
    size_t size);
static oauth_verifier_t *oauth_key_verifier(oauth_key_t *key,
    const oauth_alg_t *alg);
static int oauth_key_out_of_memory(void);


oauth_result_t
oauth_key_create_rsa(oauth_str_t n, oauth_str_t e, oauth_key_t **key)
{
    size_t           size;
    BIGNUM          *modulus, *exponent;
    EVP_PKEY        *pkey;
    OSSL_PARAM_BLD  *build;

    *key = NULL;

    /* One byte more, since some servers write a zero byte before a modulus. */

    if (n.len > OAUTH_RSA_BITS_MAX / 8 + 1 || e.len > OAUTH_RSA_BITS_MAX / 8) {
        return OAUTH_INVALID;
    }

    errno = 0;
    pkey = NULL;
    size = 0;

    build = OSSL_PARAM_BLD_new();
    modulus = BN_bin2bn(n.data, (int) n.len, NULL);
    exponent = BN_bin2bn(e.data, (int) e.len, NULL);

    if (build && modulus && exponent
        && oauth_rsa_is_usable(modulus, exponent)
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus)
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
    {
        size = (size_t) BN_num_bytes(modulus);
        pkey = oauth_key_import("RSA", build);
    }

    OSSL_PARAM_BLD_free(build);
    BN_free(modulus);
    BN_free(exponent);

    return oauth_key_create(pkey, NULL, size, key);
}


oauth_result_t
oauth_key_create_ec(oauth_str_t curve, oauth_str_t x, oauth_str_t y,
    oauth_key_t **key)
{
    size_t              size;
    EVP_PKEY           *pkey;
    unsigned char       point[1 + 2 * OAUTH_COORDINATE_MAX];
    OSSL_PARAM_BLD     *build;
    const oauth_alg_t  *alg;

    *key = NULL;

    alg = oauth_alg_of_curve(OAUTH_KEY_EC, curve);
    if (alg == NULL) {
        return OAUTH_INVALID;
    }

    errno = 0;
    size = alg->coordinate;
    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    if (oauth_coordinate_write(x, point + 1, size) != 0
        || oauth_coordinate_write(y, point + 1 + size, size) != 0
        || !oauth_point_is_on_curve(alg, point + 1, point + 1 + size))
    {
        return oauth_key_failure();
    }

    pkey = NULL;
    build = OSSL_PARAM_BLD_new();

    if (build
        && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                           (const char *) alg->curve.data,
                                           alg->curve.len)
        && OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
                                            point, 1 + 2 * size))
    {
        pkey = oauth_key_import("EC", build);
    }

    OSSL_PARAM_BLD_free(build);

    return oauth_key_create(pkey, alg, 2 * size, key);
}


/*
 * RFC 8032 encodes y in little-endian.  A server that takes these bytes for a
 * big-endian number drops zero bytes at their beginning, or adds some.  No more
 * than one may be missing: since every second string of bytes is a point, a key
 * that was cut off could not be told from another key.
 */

oauth_result_t
oauth_key_create_okp(oauth_str_t curve, oauth_str_t x, oauth_key_t **key)
{
    size_t              size;
    EVP_PKEY           *pkey;
    unsigned char       point[OAUTH_COORDINATE_MAX];
    const oauth_alg_t  *alg;

    *key = NULL;

    alg = oauth_alg_of_curve(OAUTH_KEY_OKP, curve);
    if (alg == NULL) {
        return OAUTH_INVALID;
    }

    errno = 0;
    size = alg->coordinate;

    if (x.len + 1 < size
        || oauth_coordinate_write(x, point, size) != 0
        || !oauth_point_is_sound(alg, point))
    {
        return oauth_key_failure();
    }

    pkey = EVP_PKEY_new_raw_public_key_ex(NULL, (const char *) alg->curve.data,
                                          NULL, point, size);

    return oauth_key_create(pkey, alg, 2 * size, key);
}


void
oauth_key_free(oauth_key_t *key)
{
    size_t  i;

    if (key == NULL) {
        return;
    }

    for (i = 0; i < OAUTH_ALGS; i++) {
        oauth_verifier_free(key->verifiers[i]);
    }

    EVP_PKEY_free(key->pkey);
    OPENSSL_free(key);
}


oauth_algs_t
oauth_key_algorithms(const oauth_key_t *key)
{
    return key->alg ? key->alg->bits : OAUTH_ALGS_RSA;
}


oauth_reason_t
oauth_key_verify(oauth_key_t *key, const oauth_alg_t *alg, oauth_str_t input,
    oauth_str_t signature)
{
    oauth_reason_t     reason;
    oauth_verifier_t  *verifier;

    /*
     * The exact length is a matter of security: OpenSSL 3.0 accepts a PSS
     * signature whose first byte, a zero, is missing.
     */

    if (!(oauth_key_algorithms(key) & alg->bits)
        || signature.len != key->signature)
    {
        return OAUTH_BAD_SIGNATURE;
    }

    /* The curve of the key says what EdDSA stands for. */

    if (key->alg) {
        alg = key->alg;
    }

    ERR_clear_error();

    verifier = oauth_key_verifier(key, alg);
    if (verifier == NULL) {
        ERR_clear_error();
        return OAUTH_SERVER_ERROR;
    }

    reason = oauth_verifier_verify(verifier, input, signature);

    if (reason == OAUTH_BAD_SIGNATURE && oauth_key_out_of_memory()) {
        reason = OAUTH_SERVER_ERROR;
    }

    ERR_clear_error();

    return reason;
}


/* Owns pkey from now on, in any case.  pkey may be NULL: it was no key. */

static oauth_result_t
oauth_key_create(EVP_PKEY *pkey, const oauth_alg_t *alg, size_t signature,
    oauth_key_t **key)
{
    oauth_key_t  *k;

    k = pkey ? OPENSSL_zalloc(sizeof(oauth_key_t)) : NULL;

    if (k == NULL) {
        EVP_PKEY_free(pkey);
        return oauth_key_failure();
    }

    ERR_clear_error();

    k->pkey = pkey;
    k->alg = alg;
    k->signature = signature;

    *key = k;

    return OAUTH_DONE;
}


/*
 * OpenSSL does not always say that it had no memory, but malloc does: it sets
 * errno, which was 0 before.
 */

static oauth_result_t
oauth_key_failure(void)
{
    ERR_clear_error();

    return (errno == ENOMEM) ? OAUTH_NO_MEMORY : OAUTH_INVALID;
}


/*
 * OpenSSL checks once more that an EC key is on its curve.  A check of the
 * order is not needed, since the cofactor of the NIST curves is 1.  RSA keys
 * are not checked by OpenSSL: it would search for factors of the modulus, which
 * takes milliseconds and proves nothing about the owner of the key.
 */

static EVP_PKEY *
oauth_key_import(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY      *pkey;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx, *check;

    pkey = NULL;
    check = NULL;

    /* OpenSSL crashes where it had no memory for its default context. */

    if (OSSL_LIB_CTX_get0_global_default() == NULL) {
        return NULL;
    }

    params = OSSL_PARAM_BLD_to_param(build);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (params && ctx
        && EVP_PKEY_fromdata_init(ctx) == 1
        && EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1
        && EVP_PKEY_is_a(pkey, "EC"))
    {
        check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

        if (check == NULL || EVP_PKEY_public_check_quick(check) != 1) {
            EVP_PKEY_free(pkey);
            pkey = NULL;
        }
    }

    EVP_PKEY_CTX_free(check);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);

    return pkey;
}


static int
oauth_rsa_is_usable(const BIGNUM *n, const BIGNUM *e)
{
    int  bits;

    bits = BN_num_bits(n);

    return bits >= OAUTH_RSA_BITS_MIN
           && bits <= OAUTH_RSA_BITS_MAX
           && BN_is_odd(n)
           && BN_is_odd(e)
           && !BN_is_one(e)
           && BN_num_bits(e) <= OAUTH_RSA_E_BITS_MAX;
}


/*
 * Writes a big-endian number as size bytes.  Some servers leave out zero bytes
 * at its beginning, which RFC 7518 section 6.2.1.2 forbids, or write too many.
 * Returns 0, or -1 where the number is empty or too large.
 */

static int
oauth_coordinate_write(oauth_str_t s, unsigned char *dst, size_t size)
{
    while (s.len > size && s.data[0] == 0) {
        s.data++;
        s.len--;
    }

    if (s.len == 0 || s.len > size) {
        return -1;
    }

    memset(dst, 0, size - s.len);
    memcpy(dst + size - s.len, s.data, s.len);

    return 0;
}


/*
 * A verifier is made when it is first needed, since most keys are used with one
 * algorithm only.  NULL: memory is short.
 */

static oauth_verifier_t *
oauth_key_verifier(oauth_key_t *key, const oauth_alg_t *alg)
{
    if (key->verifiers[alg->id] == NULL) {
        key->verifiers[alg->id] = oauth_verifier_create(key->pkey, alg);
    }

    return key->verifiers[alg->id];
}


/*
 * 1: an error in the queue says that memory was short.  If OpenSSL 3.6 has no
 * memory to describe an error, there is a 0 before it in the queue, so the
 * queue may not be empty afterwards.
 */

static int
oauth_key_out_of_memory(void)
{
    int            found;
    unsigned long  error;

    for (found = 0; (error = ERR_get_error()) != 0; /* void */) {
        if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) {
            found = 1;
        }
    }

    return found;
}
