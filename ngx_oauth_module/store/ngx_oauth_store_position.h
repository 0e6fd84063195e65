
/*
 * The row of the position up to which the stream of the bus was read.  A store
 * has a position from the first complete reading on, for as long as nothing was
 * lost on the bus; it has the row from the start of that reading on.  Results
 * are those of LMDB and of ngx_oauth_store_problem.h.
 */


#ifndef NGX_OAUTH_STORE_POSITION_H_INCLUDED
#define NGX_OAUTH_STORE_POSITION_H_INCLUDED


#include "ngx_oauth_store_db.h"


/* MDB_NOTFOUND: there is none. */

int ngx_oauth_store_position_lookup(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, oauth_stream_position_t *position);

/* 0: the store has the row.  MDB_NOTFOUND: it has never had a bus. */

int ngx_oauth_store_position_lookup_row(const ngx_oauth_store_db_t *db,
    MDB_txn *txn);

/*
 * 0: to store this position would change the store; MDB_KEYEXIST: it would not.
 * NULL never does.
 */

int ngx_oauth_store_position_compare(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const oauth_stream_position_t *position);

/* A server of zeros: the store forgets its position, and keeps the row. */

int ngx_oauth_store_position_store(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const oauth_stream_position_t *position);


#endif /* NGX_OAUTH_STORE_POSITION_H_INCLUDED */
