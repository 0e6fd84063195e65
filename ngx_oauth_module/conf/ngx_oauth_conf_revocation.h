
/*
 * The directives about revocation: where the store is, which audience signals
 * and logout tokens must name, and how often running responses are checked.
 * oauth_revoke itself is the handler's (ngx_oauth_revoke.h).  Everything is in
 * the configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_REVOCATION_H_INCLUDED
#define NGX_OAUTH_CONF_REVOCATION_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * The handlers of the directives oauth_revocation_store,
 * oauth_revocation_audience and oauth_session_recheck.  They return
 * NGX_CONF_OK, a text for nginx to log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_conf_revocation_store(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_revocation_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_revocation_recheck(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * A level without oauth_session_recheck gets the one of the level around it,
 * and an "if" block also the inputs of its location.
 */

void ngx_oauth_conf_revocation_merge(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf, const ngx_oauth_loc_conf_t *prev);

/*
 * At the end of the configuration: checks each location with oauth_revoke, and
 * computes the longest lifetime of a token and the shortest interval of
 * oauth_session_recheck.  Returns NGX_OK; or NGX_ERROR after an [emerg], or
 * when memory is short.
 */

ngx_int_t ngx_oauth_conf_revocation_finish(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_REVOCATION_H_INCLUDED */
