
/*
 * The event loop's part: hands what the leader has read to the thread, and
 * reads what has to be sent, in the transaction of ngx_oauth_store_renew.  The
 * rows of entries and of what is unsent are in the order of the keys, so the
 * leader walks through them in pieces, with the last key as its only state.
 */


#include "ngx_oauth_store_job.h"
#include "ngx_oauth_store_position.h"
#include "ngx_oauth_store_unsent.h"


/* Reading has begun, and nothing has failed since. */

#define ngx_oauth_store_bus_is_readable(store)                                \
    ((store)->reading && !(store)->problem)


static ngx_int_t ngx_oauth_store_bus_result(ngx_oauth_store_t *store, int rc);
static int ngx_oauth_store_bus_seek(MDB_cursor *cursor, MDB_val *key,
    MDB_val *value, const u_char *bytes, size_t len);
static int ngx_oauth_store_bus_read_entry(ngx_oauth_store_t *store,
    const u_char key[OAUTH_REVOCATION_KEY], oauth_revocation_t *entry);
static int ngx_oauth_store_bus_walk_unsent(ngx_oauth_store_t *store,
    MDB_cursor *cursor, const u_char *after, oauth_revocation_t *entries,
    ngx_uint_t *n);
static int ngx_oauth_store_bus_walk(ngx_oauth_store_t *store,
    MDB_cursor *cursor, const ngx_oauth_store_bus_range_t *range,
    oauth_revocation_t *entries, ngx_uint_t *n,
    u_char next[OAUTH_REVOCATION_KEY]);
static ngx_uint_t ngx_oauth_store_bus_is_wanted(
    const ngx_oauth_store_t *store, const ngx_oauth_store_bus_range_t *range,
    const ngx_oauth_store_row_t *row);


void
ngx_oauth_store_bus_create(ngx_oauth_store_t *store)
{
    store->fleet = 1;
}


void
ngx_oauth_store_bus_write(ngx_oauth_store_t *store,
    ngx_oauth_store_bus_commit_t *commit)
{
    store->bus = commit;

    ngx_oauth_store_job_hold(store);
}


ngx_int_t
ngx_oauth_store_bus_node(ngx_oauth_store_t *store,
    u_char node[OAUTH_RECORD_NODE], uint64_t *unsent)
{
    if (!ngx_oauth_store_bus_is_readable(store)) {
        return NGX_ERROR;
    }

    if (!store->headed) {
        return NGX_DECLINED;
    }

    ngx_memcpy(node, store->head.id, OAUTH_RECORD_NODE);
    *unsent = store->head.unsent;

    return NGX_OK;
}


ngx_int_t
ngx_oauth_store_bus_position(ngx_oauth_store_t *store,
    oauth_stream_position_t *position)
{
    if (!ngx_oauth_store_bus_is_readable(store)) {
        return NGX_ERROR;
    }

    return ngx_oauth_store_bus_result(store,
               ngx_oauth_store_position_lookup(&store->db, store->db.txn,
                                               position));
}


ngx_int_t
ngx_oauth_store_bus_is_unsent(ngx_oauth_store_t *store,
    const u_char key[OAUTH_REVOCATION_KEY])
{
    if (!ngx_oauth_store_bus_is_readable(store)) {
        return NGX_ERROR;
    }

    return ngx_oauth_store_bus_result(store,
               ngx_oauth_store_unsent_lookup(&store->db, store->db.txn, key));
}


/* NGX_DECLINED: it was not found. */

static ngx_int_t
ngx_oauth_store_bus_result(ngx_oauth_store_t *store, int rc)
{
    switch (rc) {

    case 0:
        return NGX_OK;

    case MDB_NOTFOUND:
        return NGX_DECLINED;

    case ENOMEM:

        /* The next reading may have enough memory. */

        return NGX_ERROR;

    default:
        ngx_oauth_store_state_fail(store, rc);
        return NGX_ERROR;
    }
}


ngx_int_t
ngx_oauth_store_bus_read_unsent(ngx_oauth_store_t *store, const u_char *after,
    oauth_revocation_t *entries, ngx_uint_t *n)
{
    int          rc;
    ngx_uint_t   most;
    MDB_cursor  *cursor;

    most = *n;
    *n = 0;

    if (!ngx_oauth_store_bus_is_readable(store)) {
        return NGX_ERROR;
    }

    rc = mdb_cursor_open(store->db.txn, store->db.dbi, &cursor);

    if (rc == 0) {
        rc = ngx_oauth_store_bus_walk_unsent(store, cursor, after, entries,
                                             &most);
        mdb_cursor_close(cursor);
    }

    if (rc == 0 || rc == MDB_NOTFOUND) {
        *n = most;
        return NGX_OK;
    }

    return ngx_oauth_store_bus_result(store, rc);
}


