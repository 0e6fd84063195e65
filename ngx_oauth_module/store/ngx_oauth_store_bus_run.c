
/*
 * First a transaction that only reads looks whether there is anything to write:
 * where the stream is read again, most of it is known, and LMDB's lock of
 * writers is not taken for it.  Then one transaction writes all, in the order
 * of the keys, so that LMDB finds neighbours in pages that it has changed.
 *
 * An entry that becomes unsent after that look stays so, and is sent: the
 * record that will come back is not among those that were read already.
 */


#include "ngx_oauth_store_bus_run.h"
#include "ngx_oauth_store_commit.h"
#include "ngx_oauth_store_entry.h"
#include "ngx_oauth_store_position.h"
#include "ngx_oauth_store_unsent.h"


/*
 * The entries in the order of their keys; behind them, those that have ended.
 */

typedef struct {
    ngx_uint_t                  n;
    ngx_uint_t                  nended;
    const oauth_revocation_t  **entries;
    const oauth_revocation_t  **ended;
} ngx_oauth_store_bus_order_t;


static void ngx_oauth_store_bus_run_sort(const ngx_oauth_store_bus_run_t *run,
    int64_t longest, ngx_oauth_store_bus_order_t *order);
static int ngx_oauth_store_bus_run_compare(const void *one, const void *two);
static int ngx_oauth_store_bus_run_look(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const ngx_oauth_store_bus_run_t *run,
    ngx_oauth_store_bus_order_t *order);
static int ngx_oauth_store_bus_run_look_entry(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const ngx_oauth_store_row_head_t *head,
    const oauth_revocation_t *entry);
static int ngx_oauth_store_bus_run_look_sent(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const ngx_oauth_store_row_head_t *head,
    const oauth_revocation_t *entry);
static int ngx_oauth_store_bus_run_look_unsent(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const ngx_oauth_store_bus_commit_t *commit);
static int ngx_oauth_store_bus_run_write(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table, const ngx_oauth_store_bus_run_t *run,
    const ngx_oauth_store_bus_order_t *order);
static int ngx_oauth_store_bus_run_unsent(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_bus_commit_t *commit);
static int ngx_oauth_store_bus_run_entries(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_bus_order_t *order,
    ngx_oauth_store_bus_commit_t *commit);
static int ngx_oauth_store_bus_run_ended(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_bus_order_t *order,
    ngx_oauth_store_bus_commit_t *commit);
static int ngx_oauth_store_bus_run_sent(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_row_t *row, const oauth_revocation_t *entry,
    ngx_oauth_store_bus_commit_t *commit);


int
ngx_oauth_store_bus_run(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table, const ngx_oauth_store_bus_run_t *run)
{
    int                           rc;
    MDB_txn                      *txn;
    ngx_oauth_store_bus_order_t   order;

    order.n = 0;
    order.nended = 0;
    order.entries = malloc((run->commit->n + 1) * sizeof(oauth_revocation_t *));

    if (order.entries == NULL) {
        return ENOMEM;
    }

    rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);

    if (rc == 0) {
        rc = ngx_oauth_store_bus_run_look(db, txn, run, &order);
        mdb_txn_abort(txn);
    }

    if (rc == 0) {
        rc = ngx_oauth_store_bus_run_write(db, table, run, &order);
    }

    free(order.entries);

    return (rc == MDB_KEYEXIST) ? 0 : rc;
}


/*
 * 0: something is to be written.  MDB_KEYEXIST: the store has all of it.  The
 * files are checked before anything is read.
 */

