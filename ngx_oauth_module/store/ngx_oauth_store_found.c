
/*
 * The order in which a store comes into being: first the head, by a commit,
 * then the identity file, under LMDB's lock, and only then entries.  So a
 * process may be killed at any instruction: a head without identity and without
 * entries is finished by the next one.  A head without identity but with
 * entries means that somebody has removed the file, in order to use the store
 * as it is.
 */


#include "ngx_oauth_store_found.h"


static int ngx_oauth_store_found_head(ngx_oauth_store_db_t *db, MDB_txn *txn,
    ngx_oauth_store_found_t *found, ngx_uint_t *changed);
static int ngx_oauth_store_found_identity(ngx_oauth_store_db_t *db,
    MDB_txn *txn, ngx_oauth_store_found_t *found);


int
ngx_oauth_store_found_run(ngx_oauth_store_db_t *db,
    ngx_oauth_store_found_t *found)
{
    int         rc;
    MDB_txn    *txn;
    ngx_uint_t  changed;

    found->adopted = 0;

    do {
        changed = 0;

        rc = mdb_txn_begin(db->env, NULL, 0, &txn);
        if (rc != 0) {
            return rc;
        }

        rc = ngx_oauth_store_db_check(db);

        if (rc == 0) {
            rc = ngx_oauth_store_found_head(db, txn, found, &changed);
        }

        if (rc == 0 && !changed) {
            rc = ngx_oauth_store_found_identity(db, txn, found);
        }

        if (rc != 0 || !changed) {
            mdb_txn_abort(txn);
            return rc;
        }

        rc = mdb_txn_commit(txn);

    } while (rc == 0);

    return rc;
}


/* Creates or changes the head, and sets *changed to 1, unless it is right. */

static int
ngx_oauth_store_found_head(ngx_oauth_store_db_t *db, MDB_txn *txn,
    ngx_oauth_store_found_t *found, ngx_uint_t *changed)
{
    int                         rc;
    int64_t                     floor;
    ngx_oauth_store_row_head_t  head;

    rc = ngx_oauth_store_db_read_head(db, txn, &head);

    if (rc == MDB_NOTFOUND) {

        /* A moment ago there was an identity, or none: look again. */

        if (access((const char *) db->paths.identity, F_OK) == 0) {
            return NGX_OAUTH_STORE_PROBLEM_EMPTIED;
        }

        ngx_memzero(&head, sizeof(ngx_oauth_store_row_head_t));
        head.format = NGX_OAUTH_STORE_ROW_FORMAT;
        head.longest = found->longest;
        ngx_memcpy(head.id, found->id, NGX_OAUTH_STORE_ROW_ID);

    } else if (rc != 0) {
        return rc;

    } else if (found->longest > head.longest) {

        /*
         * Entries about tokens of the longer lifetime may have gone already,
         * those about tokens that were issued before now - head.longest.
         */

        floor = (int64_t) time(NULL) - head.longest;

        head.floor = ngx_max(head.floor, floor);
        head.longest = found->longest;

    } else {
        return 0;
    }

    *changed = 1;

    return ngx_oauth_store_db_write_head(db, txn, &head);
}


/* The commit before this transaction is the last one that is on disk. */

static int
ngx_oauth_store_found_identity(ngx_oauth_store_db_t *db, MDB_txn *txn,
    ngx_oauth_store_found_t *found)
{
    int                         rc;
    ngx_oauth_store_row_head_t  head;

    rc = ngx_oauth_store_db_read_head(db, txn, &head);
    if (rc != 0) {
        return rc;
    }

    rc = ngx_oauth_store_identity_read(&db->identity, db->paths.identity);

    if (rc == NGX_ERROR) {
        return ngx_errno ? ngx_errno : NGX_OAUTH_STORE_PROBLEM_IDENTITY;
    }

    if (rc == NGX_OK) {
        return (ngx_memcmp(db->identity.id, head.id, NGX_OAUTH_STORE_ROW_ID)
                == 0)
               ? 0 : NGX_OAUTH_STORE_PROBLEM_REPLACED;
    }

    ngx_memcpy(db->identity.id, head.id, NGX_OAUTH_STORE_ROW_ID);
    db->identity.txn = mdb_txn_id(txn) - 1;
    db->identity.size = (uint64_t) db->least;

    if (ngx_oauth_store_identity_create(&db->identity, db->paths.folder,
                                        db->paths.identity, db->paths.scratch)
        != NGX_OK)
    {
        return ngx_errno;
    }

    found->adopted = (ngx_oauth_store_row_sum(&head) != 0);

    return 0;
}
