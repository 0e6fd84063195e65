
/*
 * The end of the configuration: names become issuers, and every protected
 * location gets its resource.
 */


#ifndef NGX_OAUTH_CONF_SERVER_H_INCLUDED
#define NGX_OAUTH_CONF_SERVER_H_INCLUDED


#include "ngx_oauth_conf.h"


/* Returns NGX_OK, or NGX_ERROR and an [emerg]. */

ngx_int_t ngx_oauth_conf_server_finish(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_SERVER_H_INCLUDED */
