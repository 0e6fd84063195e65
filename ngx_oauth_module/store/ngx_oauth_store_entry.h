
/*
 * Entries inside a transaction of LMDB that writes.  An entry is up to four
 * rows: itself, its end, the number of entries of its time, and one if it is
 * unsent; and the head counts it.  Results are those of LMDB and of
 * ngx_oauth_store_problem.h: 0, or an error after which the transaction is
 * aborted.
 */


#ifndef NGX_OAUTH_STORE_ENTRY_H_INCLUDED
#define NGX_OAUTH_STORE_ENTRY_H_INCLUDED


#include "ngx_oauth_store_db.h"


#define NGX_OAUTH_STORE_ENTRY_TIMES  128


typedef struct {
    int64_t                      time;
    int64_t                      change;    /* of the number of its entries   */
} ngx_oauth_store_entry_time_t;


/* A transaction, on the stack of a thread. */

typedef struct {
    const ngx_oauth_store_db_t  *db;
    MDB_txn                     *txn;
    ngx_oauth_store_row_head_t   head;
    int64_t                      longest;   /* of all configurations          */
    ngx_oauth_store_entry_time_t times[NGX_OAUTH_STORE_ENTRY_TIMES];
} ngx_oauth_store_entry_txn_t;


/*
 * Begins a transaction that writes, for which it waits until no other process
 * has one, checks the files, and reads the head.  longest: of this
 * configuration.
 */

int ngx_oauth_store_entry_begin(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_db_t *db, int64_t longest);

/*
 * Writes the numbers and the head that have changed, and commits.  After an
 * error, also one that is found after the commit, an abort must follow.
 */

int ngx_oauth_store_entry_commit(ngx_oauth_store_entry_txn_t *t);

/* Gives the transaction up; does nothing if it has ended. */

void ngx_oauth_store_entry_abort(ngx_oauth_store_entry_txn_t *t);

/* MDB_NOTFOUND: there is none. */

int ngx_oauth_store_entry_lookup(ngx_oauth_store_entry_txn_t *t,
    const u_char key[OAUTH_REVOCATION_KEY], ngx_oauth_store_row_t *row);

/*
 * Adds an entry that was accepted here; where there is one, the later cut, end
 * and time are kept.  unit: what the caller writes it with.  unsent: it becomes
 * unsent if this tells other nodes anything new.
 */

int ngx_oauth_store_entry_store(ngx_oauth_store_entry_txn_t *t,
    const oauth_revocation_t *entry, uint64_t unit, ngx_uint_t unsent);

/*
 * Adds an entry that came from the bus, in the same way.  Sets *news to 1 if
 * the store did not have it like this, or to 0, and then nothing was written.
 * row becomes what is there now.
 */

int ngx_oauth_store_entry_take(ngx_oauth_store_entry_txn_t *t,
    const oauth_revocation_t *entry, ngx_oauth_store_row_t *row,
    ngx_uint_t *news);

/*
 * Removes the entry of a row of ends, or moves the row, if the entry has to
 * stay for longer.
 */

int ngx_oauth_store_entry_expire(ngx_oauth_store_entry_txn_t *t,
    u_char end[NGX_OAUTH_STORE_ROW_END_KEY]);


#endif /* NGX_OAUTH_STORE_ENTRY_H_INCLUDED */
