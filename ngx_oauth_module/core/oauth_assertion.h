
/*
 * Assertions: small JWTs (RFC 7519) that tell an app who makes a request.
 * nginx signs them, so the app need not trust the network between the two.
 * Their claims come from a verified access token.  An assertion has a typ of
 * its own, by which nobody takes it for an access token (RFC 8725 section
 * 3.11), and ends when its token does, or before.
 */


#ifndef OAUTH_ASSERTION_H_INCLUDED
#define OAUTH_ASSERTION_H_INCLUDED


#include "oauth_signer.h"
#include "oauth_token.h"


#define OAUTH_ASSERTION_TYPE  "oauth-assertion+jwt"
#define OAUTH_ASSERTION_SIZE  4096      /* bytes of the claims, at most       */


/* What an assertion says beside what the token says.  All is the caller's. */

typedef struct {
    oauth_str_t           issuer;       /* iss: the origin of the resource    */
    oauth_str_t           audience;     /* aud                                */
    oauth_str_t           transaction;  /* txn: the id of the request         */
    int64_t               ttl;          /* seconds                            */
    const oauth_str_t    *claims;       /* of the token, to be copied: names
                                           that are not reserved              */
    size_t                nclaims;
} oauth_assertion_t;


/*
 * Appends an assertion that is minted now, in seconds since the epoch.  It has
 * iss, aud, token_iss, txn, iat, exp and jti, and those of sub, client_id,
 * scope, act and the named claims that the token has; act and the named claims
 * are copied as JSON.  exp is now + ttl, or the exp of the token, whichever is
 * earlier; so it has passed already where the token lives on its leeway.
 * Returns OAUTH_DONE; else nothing is appended: OAUTH_INVALID (the claims are
 * longer than OAUTH_ASSERTION_SIZE), OAUTH_NO_MEMORY (or OpenSSL failed).
 */

oauth_result_t oauth_assertion_sign(const oauth_assertion_t *assertion,
    const oauth_token_t *token, const oauth_signer_t *signer, int64_t now,
    oauth_buf_t *buf);

/* 1 for the name of a claim that assertions themselves have, else 0. */

int oauth_assertion_is_reserved(oauth_str_t name);


#endif /* OAUTH_ASSERTION_H_INCLUDED */
