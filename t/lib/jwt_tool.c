
/*
 * Keys and signatures for the tests, as a co-process: one JSON request a line
 * on stdin, one JSON answer a line on stdout.  Whatever fails is answered with
 * {"error": "..."}.  Keys live as long as the process and are named by number.
 *
 *   {"op": "generate", "type": "RSA", "bits": 2048}
 *   {"op": "generate", "type": "P-256" | "P-384" | "P-521" | "ED25519"
 *                              | "ED448"}
 *       -> {"key": 0, "jwk": {...}, "pem": "..."}
 *   {"op": "sign", "key": 0, "alg": "PS256", "input": "header.payload",
 *    "salt": 32, "der": false}
 *       -> {"signature": "base64url"}
 *   {"op": "verify", "jwk": {...}, "input": "header.payload",
 *    "signature": "base64url"}
 *       -> {"good": true}, by RS256 or ES256, as the type of the key is
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>


#define JWT_TOOL_KEYS       8192
#define JWT_TOOL_SIGNATURE  2048        /* RSA of 16384 bits                  */


static json_t *jwt_tool_answer(json_t *request);
static json_t *jwt_tool_error(const char *text);
static json_t *jwt_tool_generate(json_t *request);
static json_t *jwt_tool_jwk(EVP_PKEY *pkey);
static int jwt_tool_set_bn(json_t *jwk, const char *name, EVP_PKEY *pkey,
    const char *param, size_t len);
static int jwt_tool_set_bytes(json_t *jwk, const char *name,
    const unsigned char *data, size_t len);
static json_t *jwt_tool_pem(EVP_PKEY *pkey);
static json_t *jwt_tool_sign(json_t *request);
static int jwt_tool_sign_init(EVP_MD_CTX *ctx, EVP_PKEY *pkey,
    const char *alg, int salt);
static json_t *jwt_tool_verify(json_t *request);
static EVP_PKEY *jwt_tool_import(json_t *jwk);
static EVP_PKEY *jwt_tool_import_params(const char *type, OSSL_PARAM *params);
static int jwt_tool_bytes(json_t *object, const char *name,
    unsigned char *data);
static int jwt_tool_der_ecdsa(unsigned char *sig, int *len);
static int jwt_tool_raw_ecdsa(EVP_PKEY *pkey, unsigned char *sig, size_t *len);


static EVP_PKEY  *jwt_tool_keys[JWT_TOOL_KEYS];
static int        jwt_tool_nkeys;


int
main(void)
{
    char    *line;
    size_t   size;
    json_t  *request, *answer;

    line = NULL;
    size = 0;

    while (getline(&line, &size, stdin) > 0) {

        request = json_loads(line, 0, NULL);
        answer = request ? jwt_tool_answer(request) : NULL;

        if (answer == NULL) {
            answer = jwt_tool_error("request is not understood");
        }

        if (json_dumpf(answer, stdout, JSON_COMPACT) != 0
            || putchar('\n') == EOF
            || fflush(stdout) != 0)
        {
            return 1;
        }

        json_decref(answer);
        json_decref(request);
    }

    free(line);

    while (jwt_tool_nkeys) {
        EVP_PKEY_free(jwt_tool_keys[--jwt_tool_nkeys]);
    }

    return 0;
}


static json_t *
jwt_tool_answer(json_t *request)
{
    const char  *op;

    op = json_string_value(json_object_get(request, "op"));

    if (op && strcmp(op, "generate") == 0) {
        return jwt_tool_generate(request);
    }

    if (op && strcmp(op, "sign") == 0) {
        return jwt_tool_sign(request);
    }

    if (op && strcmp(op, "verify") == 0) {
        return jwt_tool_verify(request);
    }

    return NULL;
}


static json_t *
jwt_tool_error(const char *text)
{
    return json_pack("{s:s}", "error", text);
}


