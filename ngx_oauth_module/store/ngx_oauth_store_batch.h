
/*
 * Batches of entries in shared memory, one for each worker.  Workers write
 * through one lock, LMDB's, and each commit waits for the disk.  So whichever
 * worker has the lock writes the batches of all that wait for it, in one
 * commit; the others then find theirs done.
 *
 * A batch has one owner, who fills it and reads its results.  While it waits,
 * it belongs to whoever holds LMDB's lock.  Its state is one word that all
 * change by compare and swap, and that never has the same value again, so that
 * a process which was stopped or killed at any instruction does no harm.
 */


#ifndef NGX_OAUTH_STORE_BATCH_H_INCLUDED
#define NGX_OAUTH_STORE_BATCH_H_INCLUDED


#include "ngx_oauth_store_db.h"


#define NGX_OAUTH_STORE_BATCH_ROWS   (NGX_OAUTH_STORE_BATCH + 64)
#define NGX_OAUTH_STORE_BATCH_SLOTS  64     /* workers that share commits;
                                               others commit for themselves   */


typedef enum {
    NGX_OAUTH_STORE_BATCH_FREE = 0,
    NGX_OAUTH_STORE_BATCH_WAITING,
    NGX_OAUTH_STORE_BATCH_TAKEN,            /* it is in a transaction         */
    NGX_OAUTH_STORE_BATCH_DONE              /* each unit has its result       */
} ngx_oauth_store_batch_state_t;


/*
 * The entries of one commit, all or none of which are written.  Its id is kept
 * with the entry that must be new: whoever writes a unit twice, because it does
 * not know that it was written, finds its own id there.
 */

typedef struct {
    uint64_t                      id;
    ngx_uint_t                    first;    /* of its rows                    */
    ngx_uint_t                    n;
    ngx_uint_t                    used;     /* the first row must be new      */
    ngx_oauth_store_result_t      result;
} ngx_oauth_store_batch_unit_t;


typedef struct {
    ngx_atomic_t                  state;    /* its last two bits              */
    ngx_atomic_t                  owner;    /* its process id, 0: nobody      */
    ngx_atomic_t                  taker;    /* the process id of whoever has
                                               taken it                       */
    ngx_atomic_t                  alone;    /* only the owner may write it    */
    ngx_oauth_store_db_file_t     data;     /* where it is to be written      */
    int64_t                       longest;  /* as of ngx_oauth_store_start    */
    ngx_uint_t                    fleet;    /* the entries are to be sent     */
    ngx_uint_t                    nunits;
    ngx_uint_t                    nrows;
    ngx_oauth_store_batch_unit_t  units[NGX_OAUTH_STORE_BATCH_ROWS];
    oauth_revocation_t            rows[NGX_OAUTH_STORE_BATCH_ROWS];
} ngx_oauth_store_batch_t;


/* In the shared memory. */

typedef struct {
    ngx_atomic_t                  commits;
    ngx_atomic_t                  last;     /* when the last one was done     */
    ngx_atomic_t                  expired;  /* when removal began last        */
    ngx_atomic_t                  greeted;  /* the notice was logged          */
    ngx_oauth_store_batch_t       batches[NGX_OAUTH_STORE_BATCH_SLOTS];
} ngx_oauth_store_batch_table_t;


/* Takes a batch that nobody owns; NULL: there is none. */

ngx_oauth_store_batch_t *ngx_oauth_store_batch_acquire(
    ngx_oauth_store_batch_table_t *table);

void ngx_oauth_store_batch_release(ngx_oauth_store_batch_t *batch);


/*
 * The owner empties the batch, adds commits to it, and lets it wait.  fleet:
 * as of ngx_oauth_store_bus_create.
 */

void ngx_oauth_store_batch_start(ngx_oauth_store_batch_t *batch,
    const ngx_oauth_store_db_t *db, int64_t longest, ngx_uint_t fleet);

/* NGX_DECLINED: it has no room for the commit. */

ngx_int_t ngx_oauth_store_batch_add(ngx_oauth_store_batch_t *batch,
    const ngx_oauth_store_commit_t *commit, uint64_t id);

void ngx_oauth_store_batch_wait(ngx_oauth_store_batch_t *batch);


ngx_oauth_store_batch_state_t ngx_oauth_store_batch_state(
    const ngx_oauth_store_batch_t *batch);

/*
 * For whoever has LMDB's lock.  Takes a batch that is waiting, or, with
 * "again", one that a process which had the lock before has taken.  Returns the
 * word that must be handed to ngx_oauth_store_batch_done, or 0: it is not
 * waiting.
 */

ngx_atomic_uint_t ngx_oauth_store_batch_take(ngx_oauth_store_batch_t *batch,
    ngx_uint_t again);

/*
 * Lets a batch that was taken be done or wait again; it does nothing if another
 * process has taken it since.  The lock need not be held any more.
 */

void ngx_oauth_store_batch_done(ngx_oauth_store_batch_t *batch,
    ngx_atomic_uint_t taken, ngx_oauth_store_batch_state_t state);

/*
 * The owner, in a thread and without the lock, takes back a batch that it could
 * not write.  NGX_OK: nobody else writes it any more.  NGX_DECLINED: somebody
 * has written it, and it has its results.
 */

ngx_int_t ngx_oauth_store_batch_cancel(ngx_oauth_store_batch_t *batch);


#endif /* NGX_OAUTH_STORE_BATCH_H_INCLUDED */
