
/*
 * One JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section
 * 2) as a key that verifies signatures.  The type of the key comes from "kty"
 * alone.  An oauth_jwk_t owns its kid and its key.
 */


#ifndef OAUTH_JWK_H_INCLUDED
#define OAUTH_JWK_H_INCLUDED


#include "oauth_document.h"
#include "oauth_key.h"


typedef struct {
    oauth_str_t           kid;          /* absent: the key has none           */
    oauth_algs_t          algorithms;   /* what it may verify, never empty    */
    oauth_key_t          *key;
    unsigned              unsound:1;    /* refused for its numbers, which cost
                                           time to check                      */
} oauth_jwk_t;


/*
 * Fills jwk from a JSON value.  Returns OAUTH_DONE, and oauth_jwk_free releases
 * jwk.  Else jwk holds nothing but "unsound", and *why is a constant sentence
 * for the log ("use is not sig"): OAUTH_NO_MEMORY, or OAUTH_INVALID for a key
 * that cannot be used here.  That is one with use=enc, with key_ops that lack
 * verify, a symmetric or private key, an alg that does not fit the key or is
 * not in allowed, a kid that is not a string of 1 to 1024 bytes without NUL,
 * and numbers that oauth_key does not accept.  An optional member that is null,
 * "" or [] counts as absent.
 */

oauth_result_t oauth_jwk_parse(const json_t *value, oauth_algs_t allowed,
    oauth_jwk_t *jwk, const char **why);

/* Releases the kid and the key.  A jwk of all zero is allowed. */

void oauth_jwk_free(oauth_jwk_t *jwk);


#endif /* OAUTH_JWK_H_INCLUDED */
