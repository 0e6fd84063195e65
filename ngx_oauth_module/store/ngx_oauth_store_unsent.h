
/*
 * The rows that say which entries are unsent: those that the bus does not have,
 * as far as this node knows.  The head counts them.  An entry that is removed
 * takes its row with it.  Results are those of LMDB and of
 * ngx_oauth_store_problem.h.
 */


#ifndef NGX_OAUTH_STORE_UNSENT_H_INCLUDED
#define NGX_OAUTH_STORE_UNSENT_H_INCLUDED


#include "ngx_oauth_store_db.h"


/* 0: the entry is unsent.  MDB_NOTFOUND: it is not. */

int ngx_oauth_store_unsent_lookup(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char entry[OAUTH_REVOCATION_KEY]);

/*
 * The entry becomes unsent, or is unsent no more, and the head counts that.
 * Each returns 0 also if the entry was so already.  The caller writes the head.
 */

int ngx_oauth_store_unsent_store(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char entry[OAUTH_REVOCATION_KEY],
    ngx_oauth_store_row_head_t *head);
int ngx_oauth_store_unsent_expire(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char entry[OAUTH_REVOCATION_KEY],
    ngx_oauth_store_row_head_t *head);


#endif /* NGX_OAUTH_STORE_UNSENT_H_INCLUDED */