static json_t *
jwt_tool_generate(json_t *request)
{
    json_t      *jwk, *pem;
    EVP_PKEY    *pkey;
    const char  *type;

    type = json_string_value(json_object_get(request, "type"));

    if (type == NULL || jwt_tool_nkeys == JWT_TOOL_KEYS) {
        return NULL;
    }

    if (strcmp(type, "RSA") == 0) {
        pkey = EVP_RSA_gen((unsigned) json_integer_value(
                               json_object_get(request, "bits")));

    } else if (strncmp(type, "P-", 2) == 0) {
        pkey = EVP_EC_gen(type);

    } else {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, type);
    }

    if (pkey == NULL) {
        return jwt_tool_error("no such key can be generated");
    }

    jwk = jwt_tool_jwk(pkey);
    pem = jwt_tool_pem(pkey);

    if (jwk == NULL || pem == NULL) {
        json_decref(jwk);
        json_decref(pem);
        EVP_PKEY_free(pkey);
        return jwt_tool_error("key cannot be written");
    }

    jwt_tool_keys[jwt_tool_nkeys] = pkey;

    return json_pack("{s:i,s:o,s:o}", "key", jwt_tool_nkeys++, "jwk", jwk,
                     "pem", pem);
}


/* RFC 7517, RFC 7518 section 6, RFC 8037: the public part. */

static json_t *
jwt_tool_jwk(EVP_PKEY *pkey)
{
    int             failed, bits;
    json_t         *jwk;
    size_t          len;
    unsigned char   raw[64];

    bits = EVP_PKEY_get_bits(pkey);

    switch (EVP_PKEY_get_base_id(pkey)) {

    case EVP_PKEY_RSA:
        jwk = json_pack("{s:s}", "kty", "RSA");
        failed = jwt_tool_set_bn(jwk, "n", pkey, OSSL_PKEY_PARAM_RSA_N, 0)
                 || jwt_tool_set_bn(jwk, "e", pkey, OSSL_PKEY_PARAM_RSA_E, 0);
        break;

    case EVP_PKEY_EC:
        jwk = json_pack("{s:s,s:s}", "kty", "EC", "crv",
                        bits == 256 ? "P-256" : bits == 384 ? "P-384"
                                                            : "P-521");
        len = ((size_t) bits + 7) / 8;
        failed = jwt_tool_set_bn(jwk, "x", pkey, OSSL_PKEY_PARAM_EC_PUB_X, len)
                 || jwt_tool_set_bn(jwk, "y", pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
                                    len);
        break;

    default:
        jwk = json_pack("{s:s,s:s}", "kty", "OKP", "crv",
                        bits == 456 ? "Ed448" : "Ed25519");
        len = sizeof(raw);
        failed = EVP_PKEY_get_raw_public_key(pkey, raw, &len) != 1
                 || jwt_tool_set_bytes(jwk, "x", raw, len);
    }

    if (failed) {
        json_decref(jwk);
        return NULL;
    }

    return jwk;
}


/* len 0: as many bytes as the number has. */

static int
jwt_tool_set_bn(json_t *jwk, const char *name, EVP_PKEY *pkey,
    const char *param, size_t len)
{
    int             failed;
    BIGNUM         *bn;
    unsigned char   data[JWT_TOOL_SIGNATURE];

    bn = NULL;

    if (EVP_PKEY_get_bn_param(pkey, param, &bn) != 1) {
        return 1;
    }

    if (len == 0) {
        len = (size_t) BN_num_bytes(bn);
    }

    failed = len > sizeof(data)
             || BN_bn2binpad(bn, data, (int) len) < 0
             || jwt_tool_set_bytes(jwk, name, data, len);

    BN_free(bn);

    return failed;
}


/* RFC 4648 section 5, without padding. */

static int
jwt_tool_set_bytes(json_t *object, const char *name, const unsigned char *data,
    size_t len)
{
    char  text[JWT_TOOL_SIGNATURE / 3 * 4 + 8], *p;
    int   n;

    n = EVP_EncodeBlock((unsigned char *) text, data, (int) len);

    while (n > 0 && text[n - 1] == '=') {
        n--;
    }

    text[n] = '\0';

    for (p = text; *p; p++) {
        if (*p == '+') {
            *p = '-';

        } else if (*p == '/') {
            *p = '_';
        }
    }

    return json_object_set_new(object, name, json_string(text));
}


