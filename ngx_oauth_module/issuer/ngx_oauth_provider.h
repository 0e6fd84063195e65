
/*
 * One issuer in one worker: the keys that this worker has parsed, their
 * schedule, and the requests that wait for a fetch.
 *
 * One worker fetches for all of them, because a lease in the zone belongs to
 * one worker at a time.  No function here blocks.
 */


#ifndef NGX_OAUTH_PROVIDER_H_INCLUDED
#define NGX_OAUTH_PROVIDER_H_INCLUDED


#include "ngx_oauth_issuer.h"
#include "ngx_oauth_wait.h"
#include "oauth_status.h"


/*
 * In the master: registers the documents of the issuers in the zone and sets
 * issuer->doc of each that fetches its keys.  issuers: array of
 * ngx_oauth_issuer_t *.  ngx_oauth_doc_table_claim completes the list once the
 * configuration is in force.  NULL: no memory.
 */

ngx_oauth_doc_list_t *ngx_oauth_provider_register(ngx_oauth_zone_t *zone,
    ngx_array_t *issuers);

/*
 * In a worker that starts: sets issuer->provider of each and starts the first
 * fetches.  NGX_ERROR: no memory, the worker cannot start.
 */

ngx_int_t ngx_oauth_provider_start(ngx_cycle_t *cycle, ngx_array_t *issuers);

/* In a worker that exits: ends fetches and timers, gives the leases back. */

void ngx_oauth_provider_done(void);


/*
 * The keys that are usable now.  NULL: none were ever fetched, or they are
 * older than key_stale.  If another worker has stored new keys, this worker
 * parses them now.  The keys are valid until control returns to the event loop.
 */

const oauth_jwks_t *ngx_oauth_provider_keys(ngx_oauth_provider_t *provider);

/*
 * Fills in what this worker knows about the keys and what all workers together
 * have counted.  The readiness has to be released by oauth_readiness_free; the
 * error is in the pool.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_provider_status(ngx_oauth_provider_t *provider,
    oauth_status_issuer_t *status, ngx_pool_t *pool);

/* A number that changes with the keys that ngx_oauth_provider_keys returns. */

ngx_uint_t ngx_oauth_provider_generation(const ngx_oauth_provider_t *provider);

/*
 * Starts a wait until the fetch that is due or under way has ended.
 * unknown_key: there are keys, but not the one that the token needs.  Such a
 * request may cause a fetch of the key set, once in key_refetch for all workers
 * together.
 *
 * NGX_AGAIN: the request waits.  NGX_DECLINED: there is nothing to wait for,
 * because the next fetch may not start yet, or the request has waited as long
 * as it may.
 */

ngx_int_t ngx_oauth_provider_wait(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key, ngx_oauth_wait_t *wait);

/* Starts the same fetch, if it is due, but nobody waits for it. */

void ngx_oauth_provider_fetch(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key);

/* The seconds, at least 1, after which the client may ask again. */

time_t ngx_oauth_provider_retry_after(const ngx_oauth_provider_t *provider);


#endif /* NGX_OAUTH_PROVIDER_H_INCLUDED */
