
/*
 * What the leader puts on the bus: the entries of this node that are unsent, a
 * heartbeat each second, and a request for what is missing.  And what it takes
 * off: records that are older than any token.
 */


#ifndef NGX_OAUTH_BUS_SEND_H_INCLUDED
#define NGX_OAUTH_BUS_SEND_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/*
 * Sends unsent entries, at most NGX_OAUTH_BUS_ROUND at once.  The next ones
 * follow when these were read back, or after a time in which some were not.
 */

void ngx_oauth_bus_send_unsent(ngx_oauth_bus_leader_t *leader);

/* Sends a heartbeat; its answer tells the time of the server. */

void ngx_oauth_bus_send_heartbeat(ngx_oauth_bus_leader_t *leader);

/* Asks the other nodes for entries that they know since leader->want_since. */

void ngx_oauth_bus_send_want(ngx_oauth_bus_leader_t *leader);

/* Removes old records, once a minute. */

void ngx_oauth_bus_send_trim(ngx_oauth_bus_leader_t *leader);

/* For how many seconds records stay on the stream. */

int64_t ngx_oauth_bus_send_horizon(const ngx_oauth_bus_leader_t *leader);

/* The server's clock at a moment of the worker's, in ms; 0: not known. */

int64_t ngx_oauth_bus_send_time(const ngx_oauth_bus_leader_t *leader,
    ngx_msec_t moment);


#endif /* NGX_OAUTH_BUS_SEND_H_INCLUDED */
