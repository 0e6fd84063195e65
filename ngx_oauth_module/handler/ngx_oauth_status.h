
/*
 * The directive oauth_status, which makes a location tell what the module is
 * doing: as JSON, as metrics for Prometheus, or as a page for people.
 */


#ifndef NGX_OAUTH_STATUS_H_INCLUDED
#define NGX_OAUTH_STATUS_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * The handler of the directive.  Returns NGX_CONF_OK, or a text for nginx to
 * log.
 */

char *ngx_oauth_status_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* NGX_OAUTH_STATUS_H_INCLUDED */
