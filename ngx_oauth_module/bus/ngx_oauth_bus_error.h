
/*
 * What goes wrong between a node and the bus: the last error in words, for the
 * status, and the lines of the log, one when it begins and one when it is over.
 */


#ifndef NGX_OAUTH_BUS_ERROR_H_INCLUDED
#define NGX_OAUTH_BUS_ERROR_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/*
 * Notes an error: a constant, and perhaps the reply of the server that is the
 * reason.  Logs it, unless the bus has been in trouble since an earlier one.
 */

void ngx_oauth_bus_error_note(ngx_oauth_bus_leader_t *leader, const char *what,
    const redisReply *reply);

/* The connection has failed. */

void ngx_oauth_bus_error_close(ngx_oauth_bus_leader_t *leader,
    const ngx_oauth_redis_t *redis);

/* All is well again. */

void ngx_oauth_bus_error_clear(ngx_oauth_bus_leader_t *leader);


#endif /* NGX_OAUTH_BUS_ERROR_H_INCLUDED */
