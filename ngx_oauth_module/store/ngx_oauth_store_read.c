
/*
 * Look-ups.  A worker has one transaction that reads, and uses it again and
 * again.  Its number, which is that of the last commit that it sees, goes with
 * what was found.  The number in mdb_env_info must not: it may be that of a
 * commit which this transaction does not see yet.
 */


#include "ngx_oauth_store_state.h"


#define NGX_OAUTH_STORE_READ_OPENED  48     /* bits of an epoch for the number
                                               of a commit; the others count
                                               how often the store was opened */


static uint64_t ngx_oauth_store_read_epoch(ngx_oauth_store_t *store,
    uint64_t txn);
static ngx_int_t ngx_oauth_store_read_head(ngx_oauth_store_t *store);
static void ngx_oauth_store_read_kinds(ngx_oauth_store_t *store);
static time_t ngx_oauth_store_read_oldest(ngx_oauth_store_t *store);
static uint64_t ngx_oauth_store_read_used(ngx_oauth_store_t *store,
    size_t page);


ngx_int_t
ngx_oauth_store_renew(ngx_oauth_store_t *store, uint64_t *epoch)
{
    int  rc;

    if (store->problem) {
        return NGX_ERROR;
    }

    /* Files are looked at once a second. */

    if (store->checked != ngx_time()) {
        store->checked = ngx_time();

        rc = ngx_oauth_store_db_follow(&store->db);
        if (rc != 0) {
            ngx_oauth_store_state_fail(store, rc);
            return NGX_ERROR;
        }
    }

    rc = mdb_txn_renew(store->db.txn);
    if (rc != 0) {
        ngx_oauth_store_state_fail(store, rc);
        return NGX_ERROR;
    }

    store->reading = 1;

    *epoch = ngx_oauth_store_read_epoch(store, mdb_txn_id(store->db.txn));

    if (*epoch == store->epoch) {
        return NGX_OK;
    }

    if (ngx_oauth_store_read_head(store) != NGX_OK) {
        ngx_oauth_store_reset(store);
        return NGX_ERROR;
    }

    store->epoch = *epoch;

    return NGX_OK;
}


static uint64_t
ngx_oauth_store_read_epoch(ngx_oauth_store_t *store, uint64_t txn)
{
    return (store->opened << NGX_OAUTH_STORE_READ_OPENED) + txn + 1;
}


/*
 * LMDB writes the number into the file before the commit is done, and it is
 * never behind that of a commit that was acknowledged.  So while it is the one
 * of the transaction with which the token was looked up, that transaction has
 * seen everything.  Once a second the caller has to go the long way, on which
 * the files are looked at.
 */

ngx_uint_t
ngx_oauth_store_is_unchanged(ngx_oauth_store_t *store, uint64_t epoch)
{
    MDB_envinfo  info;

    return store->problem == 0
           && store->checked == ngx_time()
           && mdb_env_info(store->db.env, &info) == 0
           && ngx_oauth_store_read_epoch(store, info.me_last_txnid) == epoch;
}


void
ngx_oauth_store_reset(ngx_oauth_store_t *store)
{
    if (store->reading) {
        store->reading = 0;
        mdb_txn_reset(store->db.txn);
    }
}


/*
 * Without a head nothing was ever revoked: a commit creates it before the first
 * entry.  Each renewed transaction looks for it, so it is found in time.
 */

static ngx_int_t
ngx_oauth_store_read_head(ngx_oauth_store_t *store)
{
    int                         rc;
    ngx_oauth_store_row_head_t  head;

    rc = ngx_oauth_store_db_read_head(&store->db, store->db.txn, &head);

    if (rc == 0 && store->headed
        && ngx_memcmp(head.id, store->head.id, NGX_OAUTH_STORE_ROW_ID) != 0)
    {
        rc = NGX_OAUTH_STORE_PROBLEM_REPLACED;
    }

    if (rc == MDB_NOTFOUND) {

        if (!store->headed) {
            ngx_memzero(&store->head, sizeof(ngx_oauth_store_row_head_t));
            ngx_oauth_store_read_kinds(store);
            return NGX_OK;
        }

        rc = NGX_OAUTH_STORE_PROBLEM_EMPTIED;
    }

    if (rc != 0) {
        ngx_oauth_store_state_fail(store, rc);
        return NGX_ERROR;
    }

    store->headed = 1;
    store->head = head;
    ngx_oauth_store_read_kinds(store);

    return NGX_OK;
}


static void
ngx_oauth_store_read_kinds(ngx_oauth_store_t *store)
{
    size_t                     n;
    ngx_uint_t                 i;
    u_char                     kinds[OAUTH_REVOCATION_KINDS];

    n = 0;

    for (i = 0; i < OAUTH_REVOCATION_KINDS; i++) {
        if (store->head.counts[i]) {
            kinds[n++] = (u_char) i;
        }
    }

    if (store->kinds.version && n == store->kinds.n
        && ngx_memcmp(kinds, store->kinds.kinds, n) == 0)
    {
        return;
    }

    store->kinds.version++;
    store->kinds.n = n;
    ngx_memcpy(store->kinds.kinds, kinds, n);
}


