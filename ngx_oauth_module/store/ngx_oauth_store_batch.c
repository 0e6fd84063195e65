
/*
 * The life of a batch: free, waiting, taken, done, and free again with the next
 * use.  Each change of the state adds to its upper bits, so an old value of it
 * never fits again.  The content is written before the state, which is changed
 * by instructions that are full memory barriers.
 */


#include "ngx_oauth_store_batch.h"


#define NGX_OAUTH_STORE_BATCH_PAUSE  1000000    /* ns                         */

#define ngx_oauth_store_batch_word(word, state)                               \
    (((word) & ~(ngx_atomic_uint_t) 3) + 4 + (state))


static ngx_uint_t ngx_oauth_store_batch_is_gone(ngx_atomic_uint_t pid);
static ngx_atomic_uint_t ngx_oauth_store_batch_change(
    ngx_oauth_store_batch_t *batch, ngx_atomic_uint_t from,
    ngx_oauth_store_batch_state_t state);


ngx_oauth_store_batch_t *
ngx_oauth_store_batch_acquire(ngx_oauth_store_batch_table_t *table)
{
    ngx_uint_t                i;
    ngx_atomic_uint_t         owner, word;
    ngx_oauth_store_batch_t  *batch;

    for (i = 0; i < NGX_OAUTH_STORE_BATCH_SLOTS; i++) {

        batch = &table->batches[i];
        owner = batch->owner;
        word = batch->state;

        /* Whoever has taken a batch is still reading it, unless it is dead. */

        if (!ngx_oauth_store_batch_is_gone(owner)
            || ((word & 3) == NGX_OAUTH_STORE_BATCH_TAKEN
                && !ngx_oauth_store_batch_is_gone(batch->taker))
            || !ngx_atomic_cmp_set(&batch->owner, owner,
                                   (ngx_atomic_uint_t) ngx_pid))
        {
            continue;
        }

        if (ngx_oauth_store_batch_change(batch, word,
                                         NGX_OAUTH_STORE_BATCH_FREE))
        {
            return batch;
        }

        batch->owner = 0;
    }

    return NULL;
}


static ngx_uint_t
ngx_oauth_store_batch_is_gone(ngx_atomic_uint_t pid)
{
    return pid == 0
           || (kill((ngx_pid_t) pid, 0) == -1 && ngx_errno == NGX_ESRCH);
}


void
ngx_oauth_store_batch_release(ngx_oauth_store_batch_t *batch)
{
    ngx_memory_barrier();
    batch->owner = 0;
}


void
ngx_oauth_store_batch_start(ngx_oauth_store_batch_t *batch,
    const ngx_oauth_store_db_t *db, int64_t longest, ngx_uint_t fleet)
{
    batch->alone = 0;
    batch->data = db->data;
    batch->longest = longest;
    batch->fleet = fleet;
    batch->nunits = 0;
    batch->nrows = 0;
}


ngx_int_t
ngx_oauth_store_batch_add(ngx_oauth_store_batch_t *batch,
    const ngx_oauth_store_commit_t *commit, uint64_t id)
{
    ngx_uint_t                     n;
    oauth_revocation_t            *row;
    ngx_oauth_store_batch_unit_t  *unit;

    n = commit->n + (commit->used ? 1 : 0);

    if (n > NGX_OAUTH_STORE_BATCH_ROWS - batch->nrows
        || batch->nunits == NGX_OAUTH_STORE_BATCH_ROWS)
    {
        return NGX_DECLINED;
    }

    unit = &batch->units[batch->nunits++];

    unit->id = id;
    unit->first = batch->nrows;
    unit->n = n;
    unit->used = commit->used ? 1 : 0;
    unit->result = NGX_OAUTH_STORE_UNUSABLE;

    row = &batch->rows[batch->nrows];
    batch->nrows += n;

    if (commit->used) {
        *row++ = *commit->used;
    }

    if (commit->n) {
        ngx_memcpy(row, commit->entries,
                   commit->n * sizeof(oauth_revocation_t));
    }

    return NGX_OK;
}


void
ngx_oauth_store_batch_wait(ngx_oauth_store_batch_t *batch)
{
    ngx_memory_barrier();

    (void) ngx_oauth_store_batch_change(batch, batch->state,
                                        NGX_OAUTH_STORE_BATCH_WAITING);
}


ngx_oauth_store_batch_state_t
ngx_oauth_store_batch_state(const ngx_oauth_store_batch_t *batch)
{
    ngx_atomic_uint_t  word;

    word = batch->state;
    ngx_memory_barrier();

    return (ngx_oauth_store_batch_state_t) (word & 3);
}


ngx_atomic_uint_t
ngx_oauth_store_batch_take(ngx_oauth_store_batch_t *batch, ngx_uint_t again)
{
    ngx_atomic_uint_t  word;

    word = batch->state;

    if ((word & 3) != NGX_OAUTH_STORE_BATCH_WAITING
        && (!again || (word & 3) != NGX_OAUTH_STORE_BATCH_TAKEN))
    {
        return 0;
    }

    batch->taker = (ngx_atomic_uint_t) ngx_pid;
    ngx_memory_barrier();

    return ngx_oauth_store_batch_change(batch, word,
                                        NGX_OAUTH_STORE_BATCH_TAKEN);
}


void
ngx_oauth_store_batch_done(ngx_oauth_store_batch_t *batch,
    ngx_atomic_uint_t taken, ngx_oauth_store_batch_state_t state)
{
    (void) ngx_oauth_store_batch_change(batch, taken, state);
}


ngx_int_t
ngx_oauth_store_batch_cancel(ngx_oauth_store_batch_t *batch)
{
    struct timespec    pause;
    ngx_atomic_uint_t  word;

    pause.tv_sec = 0;
    pause.tv_nsec = NGX_OAUTH_STORE_BATCH_PAUSE;

    for ( ;; ) {
        word = batch->state;

        switch (word & 3) {

        case NGX_OAUTH_STORE_BATCH_DONE:
            ngx_memory_barrier();
            return NGX_DECLINED;

        case NGX_OAUTH_STORE_BATCH_TAKEN:
            if (!ngx_oauth_store_batch_is_gone(batch->taker)) {
                (void) nanosleep(&pause, NULL);
                continue;
            }

            break;

        default:
            break;
        }

        if (ngx_oauth_store_batch_change(batch, word,
                                         NGX_OAUTH_STORE_BATCH_FREE))
        {
            return NGX_OK;
        }
    }
}


/* Returns the new word, or 0: the state was not "from" any more. */

static ngx_atomic_uint_t
ngx_oauth_store_batch_change(ngx_oauth_store_batch_t *batch,
    ngx_atomic_uint_t from, ngx_oauth_store_batch_state_t state)
{
    ngx_atomic_uint_t  word;

    word = ngx_oauth_store_batch_word(from, (ngx_atomic_uint_t) state);

    return ngx_atomic_cmp_set(&batch->state, from, word) ? word : 0;
}
