
/*
 * A set of revocations that were seen on the bus, for the comparison with what
 * a node has.  It keeps a 64-bit keyed hash of each (key, cut and end), in one
 * block of memory that has 12 bytes for each entry of its room, so that ten
 * million take 120 MB for the time of a comparison.  The hash has a random key,
 * so nobody can choose two that look the same.
 */


#ifndef OAUTH_SEEN_H_INCLUDED
#define OAUTH_SEEN_H_INCLUDED


#include "oauth_revocation.h"


typedef struct oauth_seen_s  oauth_seen_t;


/*
 * Creates a set with room for n entries; n may be 0.  Returns NULL where memory
 * is short, or OpenSSL has no random bytes; else oauth_seen_free releases it.
 */

oauth_seen_t *oauth_seen_create(size_t n);

/* Releases a set.  NULL is allowed. */

void oauth_seen_free(oauth_seen_t *seen);

/* Returns 0, also if it is there already; -1: the set is full. */

int oauth_seen_add(oauth_seen_t *seen, const oauth_revocation_t *entry);

/* 1 when the entry, with this cut and end, was added; else 0. */

int oauth_seen_has(const oauth_seen_t *seen, const oauth_revocation_t *entry);


#endif /* OAUTH_SEEN_H_INCLUDED */
