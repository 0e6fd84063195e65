
/*
 * Sends records.  The reply to XADD only says that a server has taken a record;
 * a server that is about to be replaced says so, too, and then loses it.  So an
 * entry counts as sent when the reader has read it back, and stays unsent in
 * the store until then.
 */


#include "ngx_oauth_bus_error.h"
#include "ngx_oauth_bus_peers.h"
#include "ngx_oauth_bus_send.h"
#include "ngx_oauth_event.h"


#define NGX_OAUTH_BUS_SEND_AGAIN    1500        /* ms until it is read back   */
#define NGX_OAUTH_BUS_SEND_TRIM     60000       /* ms                         */
#define NGX_OAUTH_BUS_SEND_MARGIN   3600        /* seconds                    */
#define NGX_OAUTH_BUS_SEND_BEATS    60000       /* ms that heartbeats stay    */


static ngx_uint_t ngx_oauth_bus_send_read(ngx_oauth_bus_leader_t *leader,
    oauth_revocation_t *entries);
static ngx_int_t ngx_oauth_bus_send_record(ngx_oauth_bus_leader_t *leader,
    oauth_record_t *record, ngx_oauth_redis_reply_pt handler);
static void ngx_oauth_bus_send_added(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static void ngx_oauth_bus_send_wanted(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static void ngx_oauth_bus_send_beaten(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static void ngx_oauth_bus_send_trimmed(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static ngx_int_t ngx_oauth_bus_send_id(ngx_oauth_bus_leader_t *leader,
    const redisReply *reply, oauth_stream_id_t *id);


void
ngx_oauth_bus_send_unsent(ngx_oauth_bus_leader_t *leader)
{
    ngx_uint_t          i, n;
    oauth_record_t      record;
    oauth_revocation_t  entries[NGX_OAUTH_BUS_ROUND];

    if (leader->round) {

        if (leader->left && !ngx_oauth_msec_passed(leader->round_until)) {
            return;
        }

        if (leader->left) {
            leader->pass_failed = 1;
        }

        leader->round = 0;
        leader->rung = 1;
    }

    /* What the store cannot take off would be sent for ever. */

    if (!leader->rung || !leader->following || leader->failed) {
        return;
    }

    leader->rung = 0;
    n = ngx_oauth_bus_send_read(leader, entries);

    if (n == 0) {
        return;
    }

    ngx_memzero(&record, sizeof(oauth_record_t));
    record.kind = OAUTH_RECORD_REVOCATION;

    leader->left = 0;

    for (i = 0; i < n; i++) {
        record.entry = entries[i];

        if (ngx_oauth_bus_send_record(leader, &record,
                                      ngx_oauth_bus_send_added)
            == NGX_OK)
        {
            leader->left++;
        }
    }

    leader->status.sent += leader->left;
    leader->round = 1;
    leader->round_until = ngx_current_msec + NGX_OAUTH_BUS_SEND_AGAIN;
}


/*
 * Reads the next entries, in the order of their keys, and begins again at the
 * end.  If all that were sent from the first to the last key were read back,
 * then what was unsent when that pass began is on the bus.
 */

static ngx_uint_t
ngx_oauth_bus_send_read(ngx_oauth_bus_leader_t *leader,
    oauth_revocation_t *entries)
{
    uint64_t    epoch;
    ngx_int_t   rc;
    ngx_uint_t  n;

    if (ngx_oauth_store_renew(leader->bus->store, &epoch) != NGX_OK) {
        return 0;
    }

    n = NGX_OAUTH_BUS_ROUND;
    rc = ngx_oauth_store_bus_read_unsent(leader->bus->store,
                                         leader->started ? leader->after : NULL,
                                         entries, &n);

    if (rc == NGX_OK && n == 0) {

        if (!leader->pass_failed) {
            leader->drained = leader->pass;
        }

        leader->pass = leader->compared;
        leader->pass_failed = 0;
    }

    if (rc == NGX_OK && n == 0 && leader->started) {
        leader->started = 0;
        n = NGX_OAUTH_BUS_ROUND;
        rc = ngx_oauth_store_bus_read_unsent(leader->bus->store, NULL, entries,
                                             &n);
    }

    ngx_oauth_store_reset(leader->bus->store);

    if (rc != NGX_OK || n == 0) {
        return 0;
    }

    leader->started = 1;
    ngx_memcpy(leader->after, entries[n - 1].key, OAUTH_REVOCATION_KEY);

    return n;
}


void
ngx_oauth_bus_send_heartbeat(ngx_oauth_bus_leader_t *leader)
{
    oauth_record_t  record;

    ngx_memzero(&record, sizeof(oauth_record_t));

    record.kind = OAUTH_RECORD_HEARTBEAT;
    record.number = leader->number + 1;
    record.clock = (int64_t) ngx_time();
    record.longest = ngx_min(leader->bus->longest, OAUTH_RECORD_TIME_MOST);
    record.compared = leader->drained;
    record.name_len = ngx_min(leader->bus->name.len, OAUTH_RECORD_NAME);
    ngx_memcpy(record.name, leader->bus->name.data, record.name_len);

    if (ngx_oauth_bus_send_record(leader, &record, ngx_oauth_bus_send_beaten)
        == NGX_OK)
    {
        leader->number++;
        leader->beaten = ngx_current_msec;
    }
}


void
ngx_oauth_bus_send_want(ngx_oauth_bus_leader_t *leader)
{
    oauth_record_t  record;

    ngx_memzero(&record, sizeof(oauth_record_t));

    record.kind = OAUTH_RECORD_WANT;
    record.since = leader->want_since;

    (void) ngx_oauth_bus_send_record(leader, &record,
                                     ngx_oauth_bus_send_wanted);
}


/* Old heartbeats are removed with each new one. */

static ngx_int_t
ngx_oauth_bus_send_record(ngx_oauth_bus_leader_t *leader,
    oauth_record_t *record, ngx_oauth_redis_reply_pt handler)
{
    size_t      len;
    u_char      bytes[OAUTH_RECORD_SIZE], least[NGX_INT64_LEN];
    ngx_str_t   argv[8];
    ngx_uint_t  n;

    ngx_memcpy(record->node, leader->node, OAUTH_RECORD_NODE);

    if (oauth_record_write(record, &leader->bus->keys, bytes, &len)
        != OAUTH_RECORD_OK)
    {
        return NGX_ERROR;
    }

    n = 0;
    ngx_str_set(&argv[n], "XADD");
    n++;

    if (record->kind == OAUTH_RECORD_HEARTBEAT) {
        argv[n++] = leader->bus->heartbeats;

        if (leader->answered) {
            ngx_str_set(&argv[n], "MINID");
            n++;
            ngx_str_set(&argv[n], "~");
            n++;
            argv[n].data = least;
            argv[n].len = ngx_sprintf(least, "%L", leader->server_time
                                                   - NGX_OAUTH_BUS_SEND_BEATS)
                          - least;
            n++;
        }

    } else {
        argv[n++] = leader->bus->stream;
    }

    ngx_str_set(&argv[n], "*");
    n++;
    ngx_str_set(&argv[n], "r");
    n++;
    argv[n].data = bytes;
    argv[n].len = len;
    n++;

    return ngx_oauth_redis_send(&leader->commands, n, argv, 0, handler,
                                leader);
}


static void
ngx_oauth_bus_send_added(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    oauth_stream_id_t  id;

    (void) ngx_oauth_bus_send_id(data, reply, &id);
}


/*
 * This node has just compared.  What it has learnt since then was on the
 * stream, or is unsent.
 */

static void
ngx_oauth_bus_send_wanted(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    ngx_oauth_bus_leader_t  *leader = data;

    if (ngx_oauth_bus_send_id(leader, reply, &leader->want_id) == NGX_OK) {
        leader->compared = leader->want_id;
        leader->covered = leader->want_id;
    }
}


static void
ngx_oauth_bus_send_beaten(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    ngx_oauth_bus_leader_t  *leader = data;

    oauth_stream_id_t  id;

    if (ngx_oauth_bus_send_id(leader, reply, &id) != NGX_OK) {
        return;
    }

    leader->refused = 0;
    leader->server_time = (int64_t) id.ms;
    leader->answered = ngx_current_msec;
    leader->status.skew = (int64_t) ngx_time() - leader->server_time / 1000;
}


/*
 * The reply to XADD is the id of the record.  A server that is read-only is a
 * replica now, and the one to write to may have got its address.
 */

static ngx_int_t
ngx_oauth_bus_send_id(ngx_oauth_bus_leader_t *leader, const redisReply *reply,
    oauth_stream_id_t *id)
{
    oauth_str_t  text;

    ngx_oauth_bus_step(leader);

    text.data = (u_char *) reply->str;
    text.len = (size_t) reply->len;

    if (reply->type == REDIS_REPLY_STRING
        && oauth_stream_id_read(text, id) == 0
        && id->ms <= INT64_MAX / 2)
    {
        return NGX_OK;
    }

    ngx_oauth_bus_error_note(leader, "it takes no records", reply);
    leader->refused = 1;

    if (reply->type == REDIS_REPLY_ERROR
        && oauth_str_starts(text, oauth_str("READONLY")))
    {
        leader->broken = 1;
    }

    return NGX_DECLINED;
}


/*
 * The ids of records are times of the server, so a node whose clock is wrong
 * removes nothing too early.
 */

void
ngx_oauth_bus_send_trim(ngx_oauth_bus_leader_t *leader)
{
    u_char      least[NGX_INT64_LEN];
    int64_t     now, horizon;
    ngx_str_t   argv[5];

    now = ngx_oauth_bus_send_time(leader, ngx_current_msec) / 1000;
    horizon = ngx_oauth_bus_send_horizon(leader);

    if (now <= horizon || !ngx_oauth_msec_passed(leader->trimmed)) {
        return;
    }

    leader->trimmed = ngx_current_msec + NGX_OAUTH_BUS_SEND_TRIM
                      + (ngx_msec_t) ngx_random() % NGX_OAUTH_BUS_SEND_TRIM;

    ngx_str_set(&argv[0], "XTRIM");
    argv[1] = leader->bus->stream;
    ngx_str_set(&argv[2], "MINID");
    ngx_str_set(&argv[3], "~");
    argv[4].data = least;
    argv[4].len = ngx_sprintf(least, "%L", (now - horizon) * 1000) - least;

    (void) ngx_oauth_redis_send(&leader->commands, 5, argv, 0,
                                ngx_oauth_bus_send_trimmed, leader);
}


static void
ngx_oauth_bus_send_trimmed(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_oauth_bus_error_note(data, "old records cannot be removed from the "
                                 "stream", reply);
    }
}


int64_t
ngx_oauth_bus_send_horizon(const ngx_oauth_bus_leader_t *leader)
{
    int64_t  longest;

    longest = ngx_oauth_bus_peers_longest(leader);

    return ngx_min(longest, INT64_MAX / 4) + NGX_OAUTH_BUS_SEND_MARGIN;
}


int64_t
ngx_oauth_bus_send_time(const ngx_oauth_bus_leader_t *leader,
    ngx_msec_t moment)
{
    int64_t  time;

    if (leader->answered == 0) {
        return 0;
    }

    time = leader->server_time
           + (int64_t) (ngx_msec_int_t) (moment - leader->answered);

    return ngx_max(time, 0);
}
