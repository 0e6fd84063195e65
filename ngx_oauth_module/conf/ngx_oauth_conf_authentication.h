
/*
 * How and when the user of a token has to have signed in (RFC 9470): the
 * directives oauth_acr and oauth_max_age.  Everything is in the configuration's
 * pool.
 */


#ifndef NGX_OAUTH_CONF_AUTHENTICATION_H_INCLUDED
#define NGX_OAUTH_CONF_AUTHENTICATION_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * The handlers of these directives.  They return NGX_CONF_OK, a text for nginx
 * to log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_conf_authentication_acr(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_authentication_max_age(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Completes what a protected level demands, and notes with its issuers that
 * their tokens have to keep the claims for it.  Returns NGX_OK, or NGX_ERROR
 * when memory is short.
 */

ngx_int_t ngx_oauth_conf_authentication_finish(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_CONF_AUTHENTICATION_H_INCLUDED */