const oauth_revocation_kinds_t *
ngx_oauth_store_kinds(ngx_oauth_store_t *store)
{
    return (store->reading && !store->problem) ? &store->kinds : NULL;
}


ngx_int_t
ngx_oauth_store_lookup(ngx_oauth_store_t *store,
    const u_char key[OAUTH_REVOCATION_KEY], oauth_revocation_t *entry)
{
    int                    rc;
    ngx_oauth_store_row_t  row;

    if (!store->reading || store->problem) {
        return NGX_ERROR;
    }

    rc = ngx_oauth_store_db_read_entry(&store->db, store->db.txn, key, &row);

    if (rc == MDB_NOTFOUND) {
        return NGX_DECLINED;
    }

    if (rc != 0) {
        ngx_oauth_store_state_fail(store, rc);
        return NGX_ERROR;
    }

    *entry = row.entry;

    return NGX_OK;
}


/*
 * Until a thread has written a longer lifetime down, the store acts as if it
 * had done so now.
 */

int64_t
ngx_oauth_store_floor(ngx_oauth_store_t *store)
{
    int64_t  floor;

    floor = store->head.floor;

    /* By now, no token that was issued until then is valid any more. */

    if (ngx_time() > floor + store->head.longest) {
        floor = 0;
    }

    if (store->headed && store->longest > store->head.longest) {
        floor = ngx_max(floor, ngx_time() - store->head.longest);
    }

    return ngx_max(floor, 0);
}


void
ngx_oauth_store_read_status(ngx_oauth_store_t *store,
    ngx_oauth_store_status_t *status)
{
    u_char      *p;
    uint64_t     epoch;
    MDB_stat     stat;
    ngx_uint_t   was_reading;
    MDB_envinfo  info;

    ngx_memzero(status, sizeof(ngx_oauth_store_status_t));

    status->size = store->db.size;

    if (store->table) {
        status->commits = store->table->commits;
        status->last = (time_t) store->table->last;
    }

    was_reading = store->reading;

    if (was_reading || ngx_oauth_store_renew(store, &epoch) == NGX_OK) {

        if (mdb_env_info(store->db.env, &info) == 0
            && mdb_env_stat(store->db.env, &stat) == 0)
        {
            status->size = info.me_mapsize;
            status->used = ngx_oauth_store_read_used(store, stat.ms_psize);
        }

        ngx_memcpy(status->counts, store->head.counts, sizeof(status->counts));
        status->oldest = ngx_oauth_store_read_oldest(store);

        if (!was_reading) {
            ngx_oauth_store_reset(store);
        }
    }

    status->usable = (store->problem == 0 && !store->db.readonly);

    if (store->problem || store->db.readonly) {
        p = ngx_oauth_store_problem_write(
                store->problem ? store->problem
                               : NGX_OAUTH_STORE_PROBLEM_READONLY,
                status->error, status->error + NGX_OAUTH_STORE_ERROR);
        status->error_len = p - status->error;
    }
}


/* The rows of times are in their order. */

static time_t
ngx_oauth_store_read_oldest(ngx_oauth_store_t *store)
{
    int          rc;
    time_t       oldest;
    u_char       first;
    MDB_val      key, value;
    MDB_cursor  *cursor;

    if (mdb_cursor_open(store->db.txn, store->db.dbi, &cursor) != 0) {
        return 0;
    }

    oldest = 0;
    first = NGX_OAUTH_STORE_ROW_TIME;
    key.mv_size = 1;
    key.mv_data = &first;

    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);

    if (rc == 0 && key.mv_size == NGX_OAUTH_STORE_ROW_TIME_KEY
        && *(u_char *) key.mv_data == NGX_OAUTH_STORE_ROW_TIME)
    {
        oldest = (time_t) ngx_oauth_store_row_read_number(
                              (u_char *) key.mv_data + 1);
    }

    mdb_cursor_close(cursor);

    return oldest;
}


/* Pages of the entries and of LMDB's own database, 0, of free pages. */

static uint64_t
ngx_oauth_store_read_used(ngx_oauth_store_t *store, size_t page)
{
    uint64_t    pages;
    MDB_dbi     dbi;
    MDB_stat    stat;

    pages = 2;

    for (dbi = 0; dbi <= store->db.dbi; dbi++) {
        if (mdb_stat(store->db.txn, dbi, &stat) == 0) {
            pages += stat.ms_branch_pages + stat.ms_leaf_pages
                     + stat.ms_overflow_pages;
        }
    }

    return pages * page;
}
