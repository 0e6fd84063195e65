
/*
 * Asks the server, on the connection for commands, for records of the stream of
 * revocations.  The server answers at once, also if there are none; the reader,
 * which waits for new ones, has a connection of its own.
 */


#ifndef NGX_OAUTH_BUS_ASK_H_INCLUDED
#define NGX_OAUTH_BUS_ASK_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/*
 * Asks for up to count records after this id.  The handler gets the reply, with
 * the leader as its data.  Results are those of ngx_oauth_redis_send.
 */

ngx_int_t ngx_oauth_bus_ask(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *after, ngx_uint_t count,
    ngx_oauth_redis_reply_pt handler);


#endif /* NGX_OAUTH_BUS_ASK_H_INCLUDED */
