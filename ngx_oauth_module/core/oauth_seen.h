
/*
 * A set of revocations that were seen on the bus, for the comparison with what
 * a node has.  It keeps a 64-bit keyed hash of each (key, cut and end), in one
 * block of memory with a fixed number of places, so that ten million take 160
 * MB for the time of a comparison.  The hash has a random key, so nobody can
 * choose two that look the same.
 */


#ifndef OAUTH_SEEN_H_INCLUDED
#define OAUTH_SEEN_H_INCLUDED


#include "oauth_revocation.h"


typedef struct oauth_seen_s  oauth_seen_t;


/* A set with room for n entries.  NULL: no memory.  Free it with _free. */

oauth_seen_t *oauth_seen_create(size_t n);

void oauth_seen_free(oauth_seen_t *seen);

/* Returns 0, also if it is there already; -1: the set is full. */

int oauth_seen_add(oauth_seen_t *seen, const oauth_revocation_t *entry);

/* 1: the entry, with this cut and end, was added. */

int oauth_seen_has(const oauth_seen_t *seen, const oauth_revocation_t *entry);


#endif /* OAUTH_SEEN_H_INCLUDED */
