
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
    const oauth_json_t   *payload;      /* an object                          */
    oauth_str_t           issuer;
    oauth_claims_t        claims;       /* filled by oauth_jwt_read           */
} oauth_jwt_t;


/*
 * Takes a text apart.  Returns OAUTH_OK, and *jwt is new: oauth_jwt_free
 * releases it, and the text must outlive it.  Else *jwt is left as it was:
 * the reason is one of oauth_jws_parse; or OAUTH_MALFORMED_TOKEN (the payload
 * is not a JSON object), OAUTH_UNKNOWN_ISSUER (there is no iss), or
 * OAUTH_MALFORMED_CLAIMS (iss is not a string).
 */

oauth_reason_t oauth_jwt_parse(oauth_str_t text, oauth_jwt_t **jwt);

/*
 * Reads the claims, unless that was done before.  Returns the reasons of
 * oauth_claims_read.
 */

oauth_reason_t oauth_jwt_read(oauth_jwt_t *jwt);

/*
 * Gives back memory that was only needed to parse, because the JWT is to be
 * kept for a while.  Nothing changes where the claims were read already, or
 * memory is short.
 */

void oauth_jwt_shrink(oauth_jwt_t *jwt);

/* Wipes and releases a JWT.  NULL is allowed. */

void oauth_jwt_free(oauth_jwt_t *jwt);


#endif /* OAUTH_JWT_H_INCLUDED */
