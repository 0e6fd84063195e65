
/*
 * Warnings about a configuration that nginx accepts, although it is probably
 * not what the administrator meant.  They are logged at the end of the
 * configuration, with the place of the directive that has to be changed.
 */


#ifndef NGX_OAUTH_CONF_WARN_H_INCLUDED
#define NGX_OAUTH_CONF_WARN_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Runs after ngx_oauth_conf_server_finish().  Returns NGX_OK.  Or NGX_ERROR
 * after an [emerg], if an administrator tests the configuration ("nginx -t"),
 * and a directive such as oauth_scope is where "oauth" was forgotten.  When
 * nginx starts or reloads, that is a warning only, so that a new version of the
 * module does not stop a server that has run with such a configuration.
 */

ngx_int_t ngx_oauth_conf_warn(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_WARN_H_INCLUDED */
