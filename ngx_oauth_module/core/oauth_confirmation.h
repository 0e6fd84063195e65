
/*
 * The confirmation of a token: the claim "cnf" (RFC 7800 section 3.1), which
 * binds the token to a key of its client.  Whoever sends such a token has to
 * prove that the key is theirs, by DPoP (RFC 9449 section 6.1) or by mutual TLS
 * (RFC 8705 section 3.1).
 */


#ifndef OAUTH_CONFIRMATION_H_INCLUDED
#define OAUTH_CONFIRMATION_H_INCLUDED


#include "oauth_json.h"


#define OAUTH_CONFIRMATION_SIZE  43     /* characters of a thumbprint: SHA-256
                                           in base64url                       */


typedef enum {
    OAUTH_CONFIRMATION_NONE = 0,        /* not bound: a bearer token          */
    OAUTH_CONFIRMATION_JKT,             /* to a key of DPoP                   */
    OAUTH_CONFIRMATION_X5T,             /* to a TLS certificate               */
    OAUTH_CONFIRMATION_OTHER            /* to something else, or wrongly      */
} oauth_confirmation_kind_t;


typedef struct {
    oauth_confirmation_kind_t  kind;
    oauth_str_t                thumbprint;  /* of the key or certificate, in
                                               base64url; absent: the token is
                                               bound, but no proof is enough  */
} oauth_confirmation_t;


/*
 * Returns what a claim "cnf" says; NULL is a claim that is not there.  A claim
 * that is there binds in any case, also where it is null, empty or malformed.
 * The thumbprint is a view of the claim.  It is absent where it is not a
 * SHA-256 hash, and where the claim names more than one key: a proof for one of
 * them would not be enough.
 */

oauth_confirmation_t oauth_confirmation_parse(const oauth_json_t *cnf);


#endif /* OAUTH_CONFIRMATION_H_INCLUDED */
