
/*
 * From the bus to the store: what was read is collected while a commit runs,
 * and is written by the next one, together with the position up to which it was
 * read and with the entries that have to be sent again.
 */


#ifndef NGX_OAUTH_BUS_DELIVER_H_INCLUDED
#define NGX_OAUTH_BUS_DELIVER_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* 1 if there is room for what two replies may hold. */

ngx_uint_t ngx_oauth_bus_deliver_has_room(const ngx_oauth_bus_leader_t *leader);

/* Adds an entry to the next commit; without room it sets leader->lost. */

void ngx_oauth_bus_deliver_add(ngx_oauth_bus_leader_t *leader,
    const oauth_revocation_t *entry);

/* Begins a commit, if there is something to write and none runs. */

void ngx_oauth_bus_deliver_write(ngx_oauth_bus_leader_t *leader);

/*
 * Names what was delivered until now; and 1 if all of that is on disk, though
 * more may have come since.
 */

uint64_t ngx_oauth_bus_deliver_mark(const ngx_oauth_bus_leader_t *leader);
ngx_uint_t ngx_oauth_bus_deliver_has_written(
    const ngx_oauth_bus_leader_t *leader, uint64_t mark);


#endif /* NGX_OAUTH_BUS_DELIVER_H_INCLUDED */
