
/*
 * The keys of one issuer in this worker: parsed from the text in the zone,
 * usable for a limited time, and fetched when that is due and no other worker
 * does it.  This file knows nothing of requests.
 */


#ifndef NGX_OAUTH_KEYS_H_INCLUDED
#define NGX_OAUTH_KEYS_H_INCLUDED


#include "ngx_oauth_issuer.h"
#include "ngx_oauth_refresh.h"


typedef struct ngx_oauth_keys_s  ngx_oauth_keys_t;

/* Called when a fetch of any worker has ended, with keys or without. */

typedef void (*ngx_oauth_keys_pt)(ngx_oauth_keys_t *keys);


struct ngx_oauth_keys_s {
    const ngx_oauth_issuer_t  *issuer;
    ngx_oauth_doc_t           *doc;         /* NULL: the keys of a file       */
    ngx_oauth_keys_pt          handler;
    ngx_log_t                 *log;

    oauth_jwks_t              *set;
    oauth_jwks_t              *retired;     /* the set before, which a caller
                                               may still use                  */
    ngx_uint_t                 generation;  /* changes with set and usable    */
    unsigned                   usable:1;

    ngx_oauth_doc_state_t      state;       /* the record's, as last seen     */
    ngx_uint_t                 parsed;      /* the generation that set has in
                                               the record                     */
    ngx_uint_t                 jitter;      /* percent of the lifetime        */
    ngx_msec_t                 due;         /* time of the scheduled fetch    */
    ngx_msec_t                 expires;     /* time until which set is usable */

    ngx_oauth_refresh_t       *refresh;     /* this worker's, under way       */
    ngx_oauth_doc_cause_t      cause;       /* why it was started             */
    ngx_msec_t                 started;     /* when it was started            */
};


/* The caller owns keys, which starts as all zero.  Cannot fail. */

void ngx_oauth_keys_create(ngx_oauth_keys_t *keys,
    const ngx_oauth_issuer_t *issuer, ngx_oauth_keys_pt handler,
    ngx_log_t *log);

/* Ends a fetch that is under way, and gives its lease back. */

void ngx_oauth_keys_free(ngx_oauth_keys_t *keys);


/*
 * Brings set, usable and generation up to date.  Reads the record, for which it
 * takes the lock, only if the record has changed.
 */

void ngx_oauth_keys_update_if_changed(ngx_oauth_keys_t *keys);

/* Reads the record, for which it takes the lock, and updates everything. */

void ngx_oauth_keys_update(ngx_oauth_keys_t *keys);

/* Takes the lease away from a worker that is dead or too late. */

void ngx_oauth_keys_reclaim(ngx_oauth_keys_t *keys);


/* 1 if, at the last update, a worker was fetching. */

ngx_uint_t ngx_oauth_keys_is_fetching(const ngx_oauth_keys_t *keys);

/*
 * Starts a fetch if one is due, or if unknown_key is set and may cause one.
 * 1: this or another worker fetches now, or another worker's fetch has just
 * ended.  0: no fetch was started, because the time before the next attempt, or
 * key_refetch, is not over, the record is gone, or memory is short.
 */

ngx_uint_t ngx_oauth_keys_fetch(ngx_oauth_keys_t *keys,
    ngx_uint_t unknown_key);


#endif /* NGX_OAUTH_KEYS_H_INCLUDED */
