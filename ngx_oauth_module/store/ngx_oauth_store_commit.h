
/*
 * Writes batches of entries into LMDB, in a thread.  Nothing here touches the
 * event loop, a pool or the log.
 */


#ifndef NGX_OAUTH_STORE_COMMIT_H_INCLUDED
#define NGX_OAUTH_STORE_COMMIT_H_INCLUDED


#include "ngx_oauth_store_batch.h"
#include "ngx_oauth_store_entry.h"


/*
 * Writes the batch of this worker, and with it those of other workers that
 * wait.  When it returns, each unit of the batch has its result.  Returns 0, or
 * the error because of which a unit was not written.
 */

int ngx_oauth_store_commit_run(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table, ngx_oauth_store_batch_t *batch);

/* Commits, and counts that for the status.  As ngx_oauth_store_entry_commit. */

int ngx_oauth_store_commit_finish(ngx_oauth_store_entry_txn_t *t,
    ngx_oauth_store_batch_table_t *table);


#endif /* NGX_OAUTH_STORE_COMMIT_H_INCLUDED */
