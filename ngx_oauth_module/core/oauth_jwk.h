
/*
 * One JSON Web Key (RFC 7517, RFC 7518 section 6, RFC 8037 section 2) to a
 * key that verifies.  The type comes from "kty" alone.
 */


#ifndef OAUTH_JWK_H_INCLUDED
#define OAUTH_JWK_H_INCLUDED


#include "oauth_key.h"
#include "oauth_json.h"


typedef struct {
    oauth_str_t           kid;          /* absent: the key has none; owned    */
    oauth_algs_t          algorithms;   /* what it may verify, never empty    */
    oauth_key_t          *key;
    unsigned              unsound:1;    /* not usable: its numbers are no key */
} oauth_jwk_t;


/*
 * Fills jwk from a JSON value.  Returns NULL, or why the key is not usable as
 * a constant sentence for the log ("use is not sig"): use=enc, key_ops
 * without verify, a symmetric or private key, an alg that does not fit or is
 * not in allowed, a kid that is not a string of 1 to 1024 bytes without NUL,
 * and whatever oauth_key refuses, of which jwk->unsound tells.  An optional
 * member that is null, "" or [] is absent.  On success oauth_jwk_free releases
 * it.
 */

const char *oauth_jwk_parse(const json_t *value, oauth_algs_t allowed,
    oauth_jwk_t *jwk);

void oauth_jwk_free(oauth_jwk_t *jwk);


#endif /* OAUTH_JWK_H_INCLUDED */
