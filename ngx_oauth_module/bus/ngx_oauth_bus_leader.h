
/*
 * The worker of a node that speaks to the bus.  It has two connections to the
 * server, begins them again when they fail, and compares each second what the
 * server says about the stream with what it has read.
 */


#ifndef NGX_OAUTH_BUS_LEADER_H_INCLUDED
#define NGX_OAUTH_BUS_LEADER_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* This worker has the lease: sets bus->leader.  NGX_ERROR: no memory. */

ngx_int_t ngx_oauth_bus_leader_start(ngx_oauth_bus_t *bus);

/* It has the lease no more: closes all, and clears bus->leader. */

void ngx_oauth_bus_leader_done(ngx_oauth_bus_t *bus);


#endif /* NGX_OAUTH_BUS_LEADER_H_INCLUDED */
