
/*
 * A row of an entry that is unsent has its key behind a byte of its own, and no
 * value: what is sent is the entry as it is then.  All transactions that write
 * change the number in the head together with the rows, so it is exact.
 */


#include "ngx_oauth_store_unsent.h"


static void ngx_oauth_store_unsent_key(MDB_val *key, u_char *bytes,
    const u_char *entry);


int
ngx_oauth_store_unsent_lookup(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char entry[OAUTH_REVOCATION_KEY])
{
    u_char   bytes[NGX_OAUTH_STORE_ROW_UNSENT_KEY];
    MDB_val  key, value;

    ngx_oauth_store_unsent_key(&key, bytes, entry);

    return mdb_get(txn, db->dbi, &key, &value);
}


int
ngx_oauth_store_unsent_store(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char entry[OAUTH_REVOCATION_KEY], ngx_oauth_store_row_head_t *head)
{
    int      rc;
    u_char   bytes[NGX_OAUTH_STORE_ROW_UNSENT_KEY];
    MDB_val  key, value;

    ngx_oauth_store_unsent_key(&key, bytes, entry);
    value.mv_size = 0;
    value.mv_data = bytes;

    rc = mdb_put(txn, db->dbi, &key, &value, MDB_NOOVERWRITE);

    if (rc == 0) {
        head->unsent++;
    }

    return (rc == MDB_KEYEXIST) ? 0 : rc;
}


int
ngx_oauth_store_unsent_expire(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const u_char entry[OAUTH_REVOCATION_KEY], ngx_oauth_store_row_head_t *head)
{
    int      rc;
    u_char   bytes[NGX_OAUTH_STORE_ROW_UNSENT_KEY];
    MDB_val  key;

    /* Without a bus this costs nothing. */

    if (head->unsent == 0) {
        return 0;
    }

    ngx_oauth_store_unsent_key(&key, bytes, entry);

    rc = mdb_del(txn, db->dbi, &key, NULL);

    if (rc == 0) {
        head->unsent--;
    }

    return (rc == MDB_NOTFOUND) ? 0 : rc;
}


static void
ngx_oauth_store_unsent_key(MDB_val *key, u_char *bytes, const u_char *entry)
{
    ngx_oauth_store_row_write_unsent(entry, bytes);

    key->mv_size = NGX_OAUTH_STORE_ROW_UNSENT_KEY;
    key->mv_data = bytes;
}
