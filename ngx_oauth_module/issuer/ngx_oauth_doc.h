
/*
 * The documents of one issuer in the shared zone: the key set (RFC 7517), its
 * address, what its metadata says (RFC 8414), numbers about their age, and the
 * lease of the worker that fetches them.  This file keeps them consistent;
 * ngx_oauth_keys decides when to fetch.
 *
 * All times are values of ngx_current_msec, which is monotonic and the same in
 * all processes of a machine.  A change of the wall clock does not matter.
 */


#ifndef NGX_OAUTH_DOC_H_INCLUDED
#define NGX_OAUTH_DOC_H_INCLUDED


#include "ngx_oauth_zone.h"


#define NGX_OAUTH_DOC_ID  16            /* bytes                              */


/*
 * The documents of one issuer, and of all issuers, as one configuration sees
 * them, in that configuration's pool.
 */

typedef struct ngx_oauth_doc_s       ngx_oauth_doc_t;
typedef struct ngx_oauth_doc_list_s  ngx_oauth_doc_list_t;


/* Why a fetch was started.  A token with an unknown key causes a refetch. */

typedef enum {
    NGX_OAUTH_DOC_SCHEDULED = 0,
    NGX_OAUTH_DOC_REFETCH
} ngx_oauth_doc_cause_t;


typedef struct {
    ngx_uint_t             version;     /* grows when a fetch has ended, with
                                           keys or without, and when another
                                           issuer gets the record             */
    ngx_uint_t             generation;  /* of the keys; 0: there are none     */

    ngx_msec_t             fetched;     /* when the last fetch brought keys   */
    ngx_msec_t             refreshed;   /* the same, scheduled fetches only   */
    time_t                 max_age;     /* seconds, of that response; -1: it
                                           named none                         */

    ngx_uint_t             failures;    /* of scheduled fetches, in a row     */
    ngx_msec_t             retry;       /* after failures: the next fetch may
                                           not start earlier                  */

    ngx_uint_t             refetches;   /* 0: key_refetch delays no refetch   */
    ngx_msec_t             refetched;   /* the last, if refetches is not 0    */

    ngx_pid_t              holder;      /* of the lease; 0: nobody            */
    ngx_msec_t             deadline;    /* of the lease                       */
    ngx_oauth_doc_cause_t  cause;       /* for which it was taken             */
} ngx_oauth_doc_state_t;


/* The documents themselves. */

typedef struct {
    ngx_uint_t             generation;  /* of the keys                        */
    ngx_str_t              keys;        /* the text of the key set            */
    ngx_str_t              uri;         /* its address                        */
    ngx_str_t              metadata;    /* for oauth_readiness_check; empty: no
                                           metadata was read                  */
} ngx_oauth_doc_content_t;


/* The result of storing them. */

typedef struct {
    ngx_uint_t               generation;  /* that the stored keys have        */
    ngx_uint_t               news;        /* 1: the fetched text has changed  */
    size_t                   need;        /* a size of the zone that is
                                             enough                           */
    const ngx_oauth_zone_t  *zone;        /* set together with need           */
} ngx_oauth_doc_stored_t;


/*
 * In the master: adds an issuer's documents to a configuration.  id: a digest
 * of all that they depend on, NGX_OAUTH_DOC_ID bytes.  NULL: no memory.  The
 * functions below work after ngx_oauth_doc_table_claim.
 */

ngx_oauth_doc_t *ngx_oauth_doc_create(ngx_oauth_doc_list_t *list,
    ngx_pool_t *pool, u_char *id);


/* Without the lock: 1 if the record has another version by now. */

ngx_uint_t ngx_oauth_doc_changed(const ngx_oauth_doc_t *doc,
    ngx_uint_t version);

/*
 * Reads the state.  If the record belongs to another issuer by now, state keeps
 * its old values, but says that nobody holds the lease.
 */

void ngx_oauth_doc_state(ngx_oauth_doc_t *doc, ngx_oauth_doc_state_t *state);

/*
 * Copies the documents.  with_keys: 0 leaves the text of the key set, which may
 * be large, empty.  NGX_OK: the caller releases the copy with
 * ngx_oauth_doc_free.  NGX_DECLINED: there are none.  NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_doc_lookup(ngx_oauth_doc_t *doc, ngx_uint_t with_keys,
    ngx_oauth_doc_content_t *content, ngx_log_t *log);
void ngx_oauth_doc_free(ngx_oauth_doc_content_t *content);


/*
 * Takes the lease for "time" milliseconds, or prolongs the caller's own lease.
 * NGX_BUSY: another worker holds it, or a fetch has ended since version was
 * read.  NGX_DECLINED: the record belongs to another issuer by now.
 */

ngx_int_t ngx_oauth_doc_acquire(ngx_oauth_doc_t *doc, ngx_uint_t version,
    ngx_oauth_doc_cause_t cause, ngx_msec_t time);

/*
 * Publishes what the holder of the lease has fetched, and gives the lease back.
 * If the zone has the same bytes already, only their age is renewed.  checksum:
 * of the fetched text, of which content may hold a part.  NGX_OK: stored.
 * NGX_DECLINED: the caller has lost the lease, nothing is stored.  NGX_ERROR:
 * there is no room; the caller keeps the lease, and stored->need is set.  The
 * metadata is left out if there is room only without it.
 */

ngx_int_t ngx_oauth_doc_store(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_content_t *content, uint32_t checksum,
    ngx_oauth_doc_cause_t cause, time_t max_age,
    ngx_oauth_doc_stored_t *stored);

/*
 * Ends a fetch that brought no documents, and gives the lease back.  retry: the
 * fetch counts as a failure, and the next one is due after so many
 * milliseconds; 0: it does not count.
 */

void ngx_oauth_doc_store_failure(ngx_oauth_doc_t *doc, ngx_msec_t retry);

/*
 * 1 if this is not the last text about the issuer that was said to be logged:
 * the caller then has to log it.  checksum: of the text; 0 stands for nothing
 * to log.
 */

ngx_uint_t ngx_oauth_doc_acquire_log(ngx_oauth_doc_t *doc, uint32_t checksum);

/* Gives the caller's own lease back as if it had never been taken. */

void ngx_oauth_doc_release(ngx_oauth_doc_t *doc);

/*
 * Takes the lease away from another worker that is dead or too late.  Returns
 * that worker's process id; 0: no lease was taken away.
 */

ngx_pid_t ngx_oauth_doc_reclaim(ngx_oauth_doc_t *doc);


#endif /* NGX_OAUTH_DOC_H_INCLUDED */