static int
ngx_oauth_store_bus_walk_unsent(ngx_oauth_store_t *store, MDB_cursor *cursor,
    const u_char *after, oauth_revocation_t *entries, ngx_uint_t *n)
{
    int         rc, found;
    u_char      bytes[NGX_OAUTH_STORE_ROW_UNSENT_KEY], *row;
    MDB_val     key, value;
    ngx_uint_t  most;

    most = *n;
    *n = 0;

    bytes[0] = NGX_OAUTH_STORE_ROW_UNSENT;

    if (after) {
        ngx_oauth_store_row_write_unsent(after, bytes);
    }

    for (rc = ngx_oauth_store_bus_seek(cursor, &key, &value, bytes,
                                       after ? sizeof(bytes) : 1);
         rc == 0 && *n < most;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        row = key.mv_data;

        if (key.mv_size != sizeof(bytes)
            || row[0] != NGX_OAUTH_STORE_ROW_UNSENT)
        {
            break;
        }

        found = ngx_oauth_store_bus_read_entry(store, row + 1, &entries[*n]);

        if (found != 0) {
            return (found == MDB_NOTFOUND) ? MDB_CORRUPTED : found;
        }

        (*n)++;
    }

    return rc;
}


/* Finds the first row whose key is after these bytes. */

static int
ngx_oauth_store_bus_seek(MDB_cursor *cursor, MDB_val *key, MDB_val *value,
    const u_char *bytes, size_t len)
{
    int  rc;

    key->mv_size = len;
    key->mv_data = (void *) bytes;

    rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);

    if (rc == 0 && key->mv_size == len
        && ngx_memcmp(key->mv_data, bytes, len) == 0)
    {
        rc = mdb_cursor_get(cursor, key, value, MDB_NEXT);
    }

    return rc;
}


static int
ngx_oauth_store_bus_read_entry(ngx_oauth_store_t *store,
    const u_char key[OAUTH_REVOCATION_KEY], oauth_revocation_t *entry)
{
    int                    rc;
    ngx_oauth_store_row_t  row;

    rc = ngx_oauth_store_db_read_entry(&store->db, store->db.txn, key, &row);

    if (rc == 0) {
        ngx_oauth_store_row_write_entry(&row, entry);
    }

    return rc;
}


ngx_int_t
ngx_oauth_store_bus_read(ngx_oauth_store_t *store,
    const ngx_oauth_store_bus_range_t *range, oauth_revocation_t *entries,
    ngx_uint_t *n, u_char next[OAUTH_REVOCATION_KEY])
{
    int          rc;
    ngx_uint_t   most;
    MDB_cursor  *cursor;

    most = *n;
    *n = 0;

    if (!ngx_oauth_store_bus_is_readable(store)) {
        return NGX_ERROR;
    }

    rc = mdb_cursor_open(store->db.txn, store->db.dbi, &cursor);

    if (rc == 0) {
        rc = ngx_oauth_store_bus_walk(store, cursor, range, entries, &most,
                                      next);
        mdb_cursor_close(cursor);
    }

    if (rc == 0 || rc == MDB_NOTFOUND) {
        *n = most;
        return (rc == 0) ? NGX_OK : NGX_DONE;
    }

    return ngx_oauth_store_bus_result(store, rc);
}


/*
 * The entries come before all other rows, and those of the last kind, which are
 * never sent, after the others.  MDB_NOTFOUND: it has reached them.
 */

static int
ngx_oauth_store_bus_walk(ngx_oauth_store_t *store, MDB_cursor *cursor,
    const ngx_oauth_store_bus_range_t *range, oauth_revocation_t *entries,
    ngx_uint_t *n, u_char next[OAUTH_REVOCATION_KEY])
{
    int                    rc;
    MDB_val                key, value;
    ngx_uint_t             i, most;
    ngx_oauth_store_row_t  row;

    static const u_char    zero[1];

    most = *n;
    *n = 0;

    rc = ngx_oauth_store_bus_seek(cursor, &key, &value,
                                  range->after ? range->after : zero,
                                  range->after ? OAUTH_REVOCATION_KEY : 1);

    for (i = 0; rc == 0; i++) {

        if (key.mv_size != OAUTH_REVOCATION_KEY
            || *(u_char *) key.mv_data >= OAUTH_REVOCATION_USED)
        {
            return MDB_NOTFOUND;
        }

        if (i == most) {
            return 0;
        }

        if (ngx_oauth_store_row_read(&row, value.mv_data, value.mv_size)
            != NGX_OK)
        {
            return MDB_CORRUPTED;
        }

        ngx_memcpy(row.entry.key, key.mv_data, OAUTH_REVOCATION_KEY);
        ngx_memcpy(next, key.mv_data, OAUTH_REVOCATION_KEY);

        if (ngx_oauth_store_bus_is_wanted(store, range, &row)) {
            ngx_oauth_store_row_write_entry(&row, &entries[(*n)++]);
        }

        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }

    return rc;
}


static ngx_uint_t
ngx_oauth_store_bus_is_wanted(const ngx_oauth_store_t *store,
    const ngx_oauth_store_bus_range_t *range, const ngx_oauth_store_row_t *row)
{
    int64_t  end;

    if (row->entry.time < range->since || (row->foreign && !range->foreign)) {
        return 0;
    }

    end = row->entry.end;

    if (row->open) {
        end = ngx_max(end,
                      ngx_oauth_store_row_open_end(&row->entry,
                          ngx_max(store->longest, store->head.longest)));
    }

    return end >= range->now;
}
