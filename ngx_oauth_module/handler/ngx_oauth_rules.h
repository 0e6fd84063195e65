
/*
 * What the rules of nginx's rewrite module have to do with claims.
 */


#ifndef NGX_OAUTH_RULES_H_INCLUDED
#define NGX_OAUTH_RULES_H_INCLUDED


#include "ngx_oauth_conf.h"


/* Returns NGX_OK, or NGX_ERROR when memory is short. */

ngx_int_t ngx_oauth_rules_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_RULES_H_INCLUDED */
