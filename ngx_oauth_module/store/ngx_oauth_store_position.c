
/*
 * The position is one row, which is replaced by the commit that writes what was
 * read up to it.  When the stream has to be read from the start, a server of
 * zeros takes its place: the row itself says that the store has had a bus.
 */


#include "ngx_oauth_store_position.h"


static ngx_uint_t ngx_oauth_store_position_is_none(
    const oauth_stream_position_t *position);
static void ngx_oauth_store_position_key(MDB_val *key);


int
ngx_oauth_store_position_lookup(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    oauth_stream_position_t *position)
{
    int      rc;
    MDB_val  key, value;

    ngx_oauth_store_position_key(&key);

    rc = mdb_get(txn, db->dbi, &key, &value);
    if (rc != 0) {
        return rc;
    }

    if (ngx_oauth_store_row_read_position(position, value.mv_data,
                                          value.mv_size)
        != NGX_OK)
    {
        return MDB_CORRUPTED;
    }

    return ngx_oauth_store_position_is_none(position) ? MDB_NOTFOUND : 0;
}


int
ngx_oauth_store_position_lookup_row(const ngx_oauth_store_db_t *db,
    MDB_txn *txn)
{
    MDB_val  key, value;

    ngx_oauth_store_position_key(&key);

    return mdb_get(txn, db->dbi, &key, &value);
}


int
ngx_oauth_store_position_compare(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const oauth_stream_position_t *position)
{
    int                      rc;
    oauth_stream_position_t  kept;

    if (position == NULL) {
        return MDB_KEYEXIST;
    }

    rc = ngx_oauth_store_position_lookup(db, txn, &kept);

    if (rc == MDB_NOTFOUND && ngx_oauth_store_position_is_none(position)) {
        rc = ngx_oauth_store_position_lookup_row(db, txn);

        return (rc == 0) ? MDB_KEYEXIST : (rc == MDB_NOTFOUND) ? 0 : rc;
    }

    if (rc == MDB_NOTFOUND) {
        return 0;
    }

    if (rc != 0) {
        return rc;
    }

    return (ngx_memcmp(kept.server, position->server, OAUTH_STREAM_SERVER) == 0
            && kept.id.ms == position->id.ms
            && kept.id.seq == position->id.seq
            && kept.added == position->added)
           ? MDB_KEYEXIST : 0;
}


int
ngx_oauth_store_position_store(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const oauth_stream_position_t *position)
{
    u_char   bytes[NGX_OAUTH_STORE_ROW_READ_VALUE];
    MDB_val  key, value;

    ngx_oauth_store_position_key(&key);
    ngx_oauth_store_row_write_position(position, bytes);
    value.mv_size = sizeof(bytes);
    value.mv_data = bytes;

    return mdb_put(txn, db->dbi, &key, &value, 0);
}


static ngx_uint_t
ngx_oauth_store_position_is_none(const oauth_stream_position_t *position)
{
    static const u_char  zeros[OAUTH_STREAM_SERVER];

    return ngx_memcmp(position->server, zeros, OAUTH_STREAM_SERVER) == 0;
}


static void
ngx_oauth_store_position_key(MDB_val *key)
{
    static u_char  name = NGX_OAUTH_STORE_ROW_READ;

    key->mv_size = 1;
    key->mv_data = &name;
}
