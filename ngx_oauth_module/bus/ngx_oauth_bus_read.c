
/*
 * Reads both streams with one command.  Each record of the stream of
 * revocations is counted (core/oauth_follow), also one that is not good.
 */


#include "ngx_oauth_bus_deliver.h"
#include "ngx_oauth_bus_error.h"
#include "ngx_oauth_bus_peers.h"
#include "ngx_oauth_bus_read.h"
#include "ngx_oauth_bus_reply.h"
#include "ngx_oauth_bus_take.h"


#define NGX_OAUTH_BUS_READ_BLOCK  1000          /* ms                         */
#define NGX_OAUTH_BUS_READ_BACK   2000          /* ms: the first heartbeats are
                                                   read that far back         */


static void ngx_oauth_bus_read_reply(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);
static ngx_int_t ngx_oauth_bus_read_records(ngx_oauth_bus_leader_t *leader,
    const redisReply *records);
static ngx_int_t ngx_oauth_bus_read_heartbeats(ngx_oauth_bus_leader_t *leader,
    const redisReply *records);
static void ngx_oauth_bus_read_heartbeat(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id, oauth_str_t bytes);


void
ngx_oauth_bus_read_next(ngx_oauth_bus_leader_t *leader)
{
    char        id[OAUTH_STREAM_ID], beat[OAUTH_STREAM_ID];
    u_char      count[NGX_INT_T_LEN];
    ngx_str_t   argv[10];

    if (!leader->following || !leader->reader_ready || leader->reading
        || leader->idle
        || !ngx_oauth_bus_deliver_has_room(leader))
    {
        return;
    }

    ngx_str_set(&argv[0], "XREAD");
    ngx_str_set(&argv[1], "COUNT");
    argv[2].data = count;
    argv[2].len = ngx_sprintf(count, "%ui", leader->page) - count;
    ngx_str_set(&argv[3], "BLOCK");
    ngx_str_set(&argv[4], ngx_value(NGX_OAUTH_BUS_READ_BLOCK));
    ngx_str_set(&argv[5], "STREAMS");
    argv[6] = leader->bus->stream;
    argv[7] = leader->bus->heartbeats;
    argv[8].data = (u_char *) id;
    argv[8].len = oauth_stream_id_write(&leader->follow.at.id, id);

    if (leader->beats_read.ms == 0 && leader->answered) {
        leader->beats_read.ms = (uint64_t) ngx_max(leader->server_time
                                                   - NGX_OAUTH_BUS_READ_BACK,
                                                   1);
    }

    if (leader->beats_read.ms) {
        argv[9].data = (u_char *) beat;
        argv[9].len = oauth_stream_id_write(&leader->beats_read, beat);

    } else {
        ngx_str_set(&argv[9], "$");
    }

    if (ngx_oauth_redis_send(&leader->reader, 10, argv,
                             NGX_OAUTH_BUS_READ_BLOCK + NGX_OAUTH_REDIS_TIME,
                             ngx_oauth_bus_read_reply, leader)
        == NGX_OK)
    {
        leader->reading = 1;
        leader->read_at = ngx_current_msec;
    }
}


static void
ngx_oauth_bus_read_reply(ngx_oauth_redis_t *redis, const redisReply *reply,
    void *data)
{
    ngx_oauth_bus_leader_t  *leader = data;

    const redisReply  *records, *beats;

    leader->reading = 0;
    ngx_oauth_bus_step(leader);

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_oauth_bus_error_note(leader, "the stream cannot be read", reply);
        leader->broken = 1;
        return;
    }

    beats = ngx_oauth_bus_reply_records(reply, &leader->bus->heartbeats);
    records = ngx_oauth_bus_reply_records(reply, &leader->bus->stream);

    /* A server that does not wait is not asked without a pause. */

    if (records == NULL && beats == NULL
        && ngx_current_msec - leader->read_at < NGX_OAUTH_BUS_READ_BLOCK / 2)
    {
        leader->idle = 1;
    }

    if (beats && ngx_oauth_bus_read_heartbeats(leader, beats) != NGX_OK) {
        leader->broken = 1;
    }

    if (records && ngx_oauth_bus_read_records(leader, records) != NGX_OK) {
        leader->lost = 1;
    }
}


static ngx_int_t
ngx_oauth_bus_read_records(ngx_oauth_bus_leader_t *leader,
    const redisReply *records)
{
    size_t             i;
    oauth_str_t        bytes;
    oauth_stream_id_t  id;

    for (i = 0; i < (size_t) records->elements; i++) {

        if (ngx_oauth_bus_reply_record(records->element[i], &id, &bytes)
            != NGX_OK
            || oauth_follow_record(&leader->follow, &id) != OAUTH_FOLLOW_OK)
        {
            return NGX_ERROR;
        }

        ngx_oauth_bus_take(leader, &id, bytes, 0);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_bus_read_heartbeats(ngx_oauth_bus_leader_t *leader,
    const redisReply *records)
{
    size_t             i;
    oauth_str_t        bytes;
    oauth_stream_id_t  id;

    for (i = 0; i < (size_t) records->elements; i++) {

        if (ngx_oauth_bus_reply_record(records->element[i], &id, &bytes)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        leader->beats_read = id;
        ngx_oauth_bus_read_heartbeat(leader, &id, bytes);
    }

    return NGX_OK;
}


/* The lag is the time from sending the own heartbeat to reading it back. */

static void
ngx_oauth_bus_read_heartbeat(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id, oauth_str_t bytes)
{
    oauth_record_t  record;

    if (ngx_oauth_bus_take_read(leader, &record, bytes) != NGX_OK
        || record.kind != OAUTH_RECORD_HEARTBEAT)
    {
        return;
    }

    if (ngx_memcmp(record.node, leader->node, OAUTH_RECORD_NODE) != 0) {
        ngx_oauth_bus_peers_hear(leader, &record, id->ms);
        return;
    }

    if (record.number == leader->number) {
        leader->status.lag = ngx_current_msec - leader->beaten;
    }
}
