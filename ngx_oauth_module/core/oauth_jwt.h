
/*
 * A JWT that nobody has verified yet (RFC 7519 section 7.2): its JWS, and the
 * issuer that it names.  That picks the issuer's policy and key, no more;
 * oauth_token_verify makes a token of it.
 */


#ifndef OAUTH_JWT_H_INCLUDED
#define OAUTH_JWT_H_INCLUDED


#include "oauth_claims.h"
#include "oauth_jws.h"


typedef struct {
    oauth_str_t           text;         /* the caller's                       */
    oauth_jws_t           jws;
    oauth_str_t           issuer;       /* as it is found without parsing     */
    oauth_claims_t        claims;       /* root is NULL: not parsed yet       */
} oauth_jwt_t;


/*
 * Takes a text apart: OAUTH_OK, and *jwt is to be given to oauth_jwt_free; the
 * text must outlive it.  Else reasons as of oauth_jws_parse; as of
 * oauth_claims_parse, where the issuer cannot be found without; or
 * OAUTH_UNKNOWN_ISSUER when iss is absent.
 */

oauth_reason_t oauth_jwt_parse(oauth_str_t text, oauth_jwt_t **jwt);

/* Parses the claims, once: OAUTH_OK, or reasons as of oauth_claims_parse. */

oauth_reason_t oauth_jwt_read(oauth_jwt_t *jwt);

/* Wipes and releases it; NULL is nothing. */

void oauth_jwt_free(oauth_jwt_t *jwt);


#endif /* OAUTH_JWT_H_INCLUDED */