static int
ngx_oauth_store_bus_run_look(const ngx_oauth_store_db_t *db, MDB_txn *txn,
    const ngx_oauth_store_bus_run_t *run, ngx_oauth_store_bus_order_t *order)
{
    int                         rc;
    ngx_uint_t                  i;
    ngx_oauth_store_row_head_t  head;

    rc = ngx_oauth_store_db_check(db);

    if (rc == 0) {
        rc = ngx_oauth_store_db_read_head(db, txn, &head);
    }

    if (rc != 0) {
        return rc;
    }

    head.longest = ngx_max(run->longest, head.longest);

    ngx_oauth_store_bus_run_sort(run, head.longest, order);

    rc = ngx_oauth_store_position_compare(db, txn, run->commit->position);

    if (rc == MDB_KEYEXIST) {
        rc = ngx_oauth_store_bus_run_look_unsent(db, txn, run->commit);
    }

    for (i = 0; rc == MDB_KEYEXIST && i < order->nended; i++) {
        rc = ngx_oauth_store_bus_run_look_sent(db, txn, &head,
                                                order->ended[i]);
    }

    for (i = 0; rc == MDB_KEYEXIST && i < order->n; i++) {
        rc = ngx_oauth_store_bus_run_look_entry(db, txn, &head,
                                                order->entries[i]);
    }

    return rc;
}


/* What is only there to remember the jti of a message is never sent. */

static void
ngx_oauth_store_bus_run_sort(const ngx_oauth_store_bus_run_t *run,
    int64_t longest, ngx_oauth_store_bus_order_t *order)
{
    ngx_uint_t                     i;
    ngx_oauth_store_row_t          row;
    const oauth_revocation_t      *entry;
    ngx_oauth_store_bus_commit_t  *commit;

    commit = run->commit;
    order->ended = order->entries + commit->n;

    for (i = 0; i < commit->n; i++) {
        entry = &commit->entries[i];

        if (entry->key[0] >= OAUTH_REVOCATION_USED) {
            continue;
        }

        ngx_oauth_store_row_merge(&row, entry, NULL, longest);

        if (row.entry.end < run->now) {
            *--order->ended = entry;
            order->nended++;
            continue;
        }

        order->entries[order->n++] = entry;
    }

    commit->ended = order->nended;

    qsort(order->entries, order->n, sizeof(oauth_revocation_t *),
          ngx_oauth_store_bus_run_compare);
}


/* Entries of one key may come in any order: the store keeps the latest. */

static int
ngx_oauth_store_bus_run_compare(const void *one, const void *two)
{
    const oauth_revocation_t  *const  *a, *const  *b;

    a = one;
    b = two;

    return ngx_memcmp((*a)->key, (*b)->key, OAUTH_REVOCATION_KEY);
}


static int
ngx_oauth_store_bus_run_look_entry(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const ngx_oauth_store_row_head_t *head,
    const oauth_revocation_t *entry)
{
    int                    rc;
    oauth_revocation_t     said;
    ngx_oauth_store_row_t  row, before;

    rc = ngx_oauth_store_db_read_entry(db, txn, entry->key, &before);

    if (rc != 0) {
        return (rc == MDB_NOTFOUND) ? 0 : rc;
    }

    ngx_oauth_store_row_write_entry(&before, &said);
    ngx_oauth_store_row_merge(&row, entry, &before, head->longest);

    if (!ngx_oauth_store_row_is_said(&row, &said)) {
        return 0;
    }

    if (!ngx_oauth_store_row_is_said(&row, entry)) {
        return MDB_KEYEXIST;
    }

    return ngx_oauth_store_bus_run_look_sent(db, txn, head, entry);
}


/* What was read back is not unsent any more: 0 if it was until now. */

static int
ngx_oauth_store_bus_run_look_sent(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const ngx_oauth_store_row_head_t *head,
    const oauth_revocation_t *entry)
{
    int  rc;

    if (head->unsent == 0) {
        return MDB_KEYEXIST;
    }

    rc = ngx_oauth_store_unsent_lookup(db, txn, entry->key);

    return (rc == MDB_NOTFOUND) ? MDB_KEYEXIST : rc;
}


static int
ngx_oauth_store_bus_run_look_unsent(const ngx_oauth_store_db_t *db,
    MDB_txn *txn, const ngx_oauth_store_bus_commit_t *commit)
{
    int         rc;
    ngx_uint_t  i;

    for (i = 0; i < commit->nunsent; i++) {

        rc = ngx_oauth_store_unsent_lookup(db, txn, commit->unsent[i].key);

        if (rc != 0) {
            return (rc == MDB_NOTFOUND) ? 0 : rc;
        }
    }

    return MDB_KEYEXIST;
}


