
/*
 * Adds, merges and removes entries.  Merging is monotone: whatever is written
 * again, in whatever order, an entry never revokes less than it did.
 *
 * The longest lifetime of a token may have been raised since an entry got its
 * end.  So an end that was left open is computed again before the entry goes.
 */


#include "ngx_oauth_store_entry.h"
#include "ngx_oauth_store_unsent.h"


static int ngx_oauth_store_entry_create(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_row_t *row, ngx_oauth_store_row_t *before);
static int ngx_oauth_store_entry_count(ngx_oauth_store_entry_txn_t *t,
    int64_t time, int64_t change);
static int ngx_oauth_store_entry_flush(ngx_oauth_store_entry_txn_t *t);
static int ngx_oauth_store_entry_flush_time(ngx_oauth_store_entry_txn_t *t,
    ngx_oauth_store_entry_time_t *time);
static int ngx_oauth_store_entry_move(ngx_oauth_store_entry_txn_t *t,
    const oauth_revocation_t *from, const oauth_revocation_t *to);
static int ngx_oauth_store_entry_put(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_row_t *row);
static int ngx_oauth_store_entry_delete(ngx_oauth_store_entry_txn_t *t,
    u_char *bytes, size_t len);
static void ngx_oauth_store_entry_key(MDB_val *key, const u_char *bytes,
    size_t len);


int
ngx_oauth_store_entry_begin(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_db_t *db, int64_t longest)
{
    int  rc;

    t->db = db;
    ngx_memzero(t->times, sizeof(t->times));

    rc = mdb_txn_begin(db->env, NULL, 0, &t->txn);
    if (rc != 0) {
        t->txn = NULL;
        return rc;
    }

    rc = ngx_oauth_store_db_check(db);

    if (rc == 0) {
        rc = ngx_oauth_store_db_read_head(db, t->txn, &t->head);
    }

    if (rc == 0
        && ngx_memcmp(t->head.id, db->identity.id, NGX_OAUTH_STORE_ROW_ID) != 0)
    {
        rc = NGX_OAUTH_STORE_PROBLEM_REPLACED;
    }

    if (rc != 0) {
        ngx_oauth_store_entry_abort(t);
        return rc;
    }

    t->longest = ngx_max(longest, t->head.longest);

    return 0;
}


/*
 * The files are checked before LMDB writes, since two lock files would let two
 * processes write at once, and after it, since nobody will read a file that was
 * replaced.
 */

int
ngx_oauth_store_entry_commit(ngx_oauth_store_entry_txn_t *t)
{
    int       rc;
    MDB_txn  *txn;
    uint64_t  id;

    rc = ngx_oauth_store_entry_flush(t);

    if (rc == 0) {
        rc = ngx_oauth_store_db_write_head(t->db, t->txn, &t->head);
    }

    if (rc != 0) {
        return rc;
    }

    txn = t->txn;
    t->txn = NULL;
    id = mdb_txn_id(txn);

    rc = mdb_txn_commit(txn);

    if (rc == 0) {
        rc = ngx_oauth_store_db_check(t->db);
    }

    if (rc == 0) {
        ngx_oauth_store_db_raise(t->db, id);
    }

    return rc;
}


void
ngx_oauth_store_entry_abort(ngx_oauth_store_entry_txn_t *t)
{
    if (t->txn) {
        mdb_txn_abort(t->txn);
        t->txn = NULL;
    }
}


int
ngx_oauth_store_entry_lookup(ngx_oauth_store_entry_txn_t *t,
    const u_char key[OAUTH_REVOCATION_KEY], ngx_oauth_store_row_t *row)
{
    return ngx_oauth_store_db_read_entry(t->db, t->txn, key, row);
}


int
ngx_oauth_store_entry_store(ngx_oauth_store_entry_txn_t *t,
    const oauth_revocation_t *entry, uint64_t unit, ngx_uint_t unsent)
{
    int                    rc;
    oauth_revocation_t     said;
    ngx_oauth_store_row_t  row, before;

    row.unit = unit;
    row.foreign = 0;
    ngx_oauth_store_row_merge(&row, entry, NULL, t->longest);

    rc = ngx_oauth_store_entry_create(t, &row, &before);

    if (rc == MDB_KEYEXIST) {
        ngx_oauth_store_row_write_entry(&before, &said);

        row.foreign = 0;
        ngx_oauth_store_row_merge(&row, entry, &before, t->longest);

        unsent = unsent && !ngx_oauth_store_row_is_said(&row, &said);

        rc = ngx_oauth_store_entry_move(t, &before.entry, &row.entry);

        if (rc == 0) {
            rc = ngx_oauth_store_entry_put(t, &row);
        }
    }

    if (rc != 0 || !unsent || entry->key[0] == OAUTH_REVOCATION_USED) {
        return rc;
    }

    return ngx_oauth_store_unsent_store(t->db, t->txn, entry->key, &t->head);
}


