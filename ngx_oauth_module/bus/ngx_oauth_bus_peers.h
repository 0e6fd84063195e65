
/*
 * The other nodes of the fleet, as this one hears their heartbeats.  A node
 * that was not heard for a day is forgotten; if there are more nodes than the
 * table has places, the one that was silent for longest makes room.
 */


#ifndef NGX_OAUTH_BUS_PEERS_H_INCLUDED
#define NGX_OAUTH_BUS_PEERS_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* A heartbeat of another node.  written: when, in ms of the server's clock. */

void ngx_oauth_bus_peers_hear(ngx_oauth_bus_leader_t *leader,
    const oauth_record_t *record, uint64_t written);

/*
 * 1: since this record, each node that is alive has compared what it knows with
 * the stream, and what was missing there is on it.
 */

ngx_uint_t ngx_oauth_bus_peers_have_compared(
    const ngx_oauth_bus_leader_t *leader, const oauth_stream_id_t *id);

/* The longest lifetime of a token on any node, this one included; seconds. */

int64_t ngx_oauth_bus_peers_longest(const ngx_oauth_bus_leader_t *leader);

/*
 * _show copies the nodes into leader->status; _load begins the table of a new
 * leader with those that are there.
 */

void ngx_oauth_bus_peers_show(ngx_oauth_bus_leader_t *leader);
void ngx_oauth_bus_peers_load(ngx_oauth_bus_leader_t *leader);


#endif /* NGX_OAUTH_BUS_PEERS_H_INCLUDED */
