
/*
 * A set of hashes in a table with open addressing: an entry is in the place of
 * its hash, or in the first one after it that was free.  A third of the places
 * is always free, so a search is short, and ends.  The table is one block of
 * memory, of which the system gives a page when it is touched.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_secret.h"
#include "oauth_seen.h"
#include "oauth_siphash.h"


struct oauth_seen_s {
    unsigned char         secret[OAUTH_SIPHASH_KEY];
    size_t                room;         /* entries, at most                   */
    size_t                n;            /* entries                            */
    size_t                places;
    uint64_t              hashes[];     /* 0: free                            */
};


static size_t oauth_seen_find(const oauth_seen_t *seen,
    const oauth_revocation_t *entry, uint64_t *hash);
static uint64_t oauth_seen_hash(const oauth_seen_t *seen,
    const oauth_revocation_t *entry);


oauth_seen_t *
oauth_seen_create(size_t n)
{
    size_t         places;
    oauth_seen_t  *seen;

    if (n > (SIZE_MAX - sizeof(oauth_seen_t)) / sizeof(uint64_t) / 2) {
        return NULL;
    }

    places = n + n / 2 + 1;

    seen = calloc(1, sizeof(oauth_seen_t) + places * sizeof(uint64_t));
    if (seen == NULL) {
        return NULL;
    }

    if (oauth_secret_create(seen->secret, OAUTH_SIPHASH_KEY) != 0) {
        free(seen);
        return NULL;
    }

    seen->room = n;
    seen->places = places;

    return seen;
}


void
oauth_seen_free(oauth_seen_t *seen)
{
    free(seen);
}


int
oauth_seen_add(oauth_seen_t *seen, const oauth_revocation_t *entry)
{
    size_t    i;
    uint64_t  hash;

    i = oauth_seen_find(seen, entry, &hash);

    if (seen->hashes[i]) {
        return 0;
    }

    if (seen->n == seen->room) {
        return -1;
    }

    seen->hashes[i] = hash;
    seen->n++;

    return 0;
}


int
oauth_seen_has(const oauth_seen_t *seen, const oauth_revocation_t *entry)
{
    uint64_t  hash;

    return seen->hashes[oauth_seen_find(seen, entry, &hash)] != 0;
}


/* Returns the place of the entry, or else the free one where it would be. */

static size_t
oauth_seen_find(const oauth_seen_t *seen, const oauth_revocation_t *entry,
    uint64_t *hash)
{
    size_t  i;

    *hash = oauth_seen_hash(seen, entry);

    i = (size_t) (*hash % seen->places);

    while (seen->hashes[i] && seen->hashes[i] != *hash) {
        i = (i + 1 < seen->places) ? i + 1 : 0;
    }

    return i;
}


/* The hash 0 is the sign of a free place, so 1 takes its part. */

static uint64_t
oauth_seen_hash(const oauth_seen_t *seen, const oauth_revocation_t *entry)
{
    uint64_t       hash;
    unsigned char  bytes[OAUTH_REVOCATION_KEY + 2 * sizeof(int64_t)];

    memcpy(bytes, entry->key, OAUTH_REVOCATION_KEY);
    memcpy(bytes + OAUTH_REVOCATION_KEY, &entry->cut, sizeof(int64_t));
    memcpy(bytes + OAUTH_REVOCATION_KEY + sizeof(int64_t), &entry->end,
           sizeof(int64_t));

    hash = oauth_siphash(seen->secret, (oauth_str_t) { sizeof(bytes), bytes });

    return hash ? hash : 1;
}