int
ngx_oauth_store_entry_take(ngx_oauth_store_entry_txn_t *t,
    const oauth_revocation_t *entry, ngx_oauth_store_row_t *row,
    ngx_uint_t *news)
{
    int                    rc;
    oauth_revocation_t     said;
    ngx_oauth_store_row_t  before;

    *news = 1;

    row->unit = 0;
    row->foreign = 1;
    ngx_oauth_store_row_merge(row, entry, NULL, t->longest);

    rc = ngx_oauth_store_entry_create(t, row, &before);

    if (rc != MDB_KEYEXIST) {
        return rc;
    }

    row->unit = before.unit;
    row->foreign = 1;
    ngx_oauth_store_row_merge(row, entry, &before, t->longest);

    ngx_oauth_store_row_write_entry(&before, &said);

    if (ngx_oauth_store_row_is_said(row, &said)) {
        *news = 0;
        return 0;
    }

    rc = ngx_oauth_store_entry_move(t, &before.entry, &row->entry);

    return rc ? rc : ngx_oauth_store_entry_put(t, row);
}


/*
 * Most entries that are written are new, so they are not looked up before.
 * MDB_KEYEXIST: there is one, and nothing has changed.
 */

static int
ngx_oauth_store_entry_create(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_row_t *row, ngx_oauth_store_row_t *before)
{
    int      rc;
    u_char   bytes[NGX_OAUTH_STORE_ROW_VALUE];
    MDB_val  key, value;

    if (row->entry.key[0] > OAUTH_REVOCATION_USED) {
        return EINVAL;
    }

    ngx_oauth_store_row_write(row, bytes);

    ngx_oauth_store_entry_key(&key, row->entry.key, OAUTH_REVOCATION_KEY);
    ngx_oauth_store_entry_key(&value, bytes, sizeof(bytes));

    rc = mdb_put(t->txn, t->db->dbi, &key, &value, MDB_NOOVERWRITE);

    if (rc == 0) {
        t->head.counts[row->entry.key[0]]++;
        return ngx_oauth_store_entry_move(t, NULL, &row->entry);
    }

    if (rc != MDB_KEYEXIST) {
        return rc;
    }

    ngx_memcpy(before->entry.key, row->entry.key, OAUTH_REVOCATION_KEY);

    return (ngx_oauth_store_row_read(before, value.mv_data, value.mv_size)
            == NGX_OK)
           ? MDB_KEYEXIST : MDB_CORRUPTED;
}


int
ngx_oauth_store_entry_expire(ngx_oauth_store_entry_txn_t *t,
    u_char end[NGX_OAUTH_STORE_ROW_END_KEY])
{
    int                     rc;
    int64_t                 open;
    u_char                 *key;
    oauth_revocation_t      before;
    ngx_oauth_store_row_t   row;

    key = end + NGX_OAUTH_STORE_ROW_END_KEY - OAUTH_REVOCATION_KEY;

    rc = ngx_oauth_store_entry_lookup(t, key, &row);
    if (rc != 0 || key[0] > OAUTH_REVOCATION_USED) {
        return (rc == MDB_NOTFOUND || rc == 0) ? MDB_CORRUPTED : rc;
    }

    before = row.entry;

    if (row.open) {
        open = ngx_oauth_store_row_open_end(&row.entry, t->longest);

        if (open > row.entry.end) {
            row.entry.end = open;

            rc = ngx_oauth_store_entry_move(t, &before, &row.entry);

            return rc ? rc : ngx_oauth_store_entry_put(t, &row);
        }
    }

    t->head.counts[key[0]]--;

    rc = ngx_oauth_store_entry_move(t, &before, NULL);

    if (rc == 0) {
        rc = ngx_oauth_store_unsent_expire(t->db, t->txn, key, &t->head);
    }

    return rc ? rc : ngx_oauth_store_entry_delete(t, key,
                                                  OAUTH_REVOCATION_KEY);
}


/*
 * Changes the rows of the end and the time of an entry.  from or to is NULL if
 * the entry is new or goes.
 */

