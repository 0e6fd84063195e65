
/*
 * One commit at a time, with all that has come since the one before, so that
 * commits become larger when records come faster.  A commit that failed is
 * tried again, and reading stops when the other half of the memory is full.
 */


#include "ngx_oauth_bus_deliver.h"
#include "ngx_oauth_bus_error.h"
#include "ngx_oauth_event.h"


#define NGX_OAUTH_BUS_DELIVER_PAUSE  1000       /* ms, after a failure        */


static void ngx_oauth_bus_deliver_fill(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_deliver_handler(ngx_oauth_store_bus_commit_t *commit);


ngx_uint_t
ngx_oauth_bus_deliver_has_room(const ngx_oauth_bus_leader_t *leader)
{
    return leader->batch->n < NGX_OAUTH_BUS_BATCH;
}


void
ngx_oauth_bus_deliver_add(ngx_oauth_bus_leader_t *leader,
    const oauth_revocation_t *entry)
{
    if (leader->batch->n == NGX_OAUTH_BUS_BATCH + 2 * NGX_OAUTH_BUS_PAGE) {

        /* The server has sent more than it was asked for. */

        leader->lost = 1;
        return;
    }

    leader->batch->entries[leader->batch->n++] = *entry;
}


void
ngx_oauth_bus_deliver_write(ngx_oauth_bus_leader_t *leader)
{
    if (leader->writing) {
        return;
    }

    if (leader->failed) {
        if (!ngx_oauth_msec_passed(leader->again)) {
            return;
        }

    } else if (leader->batch->n || leader->nunsent || leader->forget
               || leader->keep)
    {
        ngx_oauth_bus_deliver_fill(leader);

    } else {
        leader->committed = leader->follow.at.id;
        return;
    }

    leader->writing = 1;
    ngx_oauth_store_bus_write(leader->bus->store, &leader->commit);
}


/*
 * The position stays where it is while a comparison runs or is due, so that a
 * leader that follows this one reads the want which is the reason for it.  It
 * stays forgotten until the others have answered, so that one asks them, too.
 */

static void
ngx_oauth_bus_deliver_fill(ngx_oauth_bus_leader_t *leader)
{
    ngx_oauth_bus_batch_t         *batch;
    ngx_oauth_store_bus_commit_t  *commit;

    batch = leader->batch;
    leader->batch = leader->written;
    leader->written = batch;

    commit = &leader->commit;

    commit->entries = batch->entries;
    commit->n = batch->n;
    commit->unsent = leader->unsent;
    commit->nunsent = leader->nunsent;
    commit->position = NULL;
    commit->handler = ngx_oauth_bus_deliver_handler;
    commit->data = leader;

    if (leader->unplaced) {

        if (leader->forget) {
            ngx_memzero(&leader->position, sizeof(oauth_stream_position_t));
            commit->position = &leader->position;
        }

    } else if (leader->following && !leader->asked
               && !leader->want && !leader->wanted
               && leader->compare.state == NGX_OAUTH_BUS_COMPARE_NONE)
    {
        leader->position = leader->follow.at;
        commit->position = &leader->position;
    }

    leader->writing_to = leader->follow.at.id;
    leader->begun++;
    leader->forget = 0;
    leader->keep = 0;
}


static void
ngx_oauth_bus_deliver_handler(ngx_oauth_store_bus_commit_t *commit)
{
    ngx_oauth_bus_leader_t  *leader;

    leader = commit->data;
    leader->writing = 0;

    /* It leads no more: ngx_oauth_bus_leader_done has left it for this. */

    if (leader->bus->leader != leader) {
        leader->bus->closing = 0;
        ngx_free(leader);
        return;
    }

    if (commit->result == NGX_OAUTH_STORE_DONE) {
        leader->failed = 0;
        leader->written->n = 0;
        leader->ended = leader->begun;
        leader->committed = leader->writing_to;

        if (commit->nunsent) {
            leader->nunsent = 0;
        }

        leader->status.received += commit->news;

        if (commit->sent) {
            leader->status.waiting = 0;
        }

        leader->left -= ngx_min(leader->left, commit->sent);

    } else {
        leader->failed = 1;
        leader->again = ngx_current_msec + NGX_OAUTH_BUS_DELIVER_PAUSE;

        ngx_oauth_bus_error_note(leader, "the revocation store of this node "
                                 "cannot take what was read from the bus",
                                 NULL);
    }

    ngx_oauth_bus_step(leader);
}


uint64_t
ngx_oauth_bus_deliver_mark(const ngx_oauth_bus_leader_t *leader)
{
    return leader->begun + (leader->batch->n ? 1 : 0);
}


ngx_uint_t
ngx_oauth_bus_deliver_has_written(const ngx_oauth_bus_leader_t *leader,
    uint64_t mark)
{
    return leader->ended >= mark;
}
