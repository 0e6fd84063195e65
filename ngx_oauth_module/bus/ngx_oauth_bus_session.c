
/*
 * Begins where the store says that this node has read to, if the server still
 * has all of that; otherwise at the end of the stream, with a comparison.
 */


#include "ngx_oauth_bus_ask.h"
#include "ngx_oauth_bus_compare.h"
#include "ngx_oauth_bus_error.h"
#include "ngx_oauth_bus_reply.h"
#include "ngx_oauth_bus_send.h"
#include "ngx_oauth_bus_session.h"

#include <ngx_sha1.h>


#define NGX_OAUTH_BUS_SESSION_BEHIND  1500      /* ms                         */


static void ngx_oauth_bus_session_ready(ngx_oauth_redis_t *redis);
static void ngx_oauth_bus_session_closed(ngx_oauth_redis_t *redis);
static void ngx_oauth_bus_session_info(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static void ngx_oauth_bus_session_place(const ngx_oauth_bus_t *bus,
    u_char server[OAUTH_STREAM_SERVER]);
static void ngx_oauth_bus_session_stream(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static void ngx_oauth_bus_session_use(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_session_follow(ngx_oauth_bus_leader_t *leader);
static ngx_int_t ngx_oauth_bus_session_load(ngx_oauth_bus_leader_t *leader,
    oauth_stream_position_t *position);
static void ngx_oauth_bus_session_begin(ngx_oauth_bus_leader_t *leader);
static int64_t ngx_oauth_bus_session_since(
    const ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_session_probed(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);


void
ngx_oauth_bus_session_start(ngx_oauth_bus_leader_t *leader)
{
    ngx_uint_t          i;
    ngx_oauth_redis_t  *redis;

    leader->broken = 0;
    leader->lost = 0;
    leader->server_known = 0;
    leader->status.connects++;

    for (i = 0; i < 2; i++) {
        redis = i ? &leader->commands : &leader->reader;

        redis->conf = leader->bus->server;
        redis->ready = ngx_oauth_bus_session_ready;
        redis->closed = ngx_oauth_bus_session_closed;
        redis->data = leader;
        redis->log = leader->log;

        if (ngx_oauth_redis_start(redis) != NGX_OK) {
            ngx_oauth_bus_error_close(leader, redis);
            leader->broken = 1;
            return;
        }
    }
}


void
ngx_oauth_bus_session_done(ngx_oauth_bus_leader_t *leader)
{
    ngx_oauth_redis_done(&leader->reader);
    ngx_oauth_redis_done(&leader->commands);

    leader->reader_ready = 0;
    leader->commands_ready = 0;
    leader->following = 0;
    leader->reading = 0;
    leader->sampling = 0;
    leader->probing = 0;
    leader->round = 0;
    leader->behind = 0;
    leader->compare.paging = 0;

    ngx_memzero(&leader->beats_read, sizeof(oauth_stream_id_t));
}


static void
ngx_oauth_bus_session_ready(ngx_oauth_redis_t *redis)
{
    ngx_oauth_bus_leader_t  *leader;

    leader = redis->data;

    if (redis == &leader->reader) {
        leader->reader_ready = 1;

    } else {
        leader->commands_ready = 1;
    }

    /* The server's time is in the answer to the heartbeat, so it is first. */

    if (leader->reader_ready && leader->commands_ready) {
        ngx_oauth_bus_send_heartbeat(leader);
        ngx_oauth_bus_session_sample(leader);
    }
}


static void
ngx_oauth_bus_session_closed(ngx_oauth_redis_t *redis)
{
    ngx_oauth_bus_leader_t  *leader;

    leader = redis->data;

    ngx_oauth_bus_error_close(leader, redis);
    leader->broken = 1;
    ngx_oauth_bus_step(leader);
}


void
ngx_oauth_bus_session_sample(ngx_oauth_bus_leader_t *leader)
{
    ngx_str_t  info[2], stream[3];

    if (leader->sampling || !leader->reader_ready || !leader->commands_ready) {
        return;
    }

    ngx_str_set(&info[0], "INFO");
    ngx_str_set(&info[1], "server");

    ngx_str_set(&stream[0], "XINFO");
    ngx_str_set(&stream[1], "STREAM");
    stream[2] = leader->bus->stream;

    leader->next.time = (int64_t) ngx_current_msec;

    if ((!leader->server_known
         && ngx_oauth_redis_send(&leader->reader, 2, info, 0,
                                 ngx_oauth_bus_session_info, leader)
            != NGX_OK)
        || ngx_oauth_redis_send(&leader->commands, 2, info, 0,
                                ngx_oauth_bus_session_info, leader)
           != NGX_OK
        || ngx_oauth_redis_send(&leader->commands, 3, stream, 0,
                                ngx_oauth_bus_session_stream, leader)
           != NGX_OK)
    {
        leader->broken = 1;
        return;
    }

    oauth_follow_ask(&leader->follow);
    leader->sampling = 1;
}


static void
ngx_oauth_bus_session_info(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    ngx_oauth_bus_leader_t  *leader = data;

    u_char  *server;

    server = (redis == &leader->reader) ? leader->server : leader->next.server;

    if (ngx_oauth_bus_reply_server(reply, server) != NGX_OK) {
        ngx_oauth_bus_error_note(leader, "the server does not tell its run id",
                                 reply);
        leader->broken = 1;
        ngx_oauth_bus_step(leader);
        return;
    }

    ngx_oauth_bus_session_place(leader->bus, server);

    if (redis == &leader->reader) {
        leader->server_known = 1;

        if (leader->sampled) {
            ngx_oauth_bus_session_use(leader);
        }
    }
}


/*
 * A server has many databases and streams: the position of one of them is not
 * one of another.  So the run id is replaced by a hash of all three.
 */

static void
ngx_oauth_bus_session_place(const ngx_oauth_bus_t *bus,
    u_char server[OAUTH_STREAM_SERVER])
{
    u_char      hash[OAUTH_STREAM_SERVER / 2];
    ngx_sha1_t  sha1;

    ngx_sha1_init(&sha1);
    ngx_sha1_update(&sha1, server, OAUTH_STREAM_SERVER);
    ngx_sha1_update(&sha1, bus->server->db.data, bus->server->db.len);
    ngx_sha1_update(&sha1, " ", 1);
    ngx_sha1_update(&sha1, bus->stream.data, bus->stream.len);
    ngx_sha1_final(hash, &sha1);

    (void) ngx_hex_dump(server, hash, sizeof(hash));
}


static void
ngx_oauth_bus_session_stream(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    ngx_oauth_bus_leader_t  *leader = data;

    ngx_int_t  rc;

    ngx_oauth_bus_step(leader);

    rc = ngx_oauth_bus_reply_stream(reply, &leader->next, &leader->length);

    if (rc != NGX_OK) {
        ngx_oauth_bus_error_note(leader, (rc == NGX_ABORT)
                                 ? "the server is too old: it must be Redis "
                                   "7.0 or Valkey 7.2, or later"
                                 : "the server does not tell about the stream",
                                 reply);
        leader->broken = 1;
        return;
    }

    leader->sampling = 0;
    leader->sampled = 1;

    if (leader->server_known) {
        ngx_oauth_bus_session_use(leader);
    }
}


/* Both connections must be to the same server. */

static void
ngx_oauth_bus_session_use(ngx_oauth_bus_leader_t *leader)
{
    leader->sampled = 0;
    leader->sample = leader->next;

    if (ngx_memcmp(leader->server, leader->sample.server, OAUTH_STREAM_SERVER)
        != 0)
    {
        ngx_oauth_bus_error_note(leader, "its two connections were to two "
                                 "servers", NULL);
        leader->broken = 1;

    } else if (!leader->following) {
        ngx_oauth_bus_session_follow(leader);

    } else if (oauth_follow_sample(&leader->follow, &leader->sample)
               != OAUTH_FOLLOW_OK)
    {
        leader->lost = 1;
    }

    ngx_oauth_bus_step(leader);
}


static void
ngx_oauth_bus_session_follow(ngx_oauth_bus_leader_t *leader)
{
    ngx_int_t                rc;
    oauth_stream_position_t  position;

    rc = NGX_DECLINED;

    if (!leader->unplaced) {
        rc = ngx_oauth_bus_session_load(leader, &position);

        if (rc == NGX_ERROR) {
            leader->broken = 1;
            return;
        }
    }

    leader->following = 1;
    leader->rung = 1;

    if (rc == NGX_OK) {

        if (leader->synced_id.ms == 0) {
            leader->synced_id = position.id;
        }

        oauth_follow_start(&leader->follow, &position);

        if (oauth_follow_sample(&leader->follow, &leader->sample)
            == OAUTH_FOLLOW_OK)
        {
            return;
        }

        leader->status.losses++;

        if ((int64_t) (position.id.ms / 1000)
            < ngx_oauth_bus_send_time(leader, ngx_current_msec) / 1000
              - ngx_oauth_bus_send_horizon(leader))
        {
            leader->away = 1;
        }
    }

    ngx_oauth_bus_session_begin(leader);
}


/*
 * NGX_DECLINED: the store has no position: this node was never in sync, or the
 * position was forgotten after a loss.  While the node waits for others, the
 * store has none either, but this leader has what it has read.
 */

static ngx_int_t
ngx_oauth_bus_session_load(ngx_oauth_bus_leader_t *leader,
    oauth_stream_position_t *position)
{
    uint64_t   epoch;
    ngx_int_t  rc;

    if (leader->want || leader->wanted) {
        *position = leader->follow.at;
        return NGX_OK;
    }

    if (ngx_oauth_store_renew(leader->bus->store, &epoch) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_oauth_store_bus_position(leader->bus->store, position);

    ngx_oauth_store_reset(leader->bus->store);

    leader->fresh = (rc == NGX_DECLINED);

    return rc;
}


/* From the end of the stream on; what is before it is read by a comparison. */

static void
ngx_oauth_bus_session_begin(ngx_oauth_bus_leader_t *leader)
{
    oauth_stream_position_t  position;

    ngx_memcpy(position.server, leader->sample.server, OAUTH_STREAM_SERVER);
    position.id = leader->sample.last;
    position.added = leader->sample.added;

    oauth_follow_start(&leader->follow, &position);
    (void) oauth_follow_sample(&leader->follow, &leader->sample);

    /* Nothing that was true of the stream before the loss is true now. */

    ngx_memzero(&leader->compared, sizeof(oauth_stream_id_t));
    ngx_memzero(&leader->covered, sizeof(oauth_stream_id_t));
    ngx_memzero(&leader->pass, sizeof(oauth_stream_id_t));
    ngx_memzero(&leader->drained, sizeof(oauth_stream_id_t));
    ngx_memzero(&leader->committed, sizeof(oauth_stream_id_t));
    ngx_memzero(&leader->writing_to, sizeof(oauth_stream_id_t));
    leader->heard = 0;

    /*
     * Before the store is walked, so that workers of an older configuration,
     * which has no bus, leave unsent what they accept after it.
     */

    leader->forget |= !leader->unplaced;
    leader->unplaced = 1;

    ngx_oauth_bus_compare_start(leader, 1, 0,
                                ngx_oauth_bus_session_since(leader));

    ngx_log_error(NGX_LOG_NOTICE, leader->log, 0,
                  "oauth: this node compares its revocations with all that is "
                  "on the bus \"%V\": %s", &leader->bus->server->url,
                  leader->fresh ? "its store does not say up to "
                                  "where it has read"
                                : "the server may have lost records");
}


/* Older entries are not put back: they would come back after each trimming. */

static int64_t
ngx_oauth_bus_session_since(const ngx_oauth_bus_leader_t *leader)
{
    if (leader->fresh || leader->away) {
        return 0;
    }

    return ngx_max((int64_t) ngx_time() - ngx_oauth_bus_send_horizon(leader),
                   0);
}


void
ngx_oauth_bus_session_probe(ngx_oauth_bus_leader_t *leader)
{
    if (!leader->following || !leader->follow.pending) {
        leader->behind = 0;
        return;
    }

    if (leader->behind == 0
        || oauth_stream_id_compare(&leader->probe, &leader->follow.at.id) != 0)
    {
        leader->behind = ngx_current_msec;
        leader->probe = leader->follow.at.id;
        return;
    }

    if (leader->probing
        || ngx_current_msec - leader->behind < NGX_OAUTH_BUS_SESSION_BEHIND)
    {
        return;
    }

    if (ngx_oauth_bus_ask(leader, &leader->probe, 1,
                          ngx_oauth_bus_session_probed)
        == NGX_OK)
    {
        leader->probing = 1;
    }
}


/* If the reader has read on meanwhile, this tells nothing. */

static void
ngx_oauth_bus_session_probed(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    ngx_oauth_bus_leader_t  *leader = data;

    oauth_str_t         bytes;
    const redisReply   *records;
    oauth_stream_id_t   id;

    leader->probing = 0;
    ngx_oauth_bus_step(leader);

    if (!leader->follow.pending || reply->type == REDIS_REPLY_ERROR
        || oauth_stream_id_compare(&leader->probe, &leader->follow.at.id) != 0)
    {
        return;
    }

    records = ngx_oauth_bus_reply_records(reply, &leader->bus->stream);

    if (records && records->elements
        && ngx_oauth_bus_reply_record(records->element[0], &id, &bytes)
           == NGX_OK
        && oauth_stream_id_compare(&id, &leader->follow.sample.last) <= 0)
    {
        return;
    }

    if (oauth_follow_none(&leader->follow, &leader->follow.sample.last)
        != OAUTH_FOLLOW_OK)
    {
        leader->lost = 1;
    }
}
