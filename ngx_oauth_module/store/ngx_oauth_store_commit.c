
/*
 * One transaction for the batches of all workers that wait.  If it fails, each
 * of them is written by its owner alone, unit by unit, so that one that is too
 * large for a map that is nearly full does not take the others with it.
 */


#include "ngx_oauth_store_commit.h"
#include "ngx_oauth_store_position.h"


#define NGX_OAUTH_STORE_COMMIT_BATCHES  16      /* of one transaction         */
#define NGX_OAUTH_STORE_COMMIT_LOOKS    50      /* at a batch that is about to
                                                   be done                    */
#define NGX_OAUTH_STORE_COMMIT_LOOK     200000  /* ns between them            */


/* The batches of a transaction; the first is the caller's. */

typedef struct {
    const ngx_oauth_store_db_t     *db;
    ngx_oauth_store_batch_table_t  *table;
    ngx_uint_t                      n;
    struct {
        ngx_oauth_store_batch_t    *batch;
        ngx_atomic_uint_t           taken;
    } items[NGX_OAUTH_STORE_COMMIT_BATCHES];
} ngx_oauth_store_commit_group_t;


static ngx_uint_t ngx_oauth_store_commit_is_done(
    const ngx_oauth_store_batch_t *batch);
static void ngx_oauth_store_commit_fail(ngx_oauth_store_batch_t *batch, int rc);
static ngx_oauth_store_result_t ngx_oauth_store_commit_result(int rc);
static int ngx_oauth_store_commit_group(ngx_oauth_store_commit_group_t *group,
    ngx_oauth_store_entry_txn_t *t, ngx_oauth_store_batch_t *own);
static void ngx_oauth_store_commit_gather(ngx_oauth_store_commit_group_t *group,
    ngx_oauth_store_entry_txn_t *t);
static void ngx_oauth_store_commit_end(ngx_oauth_store_commit_group_t *group,
    ngx_oauth_store_batch_state_t state, ngx_uint_t from);
static int ngx_oauth_store_commit_units(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table, ngx_oauth_store_batch_t *batch);
static int ngx_oauth_store_commit_put(ngx_oauth_store_entry_txn_t *t,
    ngx_oauth_store_batch_t *batch, ngx_oauth_store_batch_unit_t *unit);
static int ngx_oauth_store_commit_is_fleet(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_batch_t *batch, ngx_uint_t *fleet);


int
ngx_oauth_store_commit_run(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table, ngx_oauth_store_batch_t *batch)
{
    int                             rc;
    ngx_oauth_store_entry_txn_t     t;
    ngx_oauth_store_commit_group_t  group;

    rc = ngx_oauth_store_entry_begin(&t, db, batch->longest);

    if (rc != 0) {

        if (ngx_oauth_store_batch_cancel(batch) != NGX_OK) {
            return 0;
        }

        ngx_oauth_store_commit_fail(batch, rc);

        return rc;
    }

    if (ngx_oauth_store_commit_is_done(batch)) {
        ngx_oauth_store_entry_abort(&t);
        return 0;
    }

    group.db = db;
    group.table = table;

    rc = ngx_oauth_store_commit_group(&group, &t, batch);

    if (rc == 0) {
        return 0;
    }

    if (rc == NGX_OAUTH_STORE_PROBLEM_MOVED
        || (group.n == 1 && batch->nunits == 1))
    {
        ngx_oauth_store_commit_fail(batch, rc);

        return rc;
    }

    return ngx_oauth_store_commit_units(db, table, batch);
}


static void
ngx_oauth_store_commit_fail(ngx_oauth_store_batch_t *batch, int rc)
{
    ngx_uint_t  i;

    for (i = 0; i < batch->nunits; i++) {
        batch->units[i].result = ngx_oauth_store_commit_result(rc);
    }
}


static ngx_oauth_store_result_t
ngx_oauth_store_commit_result(int rc)
{
    return ngx_oauth_store_problem_is_full(rc) ? NGX_OAUTH_STORE_FULL
                                               : NGX_OAUTH_STORE_UNUSABLE;
}


/*
 * A batch that another worker took is done, or waits again, a moment after that
 * worker has released LMDB's lock.  If that worker was killed, it stays taken.
 */

static ngx_uint_t
ngx_oauth_store_commit_is_done(const ngx_oauth_store_batch_t *batch)
{
    ngx_uint_t                     i;
    struct timespec                pause;
    ngx_oauth_store_batch_state_t  state;

    pause.tv_sec = 0;
    pause.tv_nsec = NGX_OAUTH_STORE_COMMIT_LOOK;

    for (i = 0; i < NGX_OAUTH_STORE_COMMIT_LOOKS; i++) {

        state = ngx_oauth_store_batch_state(batch);

        if (state != NGX_OAUTH_STORE_BATCH_TAKEN) {
            return state == NGX_OAUTH_STORE_BATCH_DONE;
        }

        (void) nanosleep(&pause, NULL);
    }

    return 0;
}


