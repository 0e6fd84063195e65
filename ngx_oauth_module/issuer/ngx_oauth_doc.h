
/*
 * The documents of one issuer in the shared zone: the key set and where it
 * came from, numbers about their age, and the lease of who fetches them.
 * This file keeps them consistent; when to fetch is decided above.
 *
 * All times are ngx_current_msec, which runs alike in all processes of a
 * machine and does not follow the wall clock.
 */


#ifndef NGX_OAUTH_DOC_H_INCLUDED
#define NGX_OAUTH_DOC_H_INCLUDED


#include "ngx_oauth_zone.h"


#define NGX_OAUTH_DOC_ID  16            /* bytes                              */


/* A record as one configuration sees it, in that configuration's pool. */

typedef struct ngx_oauth_doc_s  ngx_oauth_doc_t;


/* What a fetch is for; a refetch is one that an unknown key causes. */

typedef enum {
    NGX_OAUTH_DOC_SCHEDULED = 0,
    NGX_OAUTH_DOC_REFETCH
} ngx_oauth_doc_cause_t;


typedef struct {
    ngx_uint_t             version;     /* grows when a fetch ended, well or
                                           badly                              */
    ngx_uint_t             generation;  /* of the keys; 0: there are none     */

    ngx_msec_t             fetched;     /* when the keys were last seen good  */
    ngx_msec_t             refreshed;   /* the same, by a scheduled fetch     */
    time_t                 max_age;     /* seconds, of that answer; -1: none  */

    ngx_uint_t             failures;    /* scheduled fetches, in a row        */
    ngx_msec_t             retry;       /* not before, when there are any     */

    ngx_uint_t             refetches;   /* 0: none that still counts          */
    ngx_msec_t             refetched;   /* the last, when there are any       */

    ngx_pid_t              holder;      /* of the lease; 0: nobody            */
    ngx_msec_t             deadline;
    ngx_oauth_doc_cause_t  cause;       /* for which it was taken             */
} ngx_oauth_doc_state_t;


/* The documents themselves. */

typedef struct {
    ngx_uint_t         generation;
    ngx_str_t          keys;            /* the text of the key set            */
    ngx_str_t          uri;             /* its address                        */
} ngx_oauth_doc_content_t;


/* What came of storing them. */

typedef struct {
    ngx_uint_t         generation;      /* under which they are there         */
    ngx_uint_t         news;            /* the fetched text is another one    */
    size_t             need;            /* the size of the zone that suffices */
} ngx_oauth_doc_stored_t;


/*
 * In the master: adds an issuer's documents to a configuration.  id: digest of
 * all they depend on.  NULL: no memory.  They have no record before
 * ngx_oauth_doc_table_claim.
 */

ngx_oauth_doc_t *ngx_oauth_doc_create(ngx_oauth_zone_t *zone,
    ngx_pool_t *pool, u_char *id);


/* Without the lock: whether the state changed since version was taken. */

ngx_uint_t ngx_oauth_doc_changed(ngx_oauth_doc_t *doc, ngx_uint_t version);

/* Where the record is gone, state stays as it was, but without a lease. */

void ngx_oauth_doc_state(ngx_oauth_doc_t *doc, ngx_oauth_doc_state_t *state);

/*
 * Copies the documents: NGX_OK, and ngx_oauth_doc_free releases the copy;
 * NGX_DECLINED: there are none; NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_doc_lookup(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_content_t *content, ngx_log_t *log);
void ngx_oauth_doc_free(ngx_oauth_doc_content_t *content);


/*
 * Takes the lease for "time" ms, or prolongs one's own.  NGX_BUSY: another
 * holds it, or a fetch has ended since version was taken; NGX_DECLINED: the
 * record is gone.
 */

ngx_int_t ngx_oauth_doc_acquire(ngx_oauth_doc_t *doc, ngx_uint_t version,
    ngx_oauth_doc_cause_t cause, ngx_msec_t time);

/*
 * Publishes what the holder fetched, and gives the lease back.  Bytes equal to
 * those that are there only renew their age.  checksum: of the text that was
 * fetched, of which less may be stored.  NGX_OK; NGX_DECLINED: the lease is
 * not ours any more, nothing is stored; NGX_ERROR: there is no room for it,
 * the lease is kept.
 */

ngx_int_t ngx_oauth_doc_store(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_content_t *content, uint32_t checksum,
    ngx_oauth_doc_cause_t cause, time_t max_age,
    ngx_oauth_doc_stored_t *stored);

/*
 * Ends the fetch without documents and gives the lease back.  retry: it counts
 * as a failure, the next one is due after so many ms; 0: it does not count.
 */

void ngx_oauth_doc_store_failure(ngx_oauth_doc_t *doc, ngx_msec_t retry);

/* Gives one's own lease back as if it had not been taken. */

void ngx_oauth_doc_release(ngx_oauth_doc_t *doc);

/*
 * The same for the lease of a worker that is dead or late.  Its pid, or 0:
 * there is none.
 */

ngx_pid_t ngx_oauth_doc_expire(ngx_oauth_doc_t *doc);


#endif /* NGX_OAUTH_DOC_H_INCLUDED */
