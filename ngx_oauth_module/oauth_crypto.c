
/*
 * Public keys (RFC 7518 section 6, RFC 8032, RFC 8037 section 2) into OpenSSL
 * 3.  What comes from outside is checked here in this order: lengths, then
 * numbers, then OpenSSL.
 *
 * A key owns its EVP_PKEY and one verifier for each algorithm that it has
 * been used with.
 */


#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>

#include "oauth_crypto.h"
#include "oauth_crypto_verifier.h"


#define OAUTH_RSA_BITS_MIN    2048
#define OAUTH_RSA_BITS_MAX    8192
#define OAUTH_RSA_E_BITS_MAX  32
#define OAUTH_RSA_ALGS        (oauth_alg_bit(OAUTH_ALG_RS256)                 \
                               | oauth_alg_bit(OAUTH_ALG_RS384)               \
                               | oauth_alg_bit(OAUTH_ALG_RS512)               \
                               | oauth_alg_bit(OAUTH_ALG_PS256)               \
                               | oauth_alg_bit(OAUTH_ALG_PS384)               \
                               | oauth_alg_bit(OAUTH_ALG_PS512))

#define OAUTH_ED25519_SIZE    32
#define OAUTH_COORDINATE_MAX  66         /* bytes: P-521 */


struct oauth_key_s {
    EVP_PKEY             *pkey;
    size_t                signature;    /* its exact length in bytes          */
    oauth_algs_t          algorithms;
    oauth_verifier_t     *verifiers[OAUTH_ALGS];
};


static oauth_key_t *oauth_key_create(EVP_PKEY *pkey, oauth_algs_t algorithms,
    size_t signature);
static EVP_PKEY *oauth_key_import(const char *type, OSSL_PARAM_BLD *build);
static int oauth_rsa_is_usable(const BIGNUM *n, const BIGNUM *e);
static const oauth_alg_t *oauth_ec_alg(oauth_str_t curve);
static int oauth_ed25519_is_usable(oauth_str_t x);
static int oauth_ed25519_check(BIGNUM *y, BN_CTX *ctx);
static oauth_verifier_t *oauth_key_verifier(oauth_key_t *key,
    const oauth_alg_t *alg);
static int oauth_key_out_of_memory(void);


oauth_key_t *
oauth_key_create_rsa(oauth_str_t n, oauth_str_t e)
{
    size_t           size;
    BIGNUM          *modulus, *exponent;
    EVP_PKEY        *pkey;
    OSSL_PARAM_BLD  *build;

    /* One byte more: some write a zero in front of the modulus. */

    if (n.len > OAUTH_RSA_BITS_MAX / 8 + 1 || e.len > OAUTH_RSA_BITS_MAX / 8) {
        return NULL;
    }

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

    return oauth_key_create(pkey, OAUTH_RSA_ALGS, size);
}


oauth_key_t *
oauth_key_create_ec(oauth_str_t curve, oauth_str_t x, oauth_str_t y)
{
    EVP_PKEY           *pkey;
    unsigned char       point[1 + 2 * OAUTH_COORDINATE_MAX];
    OSSL_PARAM_BLD     *build;
    const oauth_alg_t  *alg;

    alg = oauth_ec_alg(curve);

    if (alg == NULL || x.len != alg->coordinate || y.len != alg->coordinate) {
        return NULL;
    }

    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(point + 1, x.data, x.len);
    memcpy(point + 1 + x.len, y.data, y.len);

    pkey = NULL;
    build = OSSL_PARAM_BLD_new();

    if (build
        && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                           (const char *) alg->curve.data,
                                           alg->curve.len)
        && OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
                                            point, 1 + x.len + y.len))
    {
        pkey = oauth_key_import("EC", build);
    }

    OSSL_PARAM_BLD_free(build);

    return oauth_key_create(pkey, alg->bits, 2 * alg->coordinate);
}


oauth_key_t *
oauth_key_create_ed25519(oauth_str_t x)
{
    EVP_PKEY  *pkey;

    pkey = NULL;

    if (oauth_ed25519_is_usable(x)) {
        pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, x.data,
                                              x.len);
    }

    return oauth_key_create(pkey, oauth_alg_get(OAUTH_ALG_ED25519)->bits,
                            2 * OAUTH_ED25519_SIZE);
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
    return key->algorithms;
}


oauth_reason_t
oauth_key_verify(oauth_key_t *key, const oauth_alg_t *alg, oauth_str_t input,
    oauth_str_t signature)
{
    oauth_reason_t     reason;
    oauth_verifier_t  *verifier;

    /*
     * The exact length matters beyond speed: OpenSSL 3.0 takes a PSS signature
     * whose leading zero byte is missing.
     */

    if (!(key->algorithms & oauth_alg_bit(alg->id))
        || signature.len != key->signature)
    {
        return OAUTH_BAD_SIGNATURE;
    }

    ERR_clear_error();

    verifier = oauth_key_verifier(key, alg);
    if (verifier == NULL) {
        ERR_clear_error();
        return OAUTH_SERVER_ERROR;
    }

    reason = oauth_verifier_verify(verifier, input, signature);

    if (oauth_key_out_of_memory() && reason == OAUTH_BAD_SIGNATURE) {
        return OAUTH_SERVER_ERROR;
    }

    return reason;
}


