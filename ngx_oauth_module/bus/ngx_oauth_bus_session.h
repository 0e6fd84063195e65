
/*
 * A session of the leader with the server: from the moment both connections are
 * ready until one of them fails or records may be missing.
 */


#ifndef NGX_OAUTH_BUS_SESSION_H_INCLUDED
#define NGX_OAUTH_BUS_SESSION_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* Connects.  A failure is noted, and sets leader->broken. */

void ngx_oauth_bus_session_start(ngx_oauth_bus_leader_t *leader);

/* Closes both connections.  What the store has to do stays noted. */

void ngx_oauth_bus_session_done(ngx_oauth_bus_leader_t *leader);

/* Asks the server about its stream, unless that was asked already. */

void ngx_oauth_bus_session_sample(ngx_oauth_bus_leader_t *leader);

/*
 * If a sample waits, and the reader has read nothing for a while: asks whether
 * there is a next record, since those that the sample counts may be removed.
 */

void ngx_oauth_bus_session_probe(ngx_oauth_bus_leader_t *leader);


#endif /* NGX_OAUTH_BUS_SESSION_H_INCLUDED */
