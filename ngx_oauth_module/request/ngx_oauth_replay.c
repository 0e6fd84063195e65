
/*
 * The set of used proofs: a table of buckets in shared memory.  The keyed hash
 * of a proof names two buckets, and the proof is in the emptier one, so that
 * all buckets fill up evenly.  An entry is 16 bytes of the hash and the time at
 * which it ends; it is free when that time has come.  So nothing is ever
 * deleted, and an entry becomes valid by one store, its last: a worker may be
 * killed at any instruction.
 *
 * How full the table is, is counted on the way: each access counts a few
 * buckets further on.
 */


#include "ngx_oauth_replay.h"
#include "oauth_nonce.h"
#include "oauth_siphash.h"


#define NGX_OAUTH_REPLAY_ENTRIES  32    /* of a bucket                        */
#define NGX_OAUTH_REPLAY_SWEEP    8     /* buckets to count at each access    */
#define NGX_OAUTH_REPLAY_LOOKS    16384 /* buckets to look at for the status  */
#define NGX_OAUTH_REPLAY_SLACK    5     /* seconds by which the clocks of two
                                           workers may differ                 */


/* For each entry 20 bytes, kept apart so that a search reads few of them. */

typedef struct {
    uint64_t                      hash[NGX_OAUTH_REPLAY_ENTRIES];
    uint64_t                      rest[NGX_OAUTH_REPLAY_ENTRIES];
    uint32_t                      until[NGX_OAUTH_REPLAY_ENTRIES];
                                        /* seconds since the epoch; 0: never
                                           used                               */
} ngx_oauth_replay_bucket_t;


/* In the shared memory; all but the secrets is written under the mutex. */

typedef struct {
    u_char                        hash_secret[OAUTH_SIPHASH_KEY];
    u_char                        rest_secret[OAUTH_SIPHASH_KEY];
    u_char                        nonce_secret[OAUTH_NONCE_KEY];
    size_t                        buckets;
    size_t                        next;     /* the bucket to be counted next  */
    size_t                        counting; /* entries in use before it       */
    size_t                        used;     /* entries in use, of all buckets,
                                               when they were counted last    */
    time_t                        since;    /* when "proofs" began            */
    size_t                        proofs;   /* that came since then           */
    size_t                        rate;     /* proofs a minute, before that   */
    ngx_oauth_replay_bucket_t     table[1];
} ngx_oauth_replay_set_t;


struct ngx_oauth_replay_s {
    ngx_oauth_zone_root_t         root;
    ngx_oauth_replay_set_t       *set;  /* NULL until the zone is there       */
};


/* Where a proof is, or may be put. */

typedef struct {
    uint64_t                      hash;
    uint64_t                      rest;
    ngx_oauth_replay_bucket_t    *bucket[2];
} ngx_oauth_replay_key_t;


static ngx_int_t ngx_oauth_replay_init(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);
static ngx_oauth_replay_key_t ngx_oauth_replay_key(
    ngx_oauth_replay_set_t *set, oauth_str_t thumbprint, oauth_str_t id);
static ngx_oauth_replay_result_t ngx_oauth_replay_insert_locked(
    ngx_oauth_replay_key_t *key, uint32_t now, uint32_t until);
static ngx_uint_t ngx_oauth_replay_used(
    const ngx_oauth_replay_bucket_t *bucket, uint32_t now);
static void ngx_oauth_replay_count_locked(ngx_oauth_replay_set_t *set,
    uint32_t now);
static void ngx_oauth_replay_rate_locked(ngx_oauth_replay_set_t *set,
    time_t now);


ngx_oauth_replay_t *
ngx_oauth_replay_create(ngx_conf_t *cf, size_t size,
    const ngx_oauth_place_t *place, void *tag)
{
    ngx_oauth_replay_t  *replay;

    static ngx_str_t     name = ngx_string("oauth_dpop_replay");

    replay = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_replay_t));
    if (replay == NULL) {
        return NULL;
    }

    replay->root.handler = ngx_oauth_replay_init;

    return (ngx_oauth_zone_create_for(cf, &name, size, place, tag,
                                      &replay->root)
            == NGX_OK)
           ? replay : NULL;
}


