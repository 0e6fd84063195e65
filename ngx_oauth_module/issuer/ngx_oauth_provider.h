
/*
 * One issuer, seen by this worker: its documents in the zone, their
 * freshness, this worker's parsed keys, and the requests that wait for them.
 *
 * Discovery is RFC 8414, then OpenID; fetching happens once for all workers
 * (a lease in the zone) and never blocks one.
 */


#ifndef NGX_OAUTH_PROVIDER_H_INCLUDED
#define NGX_OAUTH_PROVIDER_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_oauth_doc.h"
#include "oauth_token.h"


typedef struct ngx_oauth_provider_s  ngx_oauth_provider_t;


/* The block oauth_issuer, read only once the configuration is complete. */

typedef struct {
    ngx_str_t              name;
    ngx_str_t              issuer;
    ngx_str_t              config_url;   /* empty: by the rules of discovery  */
    ngx_str_t              jwks_uri;     /* set: no discovery                 */
    ngx_str_t              jwks_file;    /* set: nothing is fetched           */
    ngx_flag_t             allow_http;   /* off loopback, too                 */

    oauth_policy_t         policy;
    ngx_flag_t             token_type_set;
    time_t                 leeway;
    time_t                 max_lifetime;

    ngx_msec_t             refresh;
    ngx_msec_t             stale;
    ngx_msec_t             refetch;
    ngx_msec_t             timeout;      /* of one whole fetch                */

    ngx_str_t              ca_file;
    ngx_str_t              certificates; /* PEM; empty: the system's store    */
    ngx_str_t              proxy;

    oauth_jwks_t          *keys;         /* of jwks_file, parsed at start     */

    ngx_oauth_doc_t       *doc;          /* with the zone; NULL: jwks_file    */
    ngx_oauth_provider_t  *provider;     /* set when the worker starts        */

} ngx_oauth_issuer_t;


/*
 * A request that waits.  Starts as all zero; the caller fills handler and
 * data, nothing else.  The handler is called once for each wait, from the
 * event loop, never from within ngx_oauth_provider_wait; the entry is unlinked
 * before.  After ngx_oauth_provider_cancel it is not called.
 *
 * An entry may wait again, as when a worker that was fetching has ended, but
 * for 5 s in all, counted from its first wait.
 */

typedef struct ngx_oauth_wait_s  ngx_oauth_wait_t;

typedef void (*ngx_oauth_wait_pt)(ngx_oauth_wait_t *wait);

struct ngx_oauth_wait_s {
    ngx_queue_t            queue;
    ngx_event_t            timer;
    ngx_oauth_wait_pt      handler;
    void                  *data;
    ngx_log_t             *log;
    ngx_msec_t             deadline;
    unsigned               started:1;
    unsigned               linked:1;
};


/*
 * In the master: registers the documents of the issuers in the zone and sets
 * issuer->doc of each that fetches its keys.  issuers: array of
 * ngx_oauth_issuer_t *.  ngx_oauth_doc_table_claim completes the list once the
 * configuration is in force.  NULL: no memory.
 */

ngx_oauth_doc_list_t *ngx_oauth_provider_register(ngx_oauth_zone_t *zone,
    ngx_array_t *issuers);

/* In a worker: sets issuer->provider of each and starts the first fetches. */

ngx_int_t ngx_oauth_provider_start(ngx_cycle_t *cycle, ngx_array_t *issuers);

/* In a worker that exits: gives the leases back, ends fetches and timers. */

void ngx_oauth_provider_done(ngx_cycle_t *cycle);


/*
 * The usable keys as of now, or NULL: none were ever fetched, or they are
 * older than key_stale.  Looks at the zone's generation and parses what
 * another worker stored.  Valid until control returns to the event loop.
 */

const oauth_jwks_t *ngx_oauth_provider_keys(ngx_oauth_provider_t *provider);

/* Changes whenever the keys do, as of the last ngx_oauth_provider_keys. */

ngx_uint_t ngx_oauth_provider_generation(ngx_oauth_provider_t *provider);

/*
 * Waits until a fetch that is due or under way ends.
 * unknown_key: the keys are there, but not the one asked for: this may cause a
 * fetch of the key set, once in key_refetch across all workers.
 * NGX_AGAIN: parked; NGX_DECLINED: nothing to wait for (the issuer is in its
 * backoff, or key_refetch or the entry's time has passed).
 */

ngx_int_t ngx_oauth_provider_wait(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key, ngx_oauth_wait_t *wait);

/* Starts such a fetch, if one is due; nobody waits for it. */

void ngx_oauth_provider_fetch(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key);

void ngx_oauth_provider_cancel(ngx_oauth_wait_t *wait);

/* Seconds, at least 1, after which asking again makes sense. */

time_t ngx_oauth_provider_retry_after(ngx_oauth_provider_t *provider);


#endif /* NGX_OAUTH_PROVIDER_H_INCLUDED */