static int
ngx_oauth_store_entry_move(ngx_oauth_store_entry_txn_t *t,
    const oauth_revocation_t *from, const oauth_revocation_t *to)
{
    int      rc;
    u_char   bytes[NGX_OAUTH_STORE_ROW_END_KEY];
    MDB_val  key, value;

    if (from && (rc = ngx_oauth_store_entry_count(t, from->time, -1)) != 0) {
        return rc;
    }

    if (to && (rc = ngx_oauth_store_entry_count(t, to->time, 1)) != 0) {
        return rc;
    }

    if (from && to && from->end == to->end) {
        return 0;
    }

    if (from) {
        ngx_oauth_store_row_write_end(from, bytes);

        rc = ngx_oauth_store_entry_delete(t, bytes, sizeof(bytes));
        if (rc != 0) {
            return rc;
        }
    }

    if (to == NULL) {
        return 0;
    }

    ngx_oauth_store_row_write_end(to, bytes);
    ngx_oauth_store_entry_key(&key, bytes, sizeof(bytes));
    ngx_oauth_store_entry_key(&value, bytes, 0);

    return mdb_put(t->txn, t->db->dbi, &key, &value, 0);
}


/*
 * Entries of a transaction have few times, in any order, so the row of each is
 * written once.
 */

static int
ngx_oauth_store_entry_count(ngx_oauth_store_entry_txn_t *t, int64_t time,
    int64_t change)
{
    int                            rc;
    ngx_oauth_store_entry_time_t  *slot;

    slot = &t->times[(uint64_t) time % NGX_OAUTH_STORE_ENTRY_TIMES];

    if (slot->time != time) {

        rc = ngx_oauth_store_entry_flush_time(t, slot);
        if (rc != 0) {
            return rc;
        }

        slot->time = time;
    }

    slot->change += change;

    return 0;
}


static int
ngx_oauth_store_entry_flush(ngx_oauth_store_entry_txn_t *t)
{
    int         rc;
    ngx_uint_t  i;

    for (i = 0; i < NGX_OAUTH_STORE_ENTRY_TIMES; i++) {

        rc = ngx_oauth_store_entry_flush_time(t, &t->times[i]);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static int
ngx_oauth_store_entry_flush_time(ngx_oauth_store_entry_txn_t *t,
    ngx_oauth_store_entry_time_t *time)
{
    int       rc;
    u_char    bytes[NGX_OAUTH_STORE_ROW_TIME_KEY];
    u_char    number[NGX_OAUTH_STORE_ROW_TIME_VALUE];
    uint64_t  n;
    MDB_val   key, value;

    if (time->change == 0) {
        return 0;
    }

    ngx_oauth_store_row_write_time(time->time, bytes);
    ngx_oauth_store_entry_key(&key, bytes, sizeof(bytes));

    n = 0;
    rc = mdb_get(t->txn, t->db->dbi, &key, &value);

    if (rc == 0) {

        if (value.mv_size != NGX_OAUTH_STORE_ROW_TIME_VALUE) {
            return MDB_CORRUPTED;
        }

        n = ngx_oauth_store_row_read_number(value.mv_data);

    } else if (rc != MDB_NOTFOUND) {
        return rc;
    }

    n += (uint64_t) time->change;
    time->change = 0;

    if (n == 0) {
        return ngx_oauth_store_entry_delete(t, bytes, sizeof(bytes));
    }

    ngx_oauth_store_row_write_number(n, number);
    ngx_oauth_store_entry_key(&value, number, sizeof(number));

    return mdb_put(t->txn, t->db->dbi, &key, &value, 0);
}


static int
ngx_oauth_store_entry_put(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_row_t *row)
{
    u_char   bytes[NGX_OAUTH_STORE_ROW_VALUE];
    MDB_val  key, value;

    ngx_oauth_store_row_write(row, bytes);

    ngx_oauth_store_entry_key(&key, row->entry.key, OAUTH_REVOCATION_KEY);
    ngx_oauth_store_entry_key(&value, bytes, sizeof(bytes));

    return mdb_put(t->txn, t->db->dbi, &key, &value, 0);
}


static int
ngx_oauth_store_entry_delete(ngx_oauth_store_entry_txn_t *t, u_char *bytes,
    size_t len)
{
    int      rc;
    MDB_val  key;

    ngx_oauth_store_entry_key(&key, bytes, len);

    rc = mdb_del(t->txn, t->db->dbi, &key, NULL);

    return (rc == MDB_NOTFOUND) ? MDB_CORRUPTED : rc;
}


static void
ngx_oauth_store_entry_key(MDB_val *key, const u_char *bytes, size_t len)
{
    key->mv_size = len;
    key->mv_data = (void *) bytes;
}
