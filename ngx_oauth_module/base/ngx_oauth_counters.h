
/*
 * Counters of all workers together, in a shared zone of their own: requests by
 * verdict, refusals by reason and by minute, and for each issuer its fetches
 * and the last error.  They stay over a reload and are lost when nginx stops.
 * They say nothing about tokens or about those who sent them.
 *
 * Workers add to a counter without a lock.  The numbers of issuers and
 * resources that are counted apart are bounded; all further ones share one
 * entry.
 */


#ifndef NGX_OAUTH_COUNTERS_H_INCLUDED
#define NGX_OAUTH_COUNTERS_H_INCLUDED


#include "ngx_oauth_zone.h"
#include "oauth_status.h"


#define NGX_OAUTH_COUNTERS_ISSUERS    128
#define NGX_OAUTH_COUNTERS_RESOURCES  512
#define NGX_OAUTH_COUNTERS_MINUTES    60
#define NGX_OAUTH_COUNTERS_ERROR      512       /* bytes of an error          */
#define NGX_OAUTH_COUNTERS_ID         16        /* bytes                      */


typedef struct {
    ngx_atomic_t                  admitted;
    ngx_atomic_t                  refused;
    ngx_atomic_t                  dry;          /* let in by a dry run        */
    ngx_atomic_t                  overruled;    /* refused, and then let in by
                                                   another module (satisfy)   */
} ngx_oauth_counters_requests_t;


/* Whose numbers an entry has; all zero: nobody's. */

typedef struct {
    u_char                        id[NGX_OAUTH_COUNTERS_ID];
    ngx_uint_t                    cycle;        /* the last that named it; 0:
                                                   never used                 */
} ngx_oauth_counters_owner_t;


typedef struct {
    ngx_oauth_counters_owner_t    owner;
    ngx_oauth_counters_requests_t requests;
    ngx_atomic_t                  fetched;      /* rounds that brought keys   */
    ngx_atomic_t                  failed;       /* rounds that brought none   */
    ngx_atomic_t                  time;         /* of all rounds, ms          */
    ngx_atomic_t                  waits;        /* requests that had to wait  */

    /* questions about tokens (RFC 7662) */
    ngx_atomic_t                  questions;
    ngx_atomic_t                  active;       /* the answer made a token    */
    ngx_atomic_t                  inactive;     /* it refused the token       */
    ngx_atomic_t                  unanswered;   /* none could be used         */
    ngx_atomic_t                  asking;       /* time of all of them, ms    */
    ngx_atomic_t                  asking_waits; /* requests that had to wait  */

    /* under the mutex */
    time_t                        error_time;   /* seconds since the epoch; 0:
                                                   there was no error         */
    size_t                        error_len;
    u_char                        error[NGX_OAUTH_COUNTERS_ERROR];
} ngx_oauth_counters_issuer_t;


typedef struct {
    ngx_oauth_counters_owner_t    owner;
    ngx_oauth_counters_requests_t requests;
} ngx_oauth_counters_resource_t;


/* What happened in one minute. */

typedef struct {
    ngx_atomic_t                  minute;       /* since the epoch            */
    ngx_atomic_t                  refused;
} ngx_oauth_counters_minute_t;


/* In the shared memory.  The last issuer and resource are for all others. */

typedef struct {
    ngx_uint_t                    cycle;        /* counts configurations      */
    time_t                        started;      /* seconds since the epoch    */
    ngx_oauth_counters_requests_t requests;
    ngx_atomic_t                  reasons[OAUTH_REASONS];
    ngx_atomic_t                  dry_reasons[OAUTH_REASONS];
    ngx_atomic_t                  hits;         /* tokens that were known     */
    ngx_atomic_t                  misses;       /* tokens that were not       */
    ngx_atomic_t                  ended;        /* running responses that the
                                                   module has ended           */
    ngx_oauth_counters_minute_t   minutes[NGX_OAUTH_COUNTERS_MINUTES];
    ngx_oauth_counters_issuer_t   issuers[NGX_OAUTH_COUNTERS_ISSUERS + 1];
    ngx_oauth_counters_resource_t resources[NGX_OAUTH_COUNTERS_RESOURCES + 1];
} ngx_oauth_counters_table_t;


/* What has entries of its own. */

typedef enum {
    NGX_OAUTH_COUNTERS_ISSUER = 0,
    NGX_OAUTH_COUNTERS_RESOURCE
} ngx_oauth_counters_kind_t;


/* One configuration's view of the table, in that configuration's pool. */

typedef struct {
    ngx_oauth_zone_root_t         root;
    ngx_oauth_counters_table_t   *table;        /* NULL until the zone is there
                                                                              */
} ngx_oauth_counters_t;


#define ngx_oauth_counters_add(counter, n)                                    \
    ((void) ngx_atomic_fetch_add(counter, n))


/* In the master: creates the zone.  NULL: an error, which is logged. */

ngx_oauth_counters_t *ngx_oauth_counters_create(ngx_conf_t *cf, void *tag);

/*
 * In the master, once the configuration is in force: begins to look for the
 * entries of this configuration.  It is called first, then _keep_ for every
 * owner, and then _claim_ for every owner, so that no entry is taken from an
 * owner that stays.
 */

void ngx_oauth_counters_claim(ngx_oauth_counters_t *counters);

/* Marks the entry with this id, if there is one, as that of one that stays. */

void ngx_oauth_counters_keep(ngx_oauth_counters_t *counters,
    ngx_oauth_counters_kind_t kind, const u_char *id);

/*
 * Returns the entry with this id, or an unused one that gets the id, or the
 * one of an owner that no configuration names any more, which is cleared; if
 * there is none, the one for all others.  It is an ngx_oauth_counters_issuer_t
 * or an ngx_oauth_counters_resource_t.
 */

void *ngx_oauth_counters_claim_entry(ngx_oauth_counters_t *counters,
    ngx_oauth_counters_kind_t kind, const u_char *id);

/* 1 if the entry is for all those that have none of their own. */

ngx_uint_t ngx_oauth_counters_is_shared(
    const ngx_oauth_counters_owner_t *owner);


void ngx_oauth_counters_read_requests(
    const ngx_oauth_counters_requests_t *counted,
    oauth_status_requests_t *requests);

/* Counts a refusal in the current minute. */

void ngx_oauth_counters_add_refusal(ngx_oauth_counters_t *counters);

/*
 * Copies the refusals of the last hour, the oldest minute first, into an array
 * of NGX_OAUTH_COUNTERS_MINUTES numbers.
 */

void ngx_oauth_counters_read_refusals(const ngx_oauth_counters_t *counters,
    uint64_t *refused);

/* Keeps the text as the last error, of which the end may be cut off. */

void ngx_oauth_counters_store_error(ngx_oauth_counters_t *counters,
    ngx_oauth_counters_issuer_t *issuer, const u_char *text, size_t len);

/*
 * Copies the last error to text, which has room for NGX_OAUTH_COUNTERS_ERROR
 * bytes, and returns its length; *time is 0 if there was none.
 */

size_t ngx_oauth_counters_read_error(ngx_oauth_counters_t *counters,
    const ngx_oauth_counters_issuer_t *issuer, u_char *text, time_t *time);


#endif /* NGX_OAUTH_COUNTERS_H_INCLUDED */
