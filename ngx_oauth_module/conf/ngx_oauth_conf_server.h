
/*
 * The end of the configuration, when nginx has read every directive: the names
 * in "oauth" become issuers, every protected level gets its resource, and the
 * metadata documents (RFC 9728) are written.  Everything is in the
 * configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_SERVER_H_INCLUDED
#define NGX_OAUTH_CONF_SERVER_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Completes all levels.  Returns NGX_OK; or NGX_ERROR, after an [emerg] when
 * the configuration is at fault.
 */

ngx_int_t ngx_oauth_conf_server_finish(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_SERVER_H_INCLUDED */
