
/*
 * The connection that waits for records: those of the stream of revocations,
 * which it reads from a position on, and heartbeats.  A read that finds nothing
 * ends after a second, so a connection that is dead is noticed.
 */


#ifndef NGX_OAUTH_BUS_READ_H_INCLUDED
#define NGX_OAUTH_BUS_READ_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* Asks for the next records, if there is room for them. */

void ngx_oauth_bus_read_next(ngx_oauth_bus_leader_t *leader);


#endif /* NGX_OAUTH_BUS_READ_H_INCLUDED */
