
/*
 * A comparison: the whole stream is read once, and what this node knows and is
 * not there becomes unsent again.  It is done when the server may have lost
 * records, and when another node asks for what it may have missed.
 *
 * What other nodes have accepted is their task.  If it is missing nevertheless,
 * because they are gone, whoever notices puts it back some seconds later, after
 * another comparison.
 */


#ifndef NGX_OAUTH_BUS_COMPARE_H_INCLUDED
#define NGX_OAUTH_BUS_COMPARE_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/*
 * Begins one, with the stream as leader->sample and leader->length say.  lost:
 * records may be missing.  restore: put back also what others have accepted.
 * since: entries that were accepted at this time or later (seconds).
 */

void ngx_oauth_bus_compare_start(ngx_oauth_bus_leader_t *leader,
    ngx_uint_t lost, ngx_uint_t restore, int64_t since);

/* Ends it ahead of time. */

void ngx_oauth_bus_compare_done(ngx_oauth_bus_leader_t *leader);

/* Goes on, as far as possible.  NGX_DONE: it has just ended. */

ngx_int_t ngx_oauth_bus_compare_step(ngx_oauth_bus_leader_t *leader);


#endif /* NGX_OAUTH_BUS_COMPARE_H_INCLUDED */
