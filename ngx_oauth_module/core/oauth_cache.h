
/*
 * Verified tokens, kept for as long as they are good: what a client sends for
 * its second and every later request.  Only tokens that were verified are ever
 * in it; one is found by all of its bytes.
 *
 * The table has a fixed size.  When the places of a token are taken, one that
 * has expired makes room, else one that was not asked for lately.
 */


#ifndef OAUTH_CACHE_H_INCLUDED
#define OAUTH_CACHE_H_INCLUDED


#include "oauth_siphash.h"
#include "oauth_token.h"


#define OAUTH_CACHE_TOKEN  8192         /* bytes; longer ones are not kept    */


typedef struct oauth_cache_s  oauth_cache_t;

/* 1 when the caller goes by this policy. */

typedef int (*oauth_cache_pt)(const oauth_token_rules_t *rules,
    const void *data);


/*
 * Room for at least that many tokens, one or more.  The secret is copied: 16
 * random bytes.  NULL: no memory.
 */

oauth_cache_t *oauth_cache_create(size_t entries,
    const unsigned char secret[OAUTH_SIPHASH_KEY]);

/* Gives all tokens back. */

void oauth_cache_free(oauth_cache_t *cache);


/*
 * The token with exactly this text that was verified by a policy that accepts
 * says yes to, and the generation it was stored with; NULL: there is none.
 * The caller acquires a reference, checks generation and expiry, and expires
 * the entry where they do not hold.
 */

oauth_token_t *oauth_cache_lookup(oauth_cache_t *cache, oauth_str_t text,
    oauth_cache_pt accepts, const void *data, uint64_t *generation);

/*
 * Keeps a token, with a reference of its own, unless it is too long.
 * generation: of the keys that it was verified with.  now: seconds since the
 * epoch.
 */

void oauth_cache_store(oauth_cache_t *cache, oauth_token_t *token,
    uint64_t generation, int64_t now);

/* Gives a token back, if it is there. */

void oauth_cache_expire(oauth_cache_t *cache, const oauth_token_t *token);


#endif /* OAUTH_CACHE_H_INCLUDED */
