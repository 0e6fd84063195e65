
/*
 * The directive oauth_mtls: whether access tokens that are bound to a client's
 * TLS certificate (RFC 8705 section 3) are accepted, and where the certificate
 * of the client is.  Everything is in the configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_MTLS_H_INCLUDED
#define NGX_OAUTH_CONF_MTLS_H_INCLUDED


#include "ngx_oauth_conf.h"


/* The values of the member "mtls" of a location's configuration. */

#define NGX_OAUTH_CONF_MTLS_OFF       0     /* tokens that are bound to a
                                               certificate are refused        */
#define NGX_OAUTH_CONF_MTLS_ON        1     /* they need their certificate, and
                                               other tokens need none: as
                                               NGX_OAUTH_DPOP_OPTIONAL        */
#define NGX_OAUTH_CONF_MTLS_REQUIRED  2     /* all other tokens are refused   */


/*
 * The handler of the directive.  It returns NGX_CONF_OK, a text for nginx to
 * log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_conf_mtls_parse(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * A level without the directive gets all that the level around it has; without
 * one there, NGX_OAUTH_CONF_MTLS_OFF.
 */

void ngx_oauth_conf_mtls_merge(const ngx_oauth_loc_conf_t *prev,
    ngx_oauth_loc_conf_t *conf);

/*
 * At the end of the configuration: warns about each server that wants
 * certificates of its own connections, and does not ask its clients for one.
 */

void ngx_oauth_conf_mtls_warn(ngx_conf_t *cf,
    const ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_MTLS_H_INCLUDED */
