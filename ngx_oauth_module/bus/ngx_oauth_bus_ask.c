
/*
 * The command that reads records without waiting for new ones.  A comparison
 * reads the whole stream by it, page by page, and a session looks by it whether
 * there is anything between the reader and the end of the stream.
 */


#include "ngx_oauth_bus_ask.h"


ngx_int_t
ngx_oauth_bus_ask(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *after, ngx_uint_t count,
    ngx_oauth_redis_reply_pt handler)
{
    char       id[OAUTH_STREAM_ID];
    u_char     number[NGX_INT_T_LEN];
    ngx_str_t  argv[6];

    ngx_str_set(&argv[0], "XREAD");
    ngx_str_set(&argv[1], "COUNT");
    argv[2].data = number;
    argv[2].len = ngx_sprintf(number, "%ui", count) - number;
    ngx_str_set(&argv[3], "STREAMS");
    argv[4] = leader->bus->stream;
    argv[5].data = (u_char *) id;
    argv[5].len = oauth_stream_id_write(after, id);

    return ngx_oauth_redis_send(&leader->commands, 6, argv, 0, handler, leader);
}
