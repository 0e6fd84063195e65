
/*
 * Reads the public key of a JWK from its members (RFC 7518 section 6, RFC 8037
 * section 2, RFC 9864) for the two places that get one: the key sets of issuers
 * and the proofs of clients.  Nothing is allocated but the imported key, which
 * is the caller's.
 */


#include "oauth_public.h"
#include "oauth_thumbprint.h"


static int oauth_public_parse_number(oauth_str_t text,
    oauth_public_number_t *number);
static oauth_str_t oauth_public_str(const oauth_public_number_t *number);


/* Type and curve of a key say which algorithms it can verify. */

const char *
oauth_public_parse_type(const oauth_public_members_t *members,
    oauth_public_t *public)
{
    const oauth_alg_t  *alg;

    public->curve.len = 0;
    public->curve.data = NULL;

    if (members->kty.data == NULL) {
        return "kty is not a string";
    }

    if (oauth_str_equal(members->kty, oauth_str("RSA"))) {
        public->type = OAUTH_KEY_RSA;
        public->algorithms = OAUTH_ALGS_RSA;
        return NULL;
    }

    if (oauth_str_equal(members->kty, oauth_str("EC"))) {
        public->type = OAUTH_KEY_EC;

    } else if (oauth_str_equal(members->kty, oauth_str("OKP"))) {
        public->type = OAUTH_KEY_OKP;

    } else {
        return "kty is none of RSA, EC, OKP";
    }

    if (members->crv.data == NULL) {
        return "crv is not a string";
    }

    alg = oauth_alg_of_curve(public->type, members->crv);
    if (alg == NULL) {
        return (public->type == OAUTH_KEY_EC)
               ? "crv is none of P-256, P-384, P-521"
               : "crv is none of Ed25519, Ed448";
    }

    public->curve = alg->curve;
    public->algorithms = alg->bits;

    return NULL;
}


const char *
oauth_public_parse_numbers(const oauth_public_members_t *members,
    oauth_public_t *public)
{
    public->second.len = 0;

    switch (public->type) {

    case OAUTH_KEY_RSA:
        return oauth_public_parse_number(members->n, &public->first) == 0
               && oauth_public_parse_number(members->e, &public->second) == 0
               ? NULL : "n or e is not base64url of a number";

    case OAUTH_KEY_EC:
        return oauth_public_parse_number(members->x, &public->first) == 0
               && oauth_public_parse_number(members->y, &public->second) == 0
               ? NULL : "x or y is not base64url of a coordinate";

    default:
        return oauth_public_parse_number(members->x, &public->first) == 0
               ? NULL : "x is not base64url of a point";
    }
}


oauth_result_t
oauth_public_import(const oauth_public_t *public, oauth_key_t **key,
    const char **why)
{
    oauth_str_t  first, second;

    first = oauth_public_str(&public->first);
    second = oauth_public_str(&public->second);

    switch (public->type) {

    case OAUTH_KEY_RSA:
        *why = "it is not an RSA key of 2048 to 8192 bits with an odd exponent "
               "from 3 to 32 bits";
        return oauth_key_create_rsa(first, second, key);

    case OAUTH_KEY_EC:
        *why = "it is not a point on its curve";
        return oauth_key_create_ec(public->curve, first, second, key);

    default:
        *why = "it is not a sound point on its curve";
        return oauth_key_create_okp(public->curve, first, key);
    }
}


int
oauth_public_thumbprint(const oauth_public_t *public, unsigned char *dst)
{
    oauth_str_t  first, second;

    first = oauth_public_str(&public->first);
    second = oauth_public_str(&public->second);

    switch (public->type) {

    case OAUTH_KEY_RSA:
        return oauth_thumbprint_write_rsa(first, second, dst);

    case OAUTH_KEY_EC:
        return oauth_thumbprint_write_ec(public->curve, first, second, dst);

    default:
        return oauth_thumbprint_write_okp(public->curve, first, dst);
    }
}


/* 0, or -1: the text is absent, empty, too long, or not base64url. */

static int
oauth_public_parse_number(oauth_str_t text, oauth_public_number_t *number)
{
    if (text.len == 0
        || text.len > oauth_base64url_encoded_size(OAUTH_PUBLIC_NUMBER))
    {
        return -1;
    }

    return oauth_base64url_parse(text, number->data, &number->len);
}


static oauth_str_t
oauth_public_str(const oauth_public_number_t *number)
{
    oauth_str_t  s;

    s.data = number->data;
    s.len = number->len;

    return s;
}
