
/*
 * Bytes that nobody else may know: random ones that cannot be guessed, and the
 * wiping of those that are no longer needed.  The memory is the caller's.
 */


#ifndef OAUTH_SECRET_H_INCLUDED
#define OAUTH_SECRET_H_INCLUDED


#include "oauth.h"


/*
 * Fills data with len random bytes.  Returns 0, or -1 where OpenSSL has none to
 * give; data must not be used then.
 */

int oauth_secret_create(unsigned char *data, size_t len);

#define OAUTH_SECRET_HASH  32           /* bytes */

/*
 * Writes the HMAC with SHA-256 (RFC 2104) of a text, under a secret of
 * OAUTH_SECRET_HASH bytes.  Whoever does not know the secret can neither find
 * two texts with one hash nor a text for a hash.  Returns 0, or -1 where memory
 * is short.
 */

int oauth_secret_sign(const unsigned char *secret, oauth_str_t text,
    unsigned char hash[OAUTH_SECRET_HASH]);

/* Does the same for a pair of texts; no other pair is the same text. */

int oauth_secret_hash(const unsigned char *secret, oauth_str_t first,
    oauth_str_t second, unsigned char hash[OAUTH_SECRET_HASH]);

/*
 * Overwrites len bytes that are about to be freed.  The compiler does not leave
 * this out, as it may leave out memset.  len may be 0, and data NULL then.
 */

void oauth_secret_wipe(void *data, size_t len);

/*
 * Wipes the bytes of a buffer and frees them, as oauth_buf_free does.  A buffer
 * that has grown has left copies behind: see oauth_buf_reserve.
 */

void oauth_secret_free(oauth_buf_t *buf);


#endif /* OAUTH_SECRET_H_INCLUDED */