int
oauth_random(unsigned char *data, size_t len)
{
    int  rc;

    rc = RAND_bytes_ex(NULL, data, len, 0);

    ERR_clear_error();

    return (rc == 1) ? 0 : -1;
}


void
oauth_wipe(void *data, size_t len)
{
    if (len > 0) {
        OPENSSL_cleanse(data, len);
    }
}


/* Takes pkey over in any case; NULL when it is NULL. */

static oauth_key_t *
oauth_key_create(EVP_PKEY *pkey, oauth_algs_t algorithms, size_t signature)
{
    oauth_key_t  *key;

    key = pkey ? OPENSSL_zalloc(sizeof(oauth_key_t)) : NULL;

    ERR_clear_error();

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }

    key->pkey = pkey;
    key->signature = signature;
    key->algorithms = algorithms;

    return key;
}


/*
 * On the curve and in range, for EC; no check of the order: the cofactor of
 * the NIST curves is 1.  OpenSSL's check of an RSA modulus is a search for
 * factors that costs milliseconds and proves nothing about its owner.
 */

static EVP_PKEY *
oauth_key_import(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY      *pkey;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx, *check;

    pkey = NULL;
    check = NULL;

    /* Without its own context, for want of memory, OpenSSL crashes. */

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


static const oauth_alg_t *
oauth_ec_alg(oauth_str_t curve)
{
    int                 id;
    const oauth_alg_t  *alg;

    for (id = 0; id < OAUTH_ALGS; id++) {
        alg = oauth_alg_get((oauth_alg_id_t) id);

        if (alg->type == OAUTH_KEY_EC
            && oauth_str_equal(alg->curve, curve))
        {
            return alg;
        }
    }

    return NULL;
}


/*
 * RFC 8032 section 5.1.3 in terms of w = y^2, where x^2 = 121666 (w - 1) / v
 * and v = 121666 - 121665 w: the encoding is canonical, there is such an x, and
 * the point is none of the eight of small order, for which anybody can sign.
 */

static int
oauth_ed25519_is_usable(oauth_str_t x)
{
    int            usable;
    size_t         i;
    BIGNUM        *y;
    BN_CTX        *ctx;
    unsigned char  bytes[OAUTH_ED25519_SIZE];

    if (x.len != OAUTH_ED25519_SIZE) {
        return 0;
    }

    for (i = 0; i < x.len; i++) {
        bytes[i] = x.data[x.len - 1 - i];
    }

    bytes[0] &= 0x7f;                        /* the sign of x */

    ctx = BN_CTX_new();
    y = BN_bin2bn(bytes, OAUTH_ED25519_SIZE, NULL);

    usable = ctx && y && oauth_ed25519_check(y, ctx);

    BN_free(y);
    BN_CTX_free(ctx);
    ERR_clear_error();

    return usable;
}


static int
oauth_ed25519_check(BIGNUM *y, BN_CTX *ctx)
{
    int      usable;
    BIGNUM  *p, *w, *u, *v, *t;

    BN_CTX_start(ctx);

    p = BN_CTX_get(ctx);
    w = BN_CTX_get(ctx);
    u = BN_CTX_get(ctx);
    v = BN_CTX_get(ctx);
    t = BN_CTX_get(ctx);

    usable = t != NULL

             /* p = 2^255 - 19 */

             && BN_set_bit(p, 255)
             && BN_sub_word(p, 19)
             && BN_cmp(y, p) < 0

             /* u = 121666 (w - 1) */

             && BN_mod_sqr(w, y, p, ctx)
             && BN_copy(u, w)
             && BN_sub_word(u, 1)
             && BN_mul_word(u, 121666)
             && BN_nnmod(u, u, p, ctx)

             /* v = 121666 - 121665 w */

             && BN_copy(t, w)
             && BN_mul_word(t, 121665)
             && BN_set_word(v, 121666)
             && BN_mod_sub(v, v, t, p, ctx)

             /* orders 4, 1 and 2; 8: twice the point has y = 0 */

             && !BN_is_zero(w)
             && !BN_is_zero(u)
             && BN_mod_mul(t, w, v, p, ctx)
             && BN_mod_add(t, t, u, p, ctx)
             && !BN_is_zero(t)

             /* u / v is a square when u v is */

             && BN_mod_mul(t, u, v, p, ctx)
             && BN_kronecker(t, p, ctx) == 1;

    BN_CTX_end(ctx);

    return usable;
}


/* Made at the first use: most keys are used with one algorithm. */

static oauth_verifier_t *
oauth_key_verifier(oauth_key_t *key, const oauth_alg_t *alg)
{
    if (key->verifiers[alg->id] == NULL) {
        key->verifiers[alg->id] = oauth_verifier_create(key->pkey, alg);
    }

    return key->verifiers[alg->id];
}


/* Empties the queue; memory was short when any error in it says so. */

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
