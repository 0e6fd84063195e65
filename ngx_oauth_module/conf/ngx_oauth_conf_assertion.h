
/*
 * oauth_assertion_key and oauth_assertion in the configuration: which keys a
 * server signs with and publishes, and which header of a location carries an
 * assertion (see oauth_assertion.h).  Everything is in the configuration's
 * pool, but for the keys, which are freed with it.
 */


#ifndef NGX_OAUTH_CONF_ASSERTION_H_INCLUDED
#define NGX_OAUTH_CONF_ASSERTION_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * The handlers of the directives.  They return NGX_CONF_OK, a text for nginx to
 * log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_conf_assertion_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_assertion_parse(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Checks that the server of this protected level has a key if the level needs
 * one.  Returns NGX_OK, or NGX_ERROR after an [emerg].
 */

ngx_int_t ngx_oauth_conf_assertion_check(ngx_conf_t *cf,
    const ngx_oauth_conf_location_t *location);

/*
 * Writes what the server publishes of its keys (RFC 7517 section 5).  Returns
 * NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_conf_assertion_publish(ngx_conf_t *cf,
    ngx_oauth_srv_conf_t *scf);


#endif /* NGX_OAUTH_CONF_ASSERTION_H_INCLUDED */
