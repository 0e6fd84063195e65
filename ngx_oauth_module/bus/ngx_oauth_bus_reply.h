
/*
 * Reads the replies of a Redis server to the commands of the bus.  The replies
 * are not changed, and what is returned points into them.
 */


#ifndef NGX_OAUTH_BUS_REPLY_H_INCLUDED
#define NGX_OAUTH_BUS_REPLY_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* Finds the run id in the reply to INFO.  NGX_DECLINED: there is none. */

ngx_int_t ngx_oauth_bus_reply_server(const redisReply *reply,
    u_char server[OAUTH_STREAM_SERVER]);

/*
 * Reads the reply to XINFO STREAM into last, added and *length; a stream that
 * does not exist is empty.  NGX_DECLINED: it is an error.  NGX_ABORT: the
 * server is too old to count what was added.
 */

ngx_int_t ngx_oauth_bus_reply_stream(const redisReply *reply,
    oauth_follow_sample_t *sample, uint64_t *length);

/* Returns the records of a stream in the reply to XREAD; NULL: none. */

const redisReply *ngx_oauth_bus_reply_records(const redisReply *reply,
    const ngx_str_t *stream);

/*
 * Reads the id and the bytes of a record; without a field "r" these are empty.
 * NGX_DECLINED: this is not a record.
 */

ngx_int_t ngx_oauth_bus_reply_record(const redisReply *record,
    oauth_stream_id_t *id, oauth_str_t *bytes);


#endif /* NGX_OAUTH_BUS_REPLY_H_INCLUDED */
