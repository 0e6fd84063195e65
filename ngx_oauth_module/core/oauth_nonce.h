
/*
 * A nonce for proofs (RFC 9449 section 8) that nobody has to remember: the
 * number of a time slot and a MAC of it (HMAC-SHA-256, RFC 2104), in base64url.
 * Whoever has the secret can tell how old a nonce is.  A nonce is good in the
 * slot in which it was written and in the next one.  All memory is the
 * caller's.
 */


#ifndef OAUTH_NONCE_H_INCLUDED
#define OAUTH_NONCE_H_INCLUDED


#include "oauth_secret.h"


#define OAUTH_NONCE_KEY   OAUTH_SECRET_HASH     /* bytes of a secret          */
#define OAUTH_NONCE_SIZE  32            /* characters of a nonce              */
#define OAUTH_NONCE_SLOT  60            /* seconds of a slot                  */


typedef enum {
    OAUTH_NONCE_FOREIGN = 0,            /* not written with this secret       */
    OAUTH_NONCE_OLD,                    /* not good any more, or not yet      */
    OAUTH_NONCE_PREVIOUS,               /* good, and a newer one is due       */
    OAUTH_NONCE_CURRENT
} oauth_nonce_age_t;


/*
 * Writes the nonce of the slot that now is in, which is in seconds since the
 * epoch.  Returns 0, or -1 where memory is short.
 */

int oauth_nonce_write(const unsigned char secret[OAUTH_NONCE_KEY],
    int64_t now, unsigned char text[OAUTH_NONCE_SIZE]);

/*
 * Returns the age of a nonce.  Where it is good, *until is the time, in seconds
 * since the epoch, from which it is not any more.  Where memory is short it is
 * old.
 */

oauth_nonce_age_t oauth_nonce_verify(
    const unsigned char secret[OAUTH_NONCE_KEY], oauth_str_t text,
    int64_t now, int64_t *until);


#endif /* OAUTH_NONCE_H_INCLUDED */