static int
ngx_oauth_store_commit_group(ngx_oauth_store_commit_group_t *group,
    ngx_oauth_store_entry_txn_t *t, ngx_oauth_store_batch_t *own)
{
    int                       rc;
    ngx_uint_t                i, k;
    ngx_oauth_store_batch_t  *batch;

    group->n = 1;
    group->items[0].batch = own;
    group->items[0].taken = ngx_oauth_store_batch_take(own, 1);

    ngx_oauth_store_commit_gather(group, t);

    rc = 0;

    for (i = 0; rc == 0 && i < group->n; i++) {
        batch = group->items[i].batch;

        for (k = 0; rc == 0 && k < batch->nunits; k++) {
            rc = ngx_oauth_store_commit_put(t, batch, &batch->units[k]);
        }
    }

    if (rc == 0) {
        rc = ngx_oauth_store_commit_finish(t, group->table);
    }

    if (rc == 0) {
        ngx_oauth_store_commit_end(group, NGX_OAUTH_STORE_BATCH_DONE, 0);
        return 0;
    }

    /* Before the lock is released, the others wait again. */

    for (i = 1; i < group->n; i++) {
        group->items[i].batch->alone = 1;
    }

    ngx_oauth_store_commit_end(group, NGX_OAUTH_STORE_BATCH_WAITING, 1);
    ngx_oauth_store_entry_abort(t);

    return rc;
}


/* Takes the batches of other workers that are for the same file. */

static void
ngx_oauth_store_commit_gather(ngx_oauth_store_commit_group_t *group,
    ngx_oauth_store_entry_txn_t *t)
{
    ngx_uint_t                i;
    ngx_atomic_uint_t         taken;
    ngx_oauth_store_batch_t  *batch;

    for (i = 0;
         i < NGX_OAUTH_STORE_BATCH_SLOTS
         && group->n < NGX_OAUTH_STORE_COMMIT_BATCHES;
         i++)
    {
        batch = &group->table->batches[i];

        if (batch == group->items[0].batch) {
            continue;
        }

        taken = ngx_oauth_store_batch_take(batch, 0);

        if (taken == 0) {
            continue;
        }

        if (batch->alone
            || batch->data.dev != group->db->data.dev
            || batch->data.ino != group->db->data.ino)
        {
            ngx_oauth_store_batch_done(batch, taken,
                                       NGX_OAUTH_STORE_BATCH_WAITING);
            continue;
        }

        t->longest = ngx_max(t->longest, batch->longest);

        group->items[group->n].batch = batch;
        group->items[group->n].taken = taken;
        group->n++;
    }
}


static void
ngx_oauth_store_commit_end(ngx_oauth_store_commit_group_t *group,
    ngx_oauth_store_batch_state_t state, ngx_uint_t from)
{
    ngx_uint_t  i;

    for (i = from; i < group->n; i++) {
        ngx_oauth_store_batch_done(group->items[i].batch,
                                   group->items[i].taken, state);
    }
}


/* Each unit in a transaction of its own. */

static int
ngx_oauth_store_commit_units(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table, ngx_oauth_store_batch_t *batch)
{
    int                            rc, failed;
    ngx_uint_t                     i;
    ngx_oauth_store_entry_txn_t    t;
    ngx_oauth_store_batch_unit_t  *unit;

    failed = 0;

    for (i = 0; i < batch->nunits; i++) {
        unit = &batch->units[i];

        rc = ngx_oauth_store_entry_begin(&t, db, batch->longest);

        if (rc == 0) {
            rc = ngx_oauth_store_commit_put(&t, batch, unit);
        }

        if (rc == 0) {
            rc = ngx_oauth_store_commit_finish(&t, table);
        }

        if (rc != 0) {
            ngx_oauth_store_entry_abort(&t);

            failed = rc;
            unit->result = ngx_oauth_store_commit_result(rc);
        }
    }

    return failed;
}


/*
 * Puts one unit into the transaction, and sets the result that it has if the
 * transaction is committed.
 */

static int
ngx_oauth_store_commit_put(ngx_oauth_store_entry_txn_t *t,
    ngx_oauth_store_batch_t *batch, ngx_oauth_store_batch_unit_t *unit)
{
    int                     rc;
    ngx_uint_t              i, fleet;
    ngx_oauth_store_row_t   row;

    unit->result = NGX_OAUTH_STORE_DONE;

    if (unit->used) {
        rc = ngx_oauth_store_entry_lookup(t, batch->rows[unit->first].key,
                                          &row);

        if (rc == 0) {
            if (row.unit != unit->id) {
                unit->result = NGX_OAUTH_STORE_USED;
            }

            return 0;
        }

        if (rc != MDB_NOTFOUND) {
            return rc;
        }
    }

    rc = ngx_oauth_store_commit_is_fleet(t, batch, &fleet);
    if (rc != 0) {
        return rc;
    }

    for (i = unit->first; i < unit->first + unit->n; i++) {

        rc = ngx_oauth_store_entry_store(t, &batch->rows[i], unit->id, fleet);
        if (rc != 0) {
            return rc;
        }
    }

    return 0;
}


/*
 * A worker of a configuration without a bus does not know of one that a newer
 * configuration has; and where the bus was taken out for a while, the stream
 * goes on at the position.  So once a leader has begun to compare the store
 * with the stream, each entry has to be sent: it might come after the walk.
 */

static int
ngx_oauth_store_commit_is_fleet(ngx_oauth_store_entry_txn_t *t,
    const ngx_oauth_store_batch_t *batch, ngx_uint_t *fleet)
{
    int  rc;

    *fleet = 1;

    if (batch->fleet) {
        return 0;
    }

    rc = ngx_oauth_store_position_lookup_row(t->db, t->txn);

    if (rc == MDB_NOTFOUND) {
        *fleet = 0;
        rc = 0;
    }

    return rc;
}


int
ngx_oauth_store_commit_finish(ngx_oauth_store_entry_txn_t *t,
    ngx_oauth_store_batch_table_t *table)
{
    int  rc;

    rc = ngx_oauth_store_entry_commit(t);

    if (rc == 0) {
        (void) ngx_atomic_fetch_add(&table->commits, 1);
        table->last = (ngx_atomic_uint_t) time(NULL);
    }

    return rc;
}
