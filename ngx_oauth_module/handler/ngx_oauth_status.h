
/*
 * The directive oauth_status, which makes a location tell what the module is
 * doing: as JSON, as metrics for Prometheus, or as a page for people.
 */


#ifndef NGX_OAUTH_STATUS_H_INCLUDED
#define NGX_OAUTH_STATUS_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_status.h"


/*
 * The handler of the directive.  Returns NGX_CONF_OK, or a text for nginx to
 * log.
 */

char *ngx_oauth_status_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/*
 * Sets status->bus, if there is a bus, to what it says now, in the pool of the
 * request.  NGX_ERROR: memory is short.
 */

ngx_int_t ngx_oauth_status_bus_read(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status);


#endif /* NGX_OAUTH_STATUS_H_INCLUDED */
