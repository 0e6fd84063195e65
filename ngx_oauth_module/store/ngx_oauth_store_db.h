
/*
 * The LMDB environment of one worker: how it is opened, what is checked before
 * it is used, and what its errors mean.  It belongs to the worker's process: it
 * is opened after the fork, and never by the master.
 *
 * The event loop and one thread use an environment at the same time.  The
 * thread writes, with transactions of its own.  In this structure it changes
 * the identity only, which the event loop reads and closes when no task runs.
 */


#ifndef NGX_OAUTH_STORE_DB_H_INCLUDED
#define NGX_OAUTH_STORE_DB_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include <lmdb.h>

#include "ngx_oauth_store.h"
#include "ngx_oauth_store_identity.h"
#include "ngx_oauth_store_problem.h"


typedef struct {
    dev_t                       dev;
    ino_t                       ino;
} ngx_oauth_store_db_file_t;


/* Paths, each with a zero byte, in the configuration's pool. */

typedef struct {
    u_char                     *folder;
    u_char                     *data;
    u_char                     *lock;
    u_char                     *identity;
    u_char                     *scratch;    /* for a new identity file        */
} ngx_oauth_store_db_paths_t;


typedef struct {
    ngx_oauth_store_db_paths_t  paths;
    size_t                      size;       /* of the map, as configured      */

    MDB_env                    *env;        /* NULL: it is not open           */
    MDB_txn                    *txn;        /* the event loop's; it is reset
                                               while nothing is read          */
    MDB_dbi                     dbi;
    ngx_atomic_t                least;      /* data.mdb has been that large;
                                               the thread reads it            */
    ngx_oauth_store_db_file_t   data;       /* what was opened                */
    ngx_oauth_store_db_file_t   lock;
    ngx_oauth_store_identity_t  identity;
    unsigned                    readonly:1;
    unsigned                    named:1;    /* so was the identity file       */
} ngx_oauth_store_db_t;


/* Fills in the paths.  NGX_ERROR: no memory. */

ngx_int_t ngx_oauth_store_db_create(ngx_oauth_store_db_t *db, ngx_pool_t *pool,
    const ngx_str_t *folder);

/*
 * Opens the environment and looks at what is there.  Returns 0, or an error,
 * and then it is closed again.  No lock of writers is taken.  While another
 * process creates a new store, tries again after a millisecond; tries: how
 * often at most, 1 or more.
 */

int ngx_oauth_store_db_start(ngx_oauth_store_db_t *db, ngx_uint_t tries);

/* No transaction of a thread may be open. */

void ngx_oauth_store_db_done(ngx_oauth_store_db_t *db);

/*
 * Reads the head in a transaction.  Returns 0, MDB_NOTFOUND if the store is
 * still to be created, or an error.
 */

int ngx_oauth_store_db_read_head(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    ngx_oauth_store_row_head_t *head);

/* Reads the entry with this key.  Returns 0, MDB_NOTFOUND, or an error. */

int ngx_oauth_store_db_read_entry(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char key[OAUTH_REVOCATION_KEY], ngx_oauth_store_row_t *row);

int ngx_oauth_store_db_write_head(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const ngx_oauth_store_row_head_t *head);

/* After a commit that is on disk: raises the bounds in the file "identity". */

void ngx_oauth_store_db_raise(const ngx_oauth_store_db_t *db, uint64_t txn);

/*
 * Checks that the files in the folder are those that are open, and that
 * data.mdb was not cut off: LMDB maps it, and the process would be killed at
 * the first missing page.  Returns 0 or an error.
 */

int ngx_oauth_store_db_check(const ngx_oauth_store_db_t *db);

/* The same, for the event loop: data.mdb must not become shorter later. */

int ngx_oauth_store_db_follow(ngx_oauth_store_db_t *db);


#endif /* NGX_OAUTH_STORE_DB_H_INCLUDED */
