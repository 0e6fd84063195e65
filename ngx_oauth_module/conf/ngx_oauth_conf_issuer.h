
/*
 * The block oauth_issuer, and the directives inside it.  nginx calls these
 * functions while it reads the block.  The issuer is in the configuration's
 * pool, which also frees its keys.
 */


#ifndef NGX_OAUTH_CONF_ISSUER_H_INCLUDED
#define NGX_OAUTH_CONF_ISSUER_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * The handlers of directives.  They return NGX_CONF_OK, a text for nginx to
 * log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_conf_issuer(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_conf_issuer_algorithms(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_issuer_token_type(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_issuer_scope_claim(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_conf_issuer_session_claim(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);

/*
 * nginx sets a text, a flag or a time itself, and then calls one of these to
 * check it (ngx_conf_post_t).  They return what handlers of directives return.
 */

char *ngx_oauth_conf_issuer_literal(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_allow_http(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_interval(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_timeout(ngx_conf_t *cf, void *post, void *data);
char *ngx_oauth_conf_issuer_leeway(ngx_conf_t *cf, void *post, void *data);


#endif /* NGX_OAUTH_CONF_ISSUER_H_INCLUDED */
