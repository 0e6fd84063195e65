
/*
 * Which worker of a node is the leader: the one that has the lease, which is in
 * shared memory and ends after a second unless it is renewed.
 */


#ifndef NGX_OAUTH_BUS_LEASE_H_INCLUDED
#define NGX_OAUTH_BUS_LEASE_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* In a worker: takes part, by a timer. */

void ngx_oauth_bus_lease_start(ngx_oauth_bus_t *bus);

/* Takes part no more, and gives the lease up. */

void ngx_oauth_bus_lease_done(ngx_oauth_bus_t *bus);


#endif /* NGX_OAUTH_BUS_LEASE_H_INCLUDED */