static json_t *
jwt_tool_pem(EVP_PKEY *pkey)
{
    BIO     *bio;
    char    *data;
    long     len;
    json_t  *pem;

    bio = BIO_new(BIO_s_mem());
    pem = NULL;

    if (bio && PEM_write_bio_PUBKEY(bio, pkey) == 1) {
        len = BIO_get_mem_data(bio, &data);
        pem = json_stringn(data, (size_t) len);
    }

    BIO_free(bio);

    return pem;
}


static json_t *
jwt_tool_sign(json_t *request)
{
    int             key, salt, signed_ok;
    json_t         *input, *answer;
    size_t          len;
    EVP_PKEY       *pkey;
    EVP_MD_CTX     *ctx;
    const char     *alg;
    unsigned char   sig[JWT_TOOL_SIGNATURE];

    key = (int) json_integer_value(json_object_get(request, "key"));
    alg = json_string_value(json_object_get(request, "alg"));
    input = json_object_get(request, "input");

    salt = RSA_PSS_SALTLEN_DIGEST;
    if (json_object_get(request, "salt")) {
        salt = (int) json_integer_value(json_object_get(request, "salt"));
    }

    if (alg == NULL || !json_is_string(input)
        || key < 0 || key >= jwt_tool_nkeys)
    {
        return NULL;
    }

    pkey = jwt_tool_keys[key];
    len = sizeof(sig);
    ctx = EVP_MD_CTX_new();

    signed_ok = ctx != NULL
                && jwt_tool_sign_init(ctx, pkey, alg, salt) == 0
                && EVP_DigestSign(ctx, sig, &len,
                                  (unsigned char *) json_string_value(input),
                                  json_string_length(input))
                   == 1;

    EVP_MD_CTX_free(ctx);

    if (signed_ok
        && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_EC
        && !json_is_true(json_object_get(request, "der")))
    {
        signed_ok = jwt_tool_raw_ecdsa(pkey, sig, &len) == 0;
    }

    if (!signed_ok) {
        return jwt_tool_error("this key cannot sign so");
    }

    answer = json_object();

    if (jwt_tool_set_bytes(answer, "signature", sig, len) != 0) {
        json_decref(answer);
        return NULL;
    }

    return answer;
}


/* The digest follows from the algorithm's last three digits. */

static int
jwt_tool_sign_init(EVP_MD_CTX *ctx, EVP_PKEY *pkey, const char *alg, int salt)
{
    size_t         len;
    EVP_PKEY_CTX  *pctx;
    const EVP_MD  *md;

    len = strlen(alg);
    md = NULL;

    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519
        && EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED448)
    {
        md = EVP_sha256();

        if (len == 5 && strcmp(alg + 2, "384") == 0) {
            md = EVP_sha384();

        } else if (len == 5 && strcmp(alg + 2, "512") == 0) {
            md = EVP_sha512();
        }
    }

    if (EVP_DigestSignInit(ctx, &pctx, md, NULL, pkey) != 1) {
        return -1;
    }

    if (strncmp(alg, "PS", 2) != 0) {
        return 0;
    }

    if (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1
        || EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) != 1)
    {
        return -1;
    }

    return 0;
}


/* RFC 7518 section 3.4: R and S, each as long as the curve's order. */

static int
jwt_tool_raw_ecdsa(EVP_PKEY *pkey, unsigned char *sig, size_t *len)
{
    int                   size, failed;
    ECDSA_SIG            *ecdsa;
    const unsigned char  *p;

    p = sig;
    size = (EVP_PKEY_get_bits(pkey) + 7) / 8;

    ecdsa = d2i_ECDSA_SIG(NULL, &p, (long) *len);
    if (ecdsa == NULL) {
        return -1;
    }

    failed = BN_bn2binpad(ECDSA_SIG_get0_r(ecdsa), sig, size) < 0
             || BN_bn2binpad(ECDSA_SIG_get0_s(ecdsa), sig + size, size) < 0;

    ECDSA_SIG_free(ecdsa);

    *len = 2 * (size_t) size;

    return failed ? -1 : 0;
}


