
/*
 * Verified tokens, kept for as long as they are good, because clients send the
 * same token many times.  Only verified tokens are ever stored, and a token is
 * found by all of its bytes.  A cache belongs to one thread and holds a
 * reference to each of its tokens.
 *
 * The table has a fixed size.  When all places for a token are taken, a token
 * that has expired is replaced, or else one that was not looked up recently.
 */


#ifndef OAUTH_CACHE_H_INCLUDED
#define OAUTH_CACHE_H_INCLUDED


#include "oauth_siphash.h"
#include "oauth_token.h"


#define OAUTH_CACHE_TOKEN  8192         /* bytes; longer ones are not kept    */


typedef struct oauth_cache_s  oauth_cache_t;

/* 1 when a token that was verified by these rules is good for the caller. */

typedef int (*oauth_cache_pt)(const oauth_token_rules_t *rules,
    const void *data);


/*
 * Returns a new cache with places for at least that many tokens, which
 * oauth_cache_free releases.  The secret is random bytes and is copied.  NULL:
 * memory is short.
 */

oauth_cache_t *oauth_cache_create(size_t entries,
    const unsigned char secret[OAUTH_SIPHASH_KEY]);

/* Gives all tokens back and frees the cache.  NULL is allowed. */

void oauth_cache_free(oauth_cache_t *cache);


/*
 * Returns the token with exactly this text whose rules "accepts" agrees to, and
 * fills *stamp with what it was stored with.  NULL: there is none.  The token
 * is the cache's: the caller acquires a reference, looks at the stamp and at
 * times, and expires the entry where they are not right any more.
 */

oauth_token_t *oauth_cache_lookup(oauth_cache_t *cache, oauth_str_t text,
    oauth_cache_pt accepts, const void *data, uint64_t *stamp);

/*
 * Keeps a token, with a reference of the cache's own, unless the token is too
 * long.  stamp is a number of the caller's, which the look-up gives back; now
 * is in seconds since the epoch.
 */

void oauth_cache_store(oauth_cache_t *cache, oauth_token_t *token,
    uint64_t stamp, int64_t now);

/* Removes the token, if the cache has it, and gives its reference back. */

void oauth_cache_expire(oauth_cache_t *cache, const oauth_token_t *token);


#endif /* OAUTH_CACHE_H_INCLUDED */
