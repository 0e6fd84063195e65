
/*
 * The part of ngx_oauth_bus.h about publications that is only for this folder.
 */


#ifndef NGX_OAUTH_BUS_PUBLICATION_H_INCLUDED
#define NGX_OAUTH_BUS_PUBLICATION_H_INCLUDED


#include "ngx_oauth_bus_state.h"


/* In a worker: prepares the queue and its timer. */

void ngx_oauth_bus_publication_create(ngx_oauth_bus_t *bus);


#endif /* NGX_OAUTH_BUS_PUBLICATION_H_INCLUDED */
