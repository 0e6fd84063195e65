
/*
 * A set-associative table of verified tokens.  The keyed hash of a token names
 * two sets, and the token lies in the one that has more room; so nearly all
 * places are taken before a token has to go.  Each entry holds a part of the
 * hash and a reference to its token.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_cache.h"


#define OAUTH_CACHE_WAYS  8

/*
 * So many bytes at the end of a token are hashed: they are part of its
 * signature, and no two signatures end alike.
 */

#define OAUTH_CACHE_TAIL  32


/*
 * The tags, parts of the hash, come first: to find that a token is not here,
 * nothing else has to be read.
 */

typedef struct {
    uint32_t              tags[OAUTH_CACHE_WAYS];   /* 0: the place is free   */
    unsigned char         used[OAUTH_CACHE_WAYS];   /* found since the hand
                                                       was here               */
    uint64_t              stamps[OAUTH_CACHE_WAYS];
    oauth_token_t        *tokens[OAUTH_CACHE_WAYS];
    unsigned              hand;
} oauth_cache_set_t;


typedef struct {
    oauth_cache_set_t    *sets[2];      /* may be the same one twice          */
    uint32_t              tag;
} oauth_cache_place_t;


struct oauth_cache_s {
    unsigned char         secret[OAUTH_SIPHASH_KEY];
    size_t                nsets;
    oauth_cache_set_t     sets[];
};


static oauth_cache_place_t oauth_cache_place(oauth_cache_t *cache,
    oauth_str_t text);
static unsigned oauth_cache_find(const oauth_cache_place_t *place,
    oauth_str_t text, oauth_cache_pt accepts, const void *data,
    oauth_cache_set_t **set);
static int oauth_cache_is_rules(const oauth_token_rules_t *rules,
    const void *data);
static unsigned oauth_cache_room(const oauth_cache_place_t *place, int64_t now,
    oauth_cache_set_t **set);
static unsigned oauth_cache_free_way(const oauth_cache_set_t *set);
static unsigned oauth_cache_expired(const oauth_cache_set_t *set,
    int64_t now);
static unsigned oauth_cache_unused(oauth_cache_set_t *set);
static void oauth_cache_clear(oauth_cache_set_t *set, unsigned way);


oauth_cache_t *
oauth_cache_create(size_t entries,
    const unsigned char secret[OAUTH_SIPHASH_KEY])
{
    size_t          nsets;
    oauth_cache_t  *cache;

    /* There are a third more places, so that two sets are hardly ever full. */

    nsets = entries / (OAUTH_CACHE_WAYS * 3 / 4) + 1;

    if (nsets > (SIZE_MAX - sizeof(oauth_cache_t)) / sizeof(oauth_cache_set_t))
    {
        return NULL;
    }

    cache = calloc(1, sizeof(oauth_cache_t)
                      + nsets * sizeof(oauth_cache_set_t));
    if (cache == NULL) {
        return NULL;
    }

    memcpy(cache->secret, secret, OAUTH_SIPHASH_KEY);
    cache->nsets = nsets;

    return cache;
}


void
oauth_cache_free(oauth_cache_t *cache)
{
    size_t    i;
    unsigned  way;

    if (cache == NULL) {
        return;
    }

    for (i = 0; i < cache->nsets; i++) {
        for (way = 0; way < OAUTH_CACHE_WAYS; way++) {
            oauth_cache_clear(&cache->sets[i], way);
        }
    }

    free(cache);
}


oauth_token_t *
oauth_cache_lookup(oauth_cache_t *cache, oauth_str_t text,
    oauth_cache_pt accepts, const void *data, uint64_t *stamp)
{
    unsigned              way;
    oauth_cache_set_t    *set;
    oauth_cache_place_t   place;

    place = oauth_cache_place(cache, text);
    way = oauth_cache_find(&place, text, accepts, data, &set);

    if (way == OAUTH_CACHE_WAYS) {
        return NULL;
    }

    set->used[way] = 1;
    *stamp = set->stamps[way];

    return set->tokens[way];
}


void
oauth_cache_store(oauth_cache_t *cache, oauth_token_t *token,
    uint64_t stamp, int64_t now)
{
    unsigned              way;
    oauth_cache_set_t    *set;
    oauth_cache_place_t   place;

    if (token->text.len > OAUTH_CACHE_TOKEN
        || token->size > 4 * OAUTH_CACHE_TOKEN)
    {
        return;
    }

    place = oauth_cache_place(cache, token->text);

    /* Another request that waited for the same keys may have stored it. */

    way = oauth_cache_find(&place, token->text, oauth_cache_is_rules,
                           token->rules, &set);

    if (way == OAUTH_CACHE_WAYS) {
        way = oauth_cache_room(&place, now, &set);
    }

    oauth_cache_clear(set, way);

    set->tags[way] = place.tag;
    set->tokens[way] = oauth_token_acquire(token);
    set->stamps[way] = stamp;
}


