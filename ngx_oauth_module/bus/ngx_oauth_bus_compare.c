
/*
 * A comparison reads pages of the stream on the connection for commands, while
 * the reader goes on with what is new; both give records to the store, and put
 * them into the set of what was seen.  Then the store is walked, in pieces.
 *
 * Nothing is sent here: an entry that is missing becomes unsent, in the store,
 * and is sent like a new one.  So a comparison may be interrupted anywhere.
 */


#include "ngx_oauth_bus_ask.h"
#include "ngx_oauth_bus_compare.h"
#include "ngx_oauth_bus_deliver.h"
#include "ngx_oauth_bus_error.h"
#include "ngx_oauth_bus_reply.h"
#include "ngx_oauth_bus_send.h"
#include "ngx_oauth_bus_take.h"


#define NGX_OAUTH_BUS_COMPARE_SPARE  65536      /* places in the set, for what
                                                   comes meanwhile            */


static void ngx_oauth_bus_compare_ask(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_compare_page(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static ngx_int_t ngx_oauth_bus_compare_walk(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_compare_sort(ngx_oauth_bus_leader_t *leader,
    const oauth_revocation_t *entries, ngx_uint_t n);


void
ngx_oauth_bus_compare_start(ngx_oauth_bus_leader_t *leader, ngx_uint_t lost,
    ngx_uint_t restore, int64_t since)
{
    ngx_oauth_bus_compare_t  *compare;

    ngx_oauth_bus_compare_done(leader);

    compare = &leader->compare;

    compare->lost = lost;
    compare->restore = restore;
    compare->since = since;
    compare->begun = ngx_current_msec;
    compare->time.ms = (uint64_t) ngx_oauth_bus_send_time(leader,
                                                           ngx_current_msec);
    compare->added = leader->sample.added;
    compare->end = leader->sample.last;

    /* What the reader has read before it began is not in the set. */

    if (oauth_stream_id_compare(&leader->follow.at.id, &compare->end) > 0) {
        compare->end = leader->follow.at.id;
    }

    compare->seen = oauth_seen_create((size_t) leader->length
                                      + (size_t) leader->length / 4
                                      + NGX_OAUTH_BUS_COMPARE_SPARE);

    if (compare->seen == NULL) {
        ngx_oauth_bus_error_note(leader, "memory is short: the stream cannot "
                                 "be compared with the store", NULL);
        compare->full = 1;
    }

    compare->state = NGX_OAUTH_BUS_COMPARE_READ;
}


void
ngx_oauth_bus_compare_done(ngx_oauth_bus_leader_t *leader)
{
    if (leader->compare.seen) {
        oauth_seen_free(leader->compare.seen);
    }

    ngx_memzero(&leader->compare, sizeof(ngx_oauth_bus_compare_t));
}


ngx_int_t
ngx_oauth_bus_compare_step(ngx_oauth_bus_leader_t *leader)
{
    ngx_oauth_bus_compare_t  *compare;

    compare = &leader->compare;

    if (compare->state == NGX_OAUTH_BUS_COMPARE_NONE) {
        return NGX_OK;
    }

    if (compare->full) {

        /* It begins again, with a set that is large enough. */

        leader->lost = 1;
        return NGX_OK;
    }

    if (compare->state == NGX_OAUTH_BUS_COMPARE_READ) {

        if (oauth_stream_id_compare(&compare->at, &compare->end) < 0) {
            ngx_oauth_bus_compare_ask(leader);
            return NGX_OK;
        }

        compare->state = NGX_OAUTH_BUS_COMPARE_OWN;
        compare->started = 0;
        compare->mark = ngx_oauth_bus_deliver_mark(leader);
    }

    /* The last ones that have to become unsent wait for a commit. */

    if (leader->nunsent) {
        return NGX_OK;
    }

    if (compare->state == NGX_OAUTH_BUS_COMPARE_DONE) {
        return ngx_oauth_bus_deliver_has_written(leader, compare->mark)
               ? NGX_DONE : NGX_OK;
    }

    if (ngx_oauth_bus_compare_walk(leader) == NGX_OK) {
        ngx_oauth_bus_step(leader);
    }

    return NGX_OK;
}


static void
ngx_oauth_bus_compare_ask(ngx_oauth_bus_leader_t *leader)
{
    if (leader->compare.paging || !ngx_oauth_bus_deliver_has_room(leader)) {
        return;
    }

    if (ngx_oauth_bus_ask(leader, &leader->compare.at, leader->page,
                          ngx_oauth_bus_compare_page)
        == NGX_OK)
    {
        leader->compare.paging = 1;
    }
}


static void
ngx_oauth_bus_compare_page(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    ngx_oauth_bus_leader_t  *leader = data;

    size_t                    i;
    oauth_str_t               bytes;
    const redisReply         *records;
    oauth_stream_id_t         id;
    ngx_oauth_bus_compare_t  *compare;

    compare = &leader->compare;

    ngx_oauth_bus_step(leader);

    if (compare->state != NGX_OAUTH_BUS_COMPARE_READ || !compare->paging) {
        return;
    }

    compare->paging = 0;

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_oauth_bus_error_note(leader, "the stream cannot be read", reply);
        leader->lost = 1;
        return;
    }

    records = ngx_oauth_bus_reply_records(reply, &leader->bus->stream);

    if (records == NULL || records->elements == 0) {
        compare->at = compare->end;
        return;
    }

    for (i = 0; i < (size_t) records->elements; i++) {

        if (ngx_oauth_bus_reply_record(records->element[i], &id, &bytes)
            != NGX_OK
            || oauth_stream_id_compare(&id, &compare->at) <= 0)
        {
            leader->lost = 1;
            return;
        }

        if (oauth_stream_id_compare(&id, &compare->end) > 0) {
            compare->at = compare->end;
            return;
        }

        ngx_oauth_bus_take(leader, &id, bytes, 1);
        compare->at = id;
        compare->count++;
    }
}


/*
 * First this node's entries, which become unsent if they are missing; they are
 * then in the set as well, so what is missing in the second walk is of others.
 */

static ngx_int_t
ngx_oauth_bus_compare_walk(ngx_oauth_bus_leader_t *leader)
{
    u_char                       next[OAUTH_REVOCATION_KEY];
    uint64_t                     epoch;
    ngx_int_t                    rc;
    ngx_uint_t                   n;
    oauth_revocation_t           entries[NGX_OAUTH_BUS_ROUND];
    ngx_oauth_bus_compare_t     *compare;
    ngx_oauth_store_bus_range_t  range;

    compare = &leader->compare;

    if (ngx_oauth_store_renew(leader->bus->store, &epoch) != NGX_OK) {
        return NGX_ERROR;
    }

    range.after = compare->started ? compare->after : NULL;
    range.since = compare->since;
    range.now = (int64_t) ngx_time();
    range.foreign = (compare->state == NGX_OAUTH_BUS_COMPARE_FOREIGN);

    n = NGX_OAUTH_BUS_ROUND;
    rc = ngx_oauth_store_bus_read(leader->bus->store, &range, entries, &n,
                                  next);

    ngx_oauth_store_reset(leader->bus->store);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    ngx_memcpy(compare->after, next, OAUTH_REVOCATION_KEY);
    compare->started = 1;

    ngx_oauth_bus_compare_sort(leader, entries, n);

    if (rc == NGX_DONE) {
        compare->state++;
        compare->started = 0;
    }

    return NGX_OK;
}


static void
ngx_oauth_bus_compare_sort(ngx_oauth_bus_leader_t *leader,
    const oauth_revocation_t *entries, ngx_uint_t n)
{
    ngx_uint_t                i;
    ngx_oauth_bus_compare_t  *compare;

    compare = &leader->compare;

    for (i = 0; i < n; i++) {

        if (oauth_seen_has(compare->seen, &entries[i])) {
            continue;
        }

        if (compare->state == NGX_OAUTH_BUS_COMPARE_FOREIGN
            && !compare->restore)
        {
            compare->foreign = 1;
            continue;
        }

        leader->unsent[leader->nunsent++] = entries[i];
        compare->missing++;

        if (oauth_seen_add(compare->seen, &entries[i]) != 0) {
            compare->full = 1;
        }
    }
}