static ngx_int_t
ngx_oauth_replay_init(ngx_oauth_zone_root_t *root, ngx_log_t *log)
{
    size_t                   room;
    ngx_oauth_replay_t      *replay;
    ngx_oauth_replay_set_t  *set;

    replay = (ngx_oauth_replay_t *) root;
    replay->set = set = root->memory;

    if (!root->zone->fresh) {
        return NGX_OK;
    }

    ngx_memzero(set, root->size);

    room = root->size - offsetof(ngx_oauth_replay_set_t, table);
    set->buckets = room / sizeof(ngx_oauth_replay_bucket_t);
    set->since = ngx_time();

    if (ngx_oauth_zone_create_secret(root, set->hash_secret,
                                     sizeof(set->hash_secret), log)
        != NGX_OK
        || ngx_oauth_zone_create_secret(root, set->rest_secret,
                                        sizeof(set->rest_secret), log)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_oauth_zone_create_secret(root, set->nonce_secret,
                                        sizeof(set->nonce_secret), log);
}


void
ngx_oauth_replay_log(ngx_oauth_replay_t *replay, ngx_log_t *log)
{
    ngx_oauth_zone_log(replay->root.zone, log);
}


const u_char *
ngx_oauth_replay_secret(const ngx_oauth_replay_t *replay)
{
    return replay->set->nonce_secret;
}


ngx_oauth_replay_result_t
ngx_oauth_replay_insert(ngx_oauth_replay_t *replay, oauth_str_t thumbprint,
    oauth_str_t id, time_t until)
{
    time_t                      now;
    ngx_oauth_replay_key_t      key;
    ngx_oauth_replay_set_t     *set;
    ngx_oauth_replay_result_t   result;

    set = replay->set;
    now = ngx_time();
    key = ngx_oauth_replay_key(set, thumbprint, id);

    ngx_oauth_zone_lock(replay->root.zone);

    ngx_oauth_replay_rate_locked(set, now);
    ngx_oauth_replay_count_locked(set, (uint32_t) now);

    result = ngx_oauth_replay_insert_locked(&key, (uint32_t) now,
                           (uint32_t) (until + NGX_OAUTH_REPLAY_SLACK));

    ngx_oauth_zone_unlock(replay->root.zone);

    return result;
}


/*
 * A thumbprint always has the same length, so that the two strings cannot run
 * into each other.
 */

static ngx_oauth_replay_key_t
ngx_oauth_replay_key(ngx_oauth_replay_set_t *set, oauth_str_t thumbprint,
    oauth_str_t id)
{
    u_char                  text[OAUTH_HASH_SIZE + OAUTH_PROOF_ID];
    oauth_str_t             both;
    ngx_oauth_replay_key_t  key;

    both.data = text;
    both.len = ngx_cpymem(ngx_cpymem(text, thumbprint.data, thumbprint.len),
                          id.data, id.len)
               - text;

    key.hash = oauth_siphash(set->hash_secret, both);
    key.rest = oauth_siphash(set->rest_secret, both);
    key.bucket[0] = &set->table[key.hash % set->buckets];
    key.bucket[1] = &set->table[key.rest % set->buckets];

    return key;
}


static ngx_oauth_replay_result_t
ngx_oauth_replay_insert_locked(ngx_oauth_replay_key_t *key, uint32_t now,
    uint32_t until)
{
    ngx_uint_t                  i, k, best, used[2], free[2];
    ngx_oauth_replay_bucket_t  *bucket;

    for (k = 0; k < 2; k++) {

        used[k] = 0;
        free[k] = 0;
        bucket = key->bucket[k];

        for (i = 0; i < NGX_OAUTH_REPLAY_ENTRIES; i++) {

            if (bucket->until[i] <= now) {
                free[k] = i;
                continue;
            }

            if (bucket->hash[i] == key->hash && bucket->rest[i] == key->rest) {
                return NGX_OAUTH_REPLAY_USED;
            }

            used[k]++;
        }
    }

    best = (used[1] < used[0]);

    if (used[best] == NGX_OAUTH_REPLAY_ENTRIES) {
        return NGX_OAUTH_REPLAY_FULL;
    }

    bucket = key->bucket[best];
    i = free[best];

    bucket->hash[i] = key->hash;
    bucket->rest[i] = key->rest;

    ngx_memory_barrier();

    bucket->until[i] = until;

    return NGX_OAUTH_REPLAY_NEW;
}


/* How many entries of a bucket have not ended. */

static ngx_uint_t
ngx_oauth_replay_used(const ngx_oauth_replay_bucket_t *bucket, uint32_t now)
{
    ngx_uint_t  i, n;

    n = 0;

    for (i = 0; i < NGX_OAUTH_REPLAY_ENTRIES; i++) {
        n += (bucket->until[i] > now);
    }

    return n;
}


static void
ngx_oauth_replay_count_locked(ngx_oauth_replay_set_t *set, uint32_t now)
{
    ngx_uint_t  n;

    for (n = 0; n < NGX_OAUTH_REPLAY_SWEEP; n++) {

        set->counting += ngx_oauth_replay_used(&set->table[set->next], now);

        if (++set->next == set->buckets) {
            set->used = set->counting;
            set->counting = 0;
            set->next = 0;
        }
    }
}


static void
ngx_oauth_replay_rate_locked(ngx_oauth_replay_set_t *set, time_t now)
{
    if (now - set->since >= 60 || now < set->since) {
        set->rate = set->proofs;
        set->proofs = 0;
        set->since = now;
    }

    set->proofs++;
}


ngx_uint_t
ngx_oauth_replay_is_crowded(ngx_oauth_replay_t *replay)
{
    size_t                   most;
    ngx_oauth_replay_set_t  *set;

    set = replay->set;
    most = set->buckets * NGX_OAUTH_REPLAY_ENTRIES / 4 * 3;

    if (set->used < most) {
        return 0;
    }

    /*
     * A request that is refused for this inserts nothing, so the entries are
     * counted here as well: the set may have become empty meanwhile.
     */

    ngx_oauth_zone_lock(replay->root.zone);
    ngx_oauth_replay_count_locked(set, (uint32_t) ngx_time());
    ngx_oauth_zone_unlock(replay->root.zone);

    return set->used >= most;
}


/*
 * All buckets fill up evenly, so that some of them, spread over the table, can
 * stand for all.  Nothing is locked: an end is read whole.
 */

void
ngx_oauth_replay_usage(const ngx_oauth_replay_t *replay, uint64_t *entries,
    uint64_t *room)
{
    size_t                         n, step;
    uint32_t                       now;
    uint64_t                       used, looked;
    const ngx_oauth_replay_set_t  *set;

    set = replay->set;
    now = (uint32_t) ngx_time();
    step = (set->buckets - 1) / NGX_OAUTH_REPLAY_LOOKS + 1;

    used = 0;
    looked = 0;

    for (n = 0; n < set->buckets; n += step) {
        looked++;
        used += ngx_oauth_replay_used(&set->table[n], now);
    }

    *entries = used * set->buckets / looked;
    *room = (uint64_t) set->buckets * NGX_OAUTH_REPLAY_ENTRIES;
}


size_t
ngx_oauth_replay_sufficient(const ngx_oauth_replay_t *replay, time_t seconds)
{
    size_t                         rate, size;
    const ngx_oauth_replay_set_t  *set;

    set = replay->set;
    rate = ngx_max(set->rate, set->proofs);

    size = rate * (size_t) seconds / 60
           * sizeof(ngx_oauth_replay_bucket_t) / NGX_OAUTH_REPLAY_ENTRIES
           / 3 * 4;

    return ngx_max(size, 2 * replay->root.zone->size);
}