void
oauth_cache_expire(oauth_cache_t *cache, const oauth_token_t *token)
{
    unsigned              i, way;
    oauth_cache_place_t   place;

    place = oauth_cache_place(cache, token->text);

    for (i = 0; i < 2; i++) {
        for (way = 0; way < OAUTH_CACHE_WAYS; way++) {
            if (place.sets[i]->tokens[way] == token) {
                oauth_cache_clear(place.sets[i], way);
                return;
            }
        }
    }
}


/*
 * The halves of the hash name two sets; the tag takes bits of both.  Whoever
 * copies the end of a known token finds the place of that token, but no token:
 * the whole text is compared there.
 */

static oauth_cache_place_t
oauth_cache_place(oauth_cache_t *cache, oauth_str_t text)
{
    uint64_t             hash;
    oauth_cache_place_t  place;

    if (text.len > OAUTH_CACHE_TAIL) {
        text.data += text.len - OAUTH_CACHE_TAIL;
        text.len = OAUTH_CACHE_TAIL;
    }

    hash = oauth_siphash(cache->secret, text);

    place.sets[0] = &cache->sets[(uint32_t) hash % cache->nsets];
    place.sets[1] = &cache->sets[(hash >> 32) % cache->nsets];

    place.tag = (uint32_t) (hash >> 16) | 1;

    return place;
}


/* Returns the way of the token in *set; OAUTH_CACHE_WAYS: it is in neither. */

static unsigned
oauth_cache_find(const oauth_cache_place_t *place, oauth_str_t text,
    oauth_cache_pt accepts, const void *data, oauth_cache_set_t **set)
{
    unsigned              i, way;
    const oauth_token_t  *token;

    for (i = 0; i < 2; i++) {

        *set = place->sets[i];

        for (way = 0; way < OAUTH_CACHE_WAYS; way++) {

            if ((*set)->tags[way] != place->tag) {
                continue;
            }

            token = (*set)->tokens[way];

            if (oauth_str_equal(token->text, text)
                && accepts(token->rules, data))
            {
                return way;
            }
        }
    }

    return OAUTH_CACHE_WAYS;
}


static int
oauth_cache_is_rules(const oauth_token_rules_t *rules, const void *data)
{
    return rules == data;
}


/* Returns the way in *set that is to be used: a free one, or one to give up. */

static unsigned
oauth_cache_room(const oauth_cache_place_t *place, int64_t now,
    oauth_cache_set_t **set)
{
    unsigned  i, way, ways[2];

    for (i = 0; i < 2; i++) {
        ways[i] = oauth_cache_free_way(place->sets[i]);
    }

    /* The set with more room is taken. */

    i = (ways[1] < ways[0]);

    if (ways[i] < OAUTH_CACHE_WAYS) {
        *set = place->sets[i];
        return ways[i];
    }

    for (i = 0; i < 2; i++) {

        way = oauth_cache_expired(place->sets[i], now);

        if (way < OAUTH_CACHE_WAYS) {
            *set = place->sets[i];
            return way;
        }
    }

    *set = place->sets[place->tag >> 1 & 1];

    return oauth_cache_unused(*set);
}


/* Returns the first free way; OAUTH_CACHE_WAYS: there is none. */

static unsigned
oauth_cache_free_way(const oauth_cache_set_t *set)
{
    unsigned  way;

    for (way = 0; way < OAUTH_CACHE_WAYS; way++) {
        if (set->tags[way] == 0) {
            break;
        }
    }

    return way;
}


static unsigned
oauth_cache_expired(const oauth_cache_set_t *set, int64_t now)
{
    unsigned  way;

    for (way = 0; way < OAUTH_CACHE_WAYS; way++) {
        if (!oauth_token_is_current(set->tokens[way], now)) {
            break;
        }
    }

    return way;
}


/*
 * The clock algorithm: a hand goes around, takes away the marks of tokens that
 * were found, and stops at the first one without a mark.
 */

static unsigned
oauth_cache_unused(oauth_cache_set_t *set)
{
    unsigned  way;

    for ( ;; ) {

        way = set->hand;
        set->hand = (way + 1) % OAUTH_CACHE_WAYS;

        if (!set->used[way]) {
            return way;
        }

        set->used[way] = 0;
    }
}


static void
oauth_cache_clear(oauth_cache_set_t *set, unsigned way)
{
    oauth_token_free(set->tokens[way]);

    set->tokens[way] = NULL;
    set->tags[way] = 0;
    set->used[way] = 0;
}
