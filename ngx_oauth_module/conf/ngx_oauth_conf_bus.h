
/*
 * The directives about the fleet: where the bus between the nodes is, and what
 * happens to requests while nothing is heard on it.  Everything is in the
 * configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_BUS_H_INCLUDED
#define NGX_OAUTH_CONF_BUS_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * The handlers of the directives oauth_revocation_bus and
 * oauth_revocation_stale.  They return NGX_CONF_OK, a text for nginx to log, or
 * NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_conf_bus(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_bus_stale(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* A level without oauth_revocation_stale gets that of the level around it. */

void ngx_oauth_conf_bus_merge(ngx_oauth_conf_stale_t *conf,
    const ngx_oauth_conf_stale_t *prev);

/*
 * At the end of the configuration, when the store was created: creates the bus,
 * or warns that oauth_revocation_stale has no effect without one.  Returns
 * NGX_OK; or NGX_ERROR after an [emerg], or when memory is short.
 */

ngx_int_t ngx_oauth_conf_bus_finish(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_BUS_H_INCLUDED */
