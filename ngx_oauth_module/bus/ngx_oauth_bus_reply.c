
/*
 * What Redis answers to INFO, XINFO STREAM and XREAD.  Servers are free to add
 * members, so only those are looked at that the bus needs, in any order.
 */


#include "ngx_oauth_bus_reply.h"
#include "ngx_oauth_str.h"


#define ngx_oauth_bus_reply_is(reply, name)                                   \
    oauth_str_equal(ngx_oauth_bus_reply_text(reply), oauth_str(name))


static oauth_str_t ngx_oauth_bus_reply_text(const redisReply *reply);


ngx_int_t
ngx_oauth_bus_reply_server(const redisReply *reply,
    u_char server[OAUTH_STREAM_SERVER])
{
    oauth_str_t    text;
    const u_char  *p, *end;

    static const char  name[] = "\nrun_id:";

    text = ngx_oauth_bus_reply_text(reply);

    if (text.len < sizeof(name) + OAUTH_STREAM_SERVER) {
        return NGX_DECLINED;
    }

    end = text.data + text.len - sizeof(name) - OAUTH_STREAM_SERVER;

    for (p = text.data; p <= end; p++) {
        if (ngx_memcmp(p, name, sizeof(name) - 1) == 0) {
            ngx_memcpy(server, p + sizeof(name) - 1, OAUTH_STREAM_SERVER);
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


ngx_int_t
ngx_oauth_bus_reply_stream(const redisReply *reply,
    oauth_follow_sample_t *sample, uint64_t *length)
{
    size_t             i;
    ngx_uint_t         last, added;
    const redisReply  *name, *value;

    ngx_memzero(&sample->last, sizeof(oauth_stream_id_t));
    sample->added = 0;
    *length = 0;

    if (reply->type == REDIS_REPLY_ERROR) {
        return ngx_oauth_bus_reply_is(reply, "ERR no such key") ? NGX_OK
                                                                : NGX_DECLINED;
    }

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NGX_DECLINED;
    }

    last = 0;
    added = 0;

    for (i = 0; i + 1 < (size_t) reply->elements; i += 2) {
        name = reply->element[i];
        value = reply->element[i + 1];

        if (ngx_oauth_bus_reply_is(name, "last-generated-id")) {
            last = (oauth_stream_id_read(ngx_oauth_bus_reply_text(value),
                                         &sample->last)
                    == 0);

        } else if (value->type != REDIS_REPLY_INTEGER || value->integer < 0) {
            continue;

        } else if (ngx_oauth_bus_reply_is(name, "entries-added")) {
            sample->added = (uint64_t) value->integer;
            added = 1;

        } else if (ngx_oauth_bus_reply_is(name, "length")) {
            *length = (uint64_t) value->integer;
        }
    }

    if (!last) {
        return NGX_DECLINED;
    }

    return added ? NGX_OK : NGX_ABORT;
}


const redisReply *
ngx_oauth_bus_reply_records(const redisReply *reply, const ngx_str_t *stream)
{
    size_t             i;
    oauth_str_t        name;
    const redisReply  *pair;

    if (reply->type != REDIS_REPLY_ARRAY) {
        return NULL;
    }

    for (i = 0; i < (size_t) reply->elements; i++) {
        pair = reply->element[i];

        if (pair->type != REDIS_REPLY_ARRAY || pair->elements != 2
            || pair->element[1]->type != REDIS_REPLY_ARRAY)
        {
            continue;
        }

        name = ngx_oauth_bus_reply_text(pair->element[0]);

        if (name.len == stream->len
            && ngx_memcmp(name.data, stream->data, name.len) == 0)
        {
            return pair->element[1];
        }
    }

    return NULL;
}


ngx_int_t
ngx_oauth_bus_reply_record(const redisReply *record, oauth_stream_id_t *id,
    oauth_str_t *bytes)
{
    size_t             i;
    const redisReply  *fields;

    if (record->type != REDIS_REPLY_ARRAY || record->elements != 2
        || oauth_stream_id_read(ngx_oauth_bus_reply_text(record->element[0]),
                                id)
           != 0)
    {
        return NGX_DECLINED;
    }

    bytes->data = (u_char *) "";
    bytes->len = 0;

    fields = record->element[1];

    if (fields->type != REDIS_REPLY_ARRAY) {
        return NGX_OK;
    }

    for (i = 0; i + 1 < (size_t) fields->elements; i += 2) {
        if (ngx_oauth_bus_reply_is(fields->element[i], "r")) {
            *bytes = ngx_oauth_bus_reply_text(fields->element[i + 1]);
        }
    }

    return NGX_OK;
}


/* An empty text if it is neither a string nor a line. */

static oauth_str_t
ngx_oauth_bus_reply_text(const redisReply *reply)
{
    oauth_str_t  text;

    text.data = (u_char *) "";
    text.len = 0;

    if (reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS
        || reply->type == REDIS_REPLY_ERROR)
    {
        text.data = (u_char *) reply->str;
        text.len = (size_t) reply->len;
    }

    return text;
}
