
/*
 * Errors of the bus, in words.  Text that comes from the server is a
 * stranger's: it is cut, and what is not printable is escaped.
 */


#include "ngx_oauth_bus_error.h"
#include "ngx_oauth_redis_error.h"


#define NGX_OAUTH_BUS_ERROR_REPLY  100          /* bytes of a reply           */


static void ngx_oauth_bus_error_log(ngx_oauth_bus_leader_t *leader);


void
ngx_oauth_bus_error_note(ngx_oauth_bus_leader_t *leader, const char *what,
    const redisReply *reply)
{
    u_char  *p, *last;

    p = leader->status.error;
    last = p + NGX_OAUTH_BUS_ERROR - 1;

    p = ngx_slprintf(p, last, "%s", what);

    if (reply && reply->type == REDIS_REPLY_ERROR) {
        p = ngx_slprintf(p, last, ": the server says \"");
        p = ngx_oauth_redis_text(p, last, reply->str,
                                 ngx_min((size_t) reply->len,
                                         NGX_OAUTH_BUS_ERROR_REPLY));
        *p++ = '"';
    }

    leader->status.error_len = p - leader->status.error;
    ngx_oauth_bus_error_log(leader);
}


void
ngx_oauth_bus_error_close(ngx_oauth_bus_leader_t *leader,
    const ngx_oauth_redis_t *redis)
{
    leader->status.error_len = ngx_min(redis->error_len, NGX_OAUTH_BUS_ERROR);
    ngx_memcpy(leader->status.error, redis->error, leader->status.error_len);

    ngx_oauth_bus_error_log(leader);
}


static void
ngx_oauth_bus_error_log(ngx_oauth_bus_leader_t *leader)
{
    leader->status.error_time = ngx_time();

    if (leader->down) {
        return;
    }

    leader->down = 1;

    ngx_log_error(NGX_LOG_ERR, leader->log, 0,
                  "oauth: the bus \"%V\" cannot be used: %*s; revocations of "
                  "this node are kept, and sent later",
                  &leader->bus->server->url, leader->status.error_len,
                  leader->status.error);
}


void
ngx_oauth_bus_error_clear(ngx_oauth_bus_leader_t *leader)
{
    if (!leader->down) {
        return;
    }

    leader->down = 0;

    ngx_log_error(NGX_LOG_NOTICE, leader->log, 0,
                  "oauth: the bus \"%V\" can be used again",
                  &leader->bus->server->url);
}
