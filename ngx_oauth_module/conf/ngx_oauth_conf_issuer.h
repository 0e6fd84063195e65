
/*
 * The block oauth_issuer, and the directives inside it.
 */


#ifndef NGX_OAUTH_CONF_ISSUER_H_INCLUDED
#define NGX_OAUTH_CONF_ISSUER_H_INCLUDED


#include "ngx_oauth_conf.h"


char *ngx_oauth_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_issuer_algorithms(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_issuer_token_type(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_issuer_scope_claim(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* Post handlers of nginx's slots: what a text, a flag or a time may be. */

char *ngx_oauth_conf_issuer_literal(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_allow_http(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_interval(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_timeout(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_leeway(ngx_conf_t *cf, void *post, void *data);


#endif /* NGX_OAUTH_CONF_ISSUER_H_INCLUDED */
