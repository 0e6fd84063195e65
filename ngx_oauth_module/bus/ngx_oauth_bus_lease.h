
/*
 * Which worker of a node is the leader: the one that has the lease, which is in
 * shared memory and ends after a second unless it is renewed.
 */


#ifndef NGX_OAUTH_BUS_LEASE_H_INCLUDED
#define NGX_OAUTH_BUS_LEASE_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* In a worker: tries to get the lease, and renews it, by a timer. */

void ngx_oauth_bus_lease_start(ngx_oauth_bus_t *bus);

/* Tries no more, and gives the lease up; the worker is no leader then. */

void ngx_oauth_bus_lease_done(ngx_oauth_bus_t *bus);


#endif /* NGX_OAUTH_BUS_LEASE_H_INCLUDED */
