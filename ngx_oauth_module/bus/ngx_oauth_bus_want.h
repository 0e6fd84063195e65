
/*
 * What a node does beside its own comparison: it asks the others to compare,
 * too, if records were removed that it has not read; it waits for their
 * answers; and it compares when another node asks.
 */


#ifndef NGX_OAUTH_BUS_WANT_H_INCLUDED
#define NGX_OAUTH_BUS_WANT_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* The comparison has ended. */

void ngx_oauth_bus_want_compared(ngx_oauth_bus_leader_t *leader);

/* Begins what is due. */

void ngx_oauth_bus_want_step(ngx_oauth_bus_leader_t *leader);

/* The session ends: what was begun has to be begun again. */

void ngx_oauth_bus_want_again(ngx_oauth_bus_leader_t *leader);


#endif /* NGX_OAUTH_BUS_WANT_H_INCLUDED */
