
/*
 * Publications: requests that wait until their revocations are on the bus.
 * What the other folders need is in ngx_oauth_bus.h; this is for the files of
 * this folder only.
 */


#ifndef NGX_OAUTH_BUS_PUBLICATION_H_INCLUDED
#define NGX_OAUTH_BUS_PUBLICATION_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* In a worker: prepares the queue and its timer. */

void ngx_oauth_bus_publication_create(ngx_oauth_bus_t *bus);


#endif /* NGX_OAUTH_BUS_PUBLICATION_H_INCLUDED */
