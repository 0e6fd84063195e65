
/*
 * Removal goes by the rows of ends, which LMDB keeps in their order.  The rows
 * are found in a transaction that only reads, so where nothing has to go, no
 * lock is taken; and they are looked at again in the one that writes.
 */


#include "ngx_oauth_store_entry.h"
#include "ngx_oauth_store_expire.h"


#define NGX_OAUTH_STORE_EXPIRE_ROWS  800    /* of a transaction; its rows of
                                               ends are on the stack          */


typedef struct {
    ngx_uint_t  n;
    u_char      keys[NGX_OAUTH_STORE_EXPIRE_ROWS][NGX_OAUTH_STORE_ROW_END_KEY];
} ngx_oauth_store_expire_ends_t;


static int ngx_oauth_store_expire_find(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, int64_t now, ngx_uint_t most,
    ngx_oauth_store_expire_ends_t *ends);
static int ngx_oauth_store_expire_some(const ngx_oauth_store_db_t *db,
    int64_t longest, int64_t now, ngx_uint_t most,
    ngx_oauth_store_expire_ends_t *ends);


int
ngx_oauth_store_expire_run(const ngx_oauth_store_db_t *db, int64_t longest,
    int64_t now, ngx_uint_t *more)
{
    int                            rc, dead;
    MDB_txn                       *txn;
    ngx_uint_t                     most;
    ngx_oauth_store_expire_ends_t  ends;

    *more = 0;

    /* The slots of killed readers keep old pages from being used again. */

    (void) mdb_reader_check(db->env, &dead);

    rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0) {
        return rc;
    }

    rc = ngx_oauth_store_expire_find(db, txn, now, 1, &ends);

    mdb_txn_abort(txn);

    if (rc != 0 || ends.n == 0) {
        return rc;
    }

    for (most = NGX_OAUTH_STORE_EXPIRE_ROWS; most > 0; most /= 8) {

        rc = ngx_oauth_store_expire_some(db, longest, now, most, &ends);

        if (rc != MDB_MAP_FULL) {
            break;
        }
    }

    *more = (rc == 0 && ends.n == most);

    return rc;
}


static int
ngx_oauth_store_expire_some(const ngx_oauth_store_db_t *db, int64_t longest,
    int64_t now, ngx_uint_t most, ngx_oauth_store_expire_ends_t *ends)
{
    int                          rc;
    ngx_uint_t                   i;
    ngx_oauth_store_entry_txn_t  t;

    rc = ngx_oauth_store_entry_begin(&t, db, longest);
    if (rc != 0) {
        return rc;
    }

    rc = ngx_oauth_store_expire_find(db, t.txn, now, most, ends);

    for (i = 0; rc == 0 && i < ends->n; i++) {
        rc = ngx_oauth_store_entry_expire(&t, ends->keys[i]);
    }

    if (rc == 0) {
        rc = ngx_oauth_store_entry_commit(&t);
    }

    ngx_oauth_store_entry_abort(&t);

    return rc;
}


/* Copies the first rows of ends that are before now, at most "most". */

static int
ngx_oauth_store_expire_find(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    int64_t now, ngx_uint_t most, ngx_oauth_store_expire_ends_t *ends)
{
    int         rc;
    u_char      first;
    MDB_val     key, value;
    MDB_cursor *cursor;

    ends->n = 0;

    rc = mdb_cursor_open(txn, db->dbi, &cursor);
    if (rc != 0) {
        return rc;
    }

    first = NGX_OAUTH_STORE_ROW_END;
    key.mv_size = 1;
    key.mv_data = &first;

    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
         rc == 0 && ends->n < most;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        if (key.mv_size != NGX_OAUTH_STORE_ROW_END_KEY
            || *(u_char *) key.mv_data != NGX_OAUTH_STORE_ROW_END
            || (int64_t) ngx_oauth_store_row_read_number(
                             (u_char *) key.mv_data + 1)
               >= now)
        {
            break;
        }

        ngx_memcpy(ends->keys[ends->n++], key.mv_data,
                   NGX_OAUTH_STORE_ROW_END_KEY);
    }

    mdb_cursor_close(cursor);

    return (rc == MDB_NOTFOUND) ? 0 : rc;
}
