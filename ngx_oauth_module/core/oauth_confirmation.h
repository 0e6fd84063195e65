
/*
 * The confirmation of a token: the claim "cnf" (RFC 7800 section 3.1), which
 * binds the token to a key of its client.  Whoever sends such a token has to
 * prove that the key is theirs, by DPoP (RFC 9449 section 6.1) or by mutual TLS
 * (RFC 8705 section 3.1).
 */


#ifndef OAUTH_CONFIRMATION_H_INCLUDED
#define OAUTH_CONFIRMATION_H_INCLUDED


#include "oauth_hash.h"
#include "oauth_json.h"


typedef struct {
    oauth_str_t  jkt;               /* thumbprint of a key of DPoP; absent: the
                                       token is not bound to one              */
    oauth_str_t  x5t;               /* thumbprint of a client's certificate;
                                       absent: it is not bound to one         */
    unsigned     bound:1;           /* the token has this claim               */
    unsigned     unknown:1;         /* the claim also names something else, or
                                       has a wrong form: no proof is enough   */
} oauth_confirmation_t;


/*
 * Returns what a claim "cnf" says; NULL is a claim that is not there.  A claim
 * that is there binds in any case, also where it is null, empty or malformed.
 * It may name one key, one certificate, or both; then both have to be proved.
 * The thumbprints have OAUTH_HASH_SIZE characters, and are views of the claim.
 */

oauth_confirmation_t oauth_confirmation_parse(const oauth_json_t *cnf);


#endif /* OAUTH_CONFIRMATION_H_INCLUDED */