static int
ngx_oauth_store_bus_run_write(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table, const ngx_oauth_store_bus_run_t *run,
    const ngx_oauth_store_bus_order_t *order)
{
    int                            rc;
    ngx_oauth_store_entry_txn_t    t;
    ngx_oauth_store_bus_commit_t  *commit;

    commit = run->commit;

    rc = ngx_oauth_store_entry_begin(&t, db, run->longest);
    if (rc != 0) {
        return rc;
    }

    rc = ngx_oauth_store_bus_run_unsent(&t, commit);

    if (rc == 0) {
        rc = ngx_oauth_store_bus_run_entries(&t, order, commit);
    }

    if (rc == 0) {
        rc = ngx_oauth_store_bus_run_ended(&t, order, commit);
    }

    if (rc == 0 && commit->position) {
        rc = ngx_oauth_store_position_store(db, t.txn, commit->position);
    }

    if (rc == 0) {
        rc = ngx_oauth_store_commit_finish(&t, table);
    }

    if (rc != 0) {
        ngx_oauth_store_entry_abort(&t);
    }

    return rc;
}


/* Only what is still there can be sent. */

static int
ngx_oauth_store_bus_run_unsent(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_bus_commit_t *commit)
{
    int                    rc;
    ngx_uint_t             i;
    const u_char          *key;
    ngx_oauth_store_row_t  row;

    for (i = 0; i < commit->nunsent; i++) {
        key = commit->unsent[i].key;

        if (key[0] >= OAUTH_REVOCATION_USED) {
            continue;
        }

        rc = ngx_oauth_store_entry_lookup(t, key, &row);

        if (rc == MDB_NOTFOUND) {
            continue;
        }

        if (rc == 0) {
            rc = ngx_oauth_store_unsent_store(t->db, t->txn, key, &t->head);
        }

        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


static int
ngx_oauth_store_bus_run_entries(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_bus_order_t *order,
    ngx_oauth_store_bus_commit_t *commit)
{
    int                        rc;
    ngx_uint_t                 i, news;
    ngx_oauth_store_row_t      row;
    const oauth_revocation_t  *entry;

    for (i = 0; i < order->n; i++) {
        entry = order->entries[i];

        rc = ngx_oauth_store_entry_take(t, entry, &row, &news);
        if (rc != 0) {
            return rc;
        }

        commit->news += news;

        rc = ngx_oauth_store_bus_run_sent(t, &row, entry, commit);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/*
 * What has ended is not written, but an entry of this node that was read back
 * is sent, whether it has ended on its way or not.
 */

static int
ngx_oauth_store_bus_run_ended(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_bus_order_t *order,
    ngx_oauth_store_bus_commit_t *commit)
{
    int                        rc;
    ngx_uint_t                 i;
    ngx_oauth_store_row_t      row;
    const oauth_revocation_t  *entry;

    for (i = 0; t->head.unsent && i < order->nended; i++) {
        entry = order->ended[i];

        rc = ngx_oauth_store_entry_lookup(t, entry->key, &row);

        if (rc == 0) {
            rc = ngx_oauth_store_bus_run_sent(t, &row, entry, commit);
        }

        if (rc != 0 && rc != MDB_NOTFOUND) {
            return rc;
        }
    }

    return 0;
}


static int
ngx_oauth_store_bus_run_sent(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_row_t *row, const oauth_revocation_t *entry,
    ngx_oauth_store_bus_commit_t *commit)
{
    int       rc;
    uint64_t  unsent;

    if (!ngx_oauth_store_row_is_said(row, entry)) {
        return 0;
    }

    unsent = t->head.unsent;

    rc = ngx_oauth_store_unsent_expire(t->db, t->txn, entry->key, &t->head);

    commit->sent += unsent - t->head.unsent;

    return rc;
}
