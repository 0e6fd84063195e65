
/*
 * SipHash-1-3 (Aumasson and Bernstein, 2012): a hash for tables whose keys come
 * from outside.  Without the secret nobody can choose keys whose hashes are the
 * same.  Nothing is kept.
 */


#ifndef OAUTH_SIPHASH_H_INCLUDED
#define OAUTH_SIPHASH_H_INCLUDED


#include "oauth.h"


#define OAUTH_SIPHASH_KEY  16           /* bytes of a secret                  */


/* Returns the hash of the data. */

uint64_t oauth_siphash(const unsigned char secret[OAUTH_SIPHASH_KEY],
    oauth_str_t data);


#endif /* OAUTH_SIPHASH_H_INCLUDED */
