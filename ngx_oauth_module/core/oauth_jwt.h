
/*
 * A JWT that nobody has verified yet (RFC 7519 section 7.2): its JWS, and the
 * issuer that it names.  The issuer is needed to choose rules and keys, and
 * must not be used for anything else before oauth_token_verify has made a
 * token.
 */


#ifndef OAUTH_JWT_H_INCLUDED
#define OAUTH_JWT_H_INCLUDED


#include "oauth_claims.h"
#include "oauth_jws.h"


typedef struct {
    oauth_str_t           text;         /* the caller's                       */
    oauth_jws_t           jws;
    oauth_str_t           issuer;       /* as found without parsing           */
    oauth_claims_t        claims;       /* root is NULL: not parsed yet       */
} oauth_jwt_t;


/*
 * Takes a text apart.  Returns OAUTH_OK, and *jwt is new: oauth_jwt_free
 * releases it, and the text must outlive it.  Else *jwt is left as it was, and
 * the reason is one of oauth_jws_parse; or, where the issuer cannot be found
 * without parsing, one of oauth_claims_parse; or OAUTH_UNKNOWN_ISSUER where
 * there is no iss.
 */

oauth_reason_t oauth_jwt_parse(oauth_str_t text, oauth_jwt_t **jwt);

/* Parses the claims, once.  Returns the reasons of oauth_claims_parse. */

oauth_reason_t oauth_jwt_read(oauth_jwt_t *jwt);

/* Wipes and releases a JWT.  NULL is allowed. */

void oauth_jwt_free(oauth_jwt_t *jwt);


#endif /* OAUTH_JWT_H_INCLUDED */
