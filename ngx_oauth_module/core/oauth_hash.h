
/*
 * SHA-256, also in base64url, the form in which tokens and proofs name what
 * they are bound to: the hash of an access token ("ath", RFC 9449 section 4.2)
 * and the thumbprint of a key (RFC 7638 section 3).  OpenSSL's error queue is
 * empty after every call.
 */


#ifndef OAUTH_HASH_H_INCLUDED
#define OAUTH_HASH_H_INCLUDED


#include "oauth.h"


#define OAUTH_HASH_SIZE   43            /* characters                         */
#define OAUTH_HASH_BYTES  32


/*
 * Writes the hash of data as OAUTH_HASH_SIZE characters, without a zero byte.
 * Returns 0, or -1: memory is short.
 */

int oauth_hash_write(oauth_str_t data, unsigned char *dst);

/* Does the same, but writes the OAUTH_HASH_BYTES bytes of the hash itself. */

int oauth_hash_write_bytes(oauth_str_t data, unsigned char *dst);


#endif /* OAUTH_HASH_H_INCLUDED */