static json_t *
jwt_tool_verify(json_t *request)
{
    int             good, len;
    json_t         *input;
    EVP_PKEY       *pkey;
    EVP_MD_CTX     *ctx;
    unsigned char   sig[JWT_TOOL_SIGNATURE];

    input = json_object_get(request, "input");
    pkey = jwt_tool_import(json_object_get(request, "jwk"));
    len = jwt_tool_bytes(request, "signature", sig);

    if (pkey == NULL || len < 0 || !json_is_string(input)) {
        EVP_PKEY_free(pkey);
        return jwt_tool_error("no such key, or no signature");
    }

    ctx = EVP_MD_CTX_new();

    good = ctx != NULL
           && (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC
               || jwt_tool_der_ecdsa(sig, &len) == 0)
           && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1
           && EVP_DigestVerify(ctx, sig, (size_t) len,
                               (unsigned char *) json_string_value(input),
                               json_string_length(input))
              == 1;

    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);

    return json_pack("{s:b}", "good", good);
}


static EVP_PKEY *
jwt_tool_import(json_t *jwk)
{
    int              n[2], rsa;
    BIGNUM          *first, *second;
    EVP_PKEY        *pkey;
    OSSL_PARAM      *params;
    const char      *kty;
    unsigned char    data[2][JWT_TOOL_SIGNATURE], point[1 + 2 * 32];
    OSSL_PARAM_BLD  *build;

    kty = json_string_value(json_object_get(jwk, "kty"));
    rsa = (kty && strcmp(kty, "RSA") == 0);
    n[0] = jwt_tool_bytes(jwk, rsa ? "n" : "x", data[0]);
    n[1] = jwt_tool_bytes(jwk, rsa ? "e" : "y", data[1]);

    if (n[0] < 0 || n[1] < 0 || (!rsa && (n[0] != 32 || n[1] != 32))) {
        return NULL;
    }

    build = OSSL_PARAM_BLD_new();
    first = BN_bin2bn(data[0], n[0], NULL);
    second = BN_bin2bn(data[1], n[1], NULL);

    if (rsa) {
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, first);
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, second);

    } else {
        point[0] = 4;
        memcpy(point + 1, data[0], 32);
        memcpy(point + 1 + 32, data[1], 32);
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                        "P-256", 0);
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
                                         point, sizeof(point));
    }

    params = OSSL_PARAM_BLD_to_param(build);
    pkey = jwt_tool_import_params(rsa ? "RSA" : "EC", params);

    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(first);
    BN_free(second);

    return pkey;
}


static EVP_PKEY *
jwt_tool_import_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}


/* Decodes a member in base64url; returns its length, or -1. */

static int
jwt_tool_bytes(json_t *object, const char *name, unsigned char *data)
{
    int          n;
    char         text[JWT_TOOL_SIGNATURE / 3 * 4 + 8];
    size_t       i, len;
    const char  *value;

    value = json_string_value(json_object_get(object, name));
    len = value ? strlen(value) : 0;

    if (len == 0 || len > JWT_TOOL_SIGNATURE / 3 * 4) {
        return -1;
    }

    for (i = 0; i < len; i++) {
        text[i] = (value[i] == '-') ? '+' : (value[i] == '_') ? '/' : value[i];
    }

    while (i % 4) {
        text[i++] = '=';
    }

    n = EVP_DecodeBlock(data, (unsigned char *) text, (int) i);

    return (n < 0) ? -1 : n - (int) (i - len);
}


/* The way back from R and S, 32 bytes each. */

static int
jwt_tool_der_ecdsa(unsigned char *sig, int *len)
{
    BIGNUM         *r, *s;
    ECDSA_SIG      *ecdsa;
    unsigned char  *p;

    if (*len != 64) {
        return -1;
    }

    ecdsa = ECDSA_SIG_new();
    r = BN_bin2bn(sig, 32, NULL);
    s = BN_bin2bn(sig + 32, 32, NULL);

    ECDSA_SIG_set0(ecdsa, r, s);

    p = sig;
    *len = i2d_ECDSA_SIG(ecdsa, &p);

    ECDSA_SIG_free(ecdsa);

    return (*len > 0) ? 0 : -1;
}
