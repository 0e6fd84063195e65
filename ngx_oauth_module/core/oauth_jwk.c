
/*
 * One JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2,
 * RFC 9864).  Certificates and addresses that come with the key (x5c, x5u, x5t)
 * are ignored.  The result owns its kid and its key.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_base64url.h"
#include "oauth_jwk.h"


#define OAUTH_JWK_KID     1024

/* Bytes of a number: 8192 bits, before which some servers write a zero byte. */

#define OAUTH_JWK_NUMBER  1025


typedef struct {
    oauth_str_t           str;
    unsigned char         bytes[oauth_base64url_decoded_size(
                                oauth_base64url_encoded_size(
                                    OAUTH_JWK_NUMBER))];
} oauth_jwk_number_t;


static const char *oauth_jwk_check_purpose(const json_t *value);
static const char *oauth_jwk_parse_type(const json_t *value,
    oauth_alg_type_t *type, oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_algorithms(const json_t *value,
    oauth_algs_t allowed, oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_kid(const json_t *value,
    oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_key(const json_t *value,
    oauth_alg_type_t type, oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_rsa(const json_t *value,
    oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_ec(const json_t *value, oauth_jwk_t *jwk);
static const char *oauth_jwk_parse_okp(const json_t *value,
    oauth_jwk_t *jwk);
static const char *oauth_jwk_verdict(oauth_result_t result, const char *why);
static int oauth_jwk_number(const json_t *value, const char *name,
    oauth_jwk_number_t *number);


/* Told from the other sentences by its address. */

static const char  oauth_jwk_memory[] = "memory is short";


/* The numbers come last, since they cost more than all the rest. */

oauth_result_t
oauth_jwk_parse(const json_t *value, oauth_algs_t allowed, oauth_jwk_t *jwk,
    const char **why)
{
    int               unsound;
    oauth_alg_type_t  type;

    memset(jwk, 0, sizeof(oauth_jwk_t));

    if (!json_is_object(value)) {
        *why = "it is not a JSON object";
        return OAUTH_INVALID;
    }

    type = OAUTH_KEY_RSA;
    unsound = 0;
    *why = oauth_jwk_check_purpose(value);

    if (*why == NULL) {
        *why = oauth_jwk_parse_type(value, &type, jwk);
    }

    if (*why == NULL) {
        *why = oauth_jwk_parse_algorithms(value, allowed, jwk);
    }

    if (*why == NULL) {
        *why = oauth_jwk_parse_kid(value, jwk);
    }

    if (*why == NULL) {
        *why = oauth_jwk_parse_key(value, type, jwk);
        unsound = (*why != NULL);
    }

    if (*why == NULL) {
        return OAUTH_DONE;
    }

    oauth_jwk_free(jwk);
    jwk->unsound = (unsound != 0);

    return (*why == oauth_jwk_memory) ? OAUTH_NO_MEMORY : OAUTH_INVALID;
}


void
oauth_jwk_free(oauth_jwk_t *jwk)
{
    free((void *) jwk->kid.data);
    oauth_key_free(jwk->key);
    memset(jwk, 0, sizeof(oauth_jwk_t));
}


/*
 * RFC 7517 sections 4.2 and 4.3.  A private key that was published proves
 * nothing: anybody can sign with it.
 */

static const char *
oauth_jwk_check_purpose(const json_t *value)
{
    size_t         i;
    oauth_str_t    use;
    const json_t  *ops;

    static const char  *secrets[] = { "d", "p", "q", "dp", "dq", "qi", "oth",
                                      "k" };

    for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        if (oauth_document_optional(value, secrets[i])) {
            return "it holds a private or symmetric key";
        }
    }

    switch (oauth_document_optional_string(value, "use", &use)) {

    case 0:
        break;

    case 1:
        if (oauth_str_equal(use, oauth_str("sig"))) {
            break;
        }

        /* fall through */

    default:
        return "use is not sig";
    }

    ops = oauth_document_optional(value, "key_ops");
    if (ops == NULL) {
        return NULL;
    }

    for (i = 0; i < json_array_size(ops); i++) {
        if (oauth_str_equal(oauth_document_str(json_array_get(ops, i)),
                            oauth_str("verify")))
        {
            return NULL;
        }
    }

    return "key_ops is without verify";
}


/* Type and curve of a key say which algorithms it can verify. */

static const char *
oauth_jwk_parse_type(const json_t *value, oauth_alg_type_t *type,
    oauth_jwk_t *jwk)
{
    oauth_str_t         name;
    const oauth_alg_t  *alg;

    if (oauth_document_string(value, "kty", &name) != 1) {
        return "kty is not a string";
    }

    if (oauth_str_equal(name, oauth_str("RSA"))) {
        *type = OAUTH_KEY_RSA;
        jwk->algorithms = OAUTH_ALGS_RSA;
        return NULL;
    }

    if (oauth_str_equal(name, oauth_str("EC"))) {
        *type = OAUTH_KEY_EC;

    } else if (oauth_str_equal(name, oauth_str("OKP"))) {
        *type = OAUTH_KEY_OKP;

    } else {
        return "kty is none of RSA, EC, OKP";
    }

    if (oauth_document_string(value, "crv", &name) != 1) {
        return "crv is not a string";
    }

    alg = oauth_alg_of_curve(*type, name);
    if (alg == NULL) {
        return (*type == OAUTH_KEY_EC) ? "crv is none of P-256, P-384, P-521"
                                       : "crv is none of Ed25519, Ed448";
    }

    jwk->algorithms = alg->bits;

    return NULL;
}


/* A key that names an algorithm verifies that one and no other. */

static const char *
oauth_jwk_parse_algorithms(const json_t *value, oauth_algs_t allowed,
    oauth_jwk_t *jwk)
{
    int                 named;
    oauth_str_t         name;
    const oauth_alg_t  *alg;

    named = oauth_document_optional_string(value, "alg", &name);
    if (named < 0) {
        return "alg is not a string";
    }

    if (named) {
        alg = oauth_alg_lookup(name);
        jwk->algorithms &= alg ? alg->bits : 0;

        if (jwk->algorithms == 0) {
            return "alg does not fit the key";
        }
    }

    jwk->algorithms &= allowed;

    return jwk->algorithms ? NULL : "its algorithm is not allowed";
}


static const char *
oauth_jwk_parse_kid(const json_t *value, oauth_jwk_t *jwk)
{
    int             found;
    oauth_str_t     kid;
    unsigned char  *copy;

    found = oauth_document_optional_string(value, "kid", &kid);
    if (found == 0) {
        return NULL;
    }

    if (found < 0
        || kid.len > OAUTH_JWK_KID
        || memchr(kid.data, 0, kid.len))
    {
        return "kid is not a string of 1 to 1024 bytes without NUL";
    }

    copy = malloc(kid.len);
    if (copy == NULL) {
        return oauth_jwk_memory;
    }

    memcpy(copy, kid.data, kid.len);

    jwk->kid.data = copy;
    jwk->kid.len = kid.len;

    return NULL;
}


static const char *
oauth_jwk_parse_key(const json_t *value, oauth_alg_type_t type,
    oauth_jwk_t *jwk)
{
    switch (type) {

    case OAUTH_KEY_RSA:
        return oauth_jwk_parse_rsa(value, jwk);

    case OAUTH_KEY_EC:
        return oauth_jwk_parse_ec(value, jwk);

    default:
        return oauth_jwk_parse_okp(value, jwk);
    }
}


static const char *
oauth_jwk_parse_rsa(const json_t *value, oauth_jwk_t *jwk)
{
    oauth_jwk_number_t  n, e;

    if (!oauth_jwk_number(value, "n", &n) || !oauth_jwk_number(value, "e", &e))
    {
        return "n or e is not base64url of a number";
    }

    return oauth_jwk_verdict(oauth_key_create_rsa(n.str, e.str, &jwk->key),
                             "it is not an RSA key of 2048 to 8192 bits with "
                             "an odd exponent from 3 to 32 bits");
}


static const char *
oauth_jwk_parse_ec(const json_t *value, oauth_jwk_t *jwk)
{
    oauth_str_t         curve;
    oauth_jwk_number_t  x, y;

    if (!oauth_jwk_number(value, "x", &x) || !oauth_jwk_number(value, "y", &y))
    {
        return "x or y is not base64url of a coordinate";
    }

    (void) oauth_document_string(value, "crv", &curve);

    return oauth_jwk_verdict(oauth_key_create_ec(curve, x.str, y.str,
                                                 &jwk->key),
                             "it is not a point on its curve");
}


static const char *
oauth_jwk_parse_okp(const json_t *value, oauth_jwk_t *jwk)
{
    oauth_str_t         curve;
    oauth_jwk_number_t  x;

    if (!oauth_jwk_number(value, "x", &x)) {
        return "x is not base64url of a point";
    }

    (void) oauth_document_string(value, "crv", &curve);

    return oauth_jwk_verdict(oauth_key_create_okp(curve, x.str, &jwk->key),
                             "it is not a sound point on its curve");
}


static const char *
oauth_jwk_verdict(oauth_result_t result, const char *why)
{
    if (result == OAUTH_DONE) {
        return NULL;
    }

    return (result == OAUTH_NO_MEMORY) ? oauth_jwk_memory : why;
}


/*
 * Decodes a member in base64url.  1, and number holds the bytes; 0: there is no
 * such member, it is empty or too long, or it is not base64url.
 */

static int
oauth_jwk_number(const json_t *value, const char *name,
    oauth_jwk_number_t *number)
{
    oauth_str_t  text;

    if (oauth_document_string(value, name, &text) != 1
        || text.len == 0
        || text.len > oauth_base64url_encoded_size(OAUTH_JWK_NUMBER))
    {
        return 0;
    }

    number->str.data = number->bytes;

    return oauth_base64url_parse(text, number->bytes, &number->str.len) == 0;
}
