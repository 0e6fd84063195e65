
/*
 * Finds out, at the end of the configuration, which rules of nginx's rewrite
 * module may read a claim, and what their "set" directives assign.  Everything
 * is in the configuration's pool.
 */


#ifndef NGX_OAUTH_RULES_H_INCLUDED
#define NGX_OAUTH_RULES_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Fills in what the levels and the servers note about rules.  Runs after
 * ngx_oauth_wrap_init().  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_rules_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_RULES_H_INCLUDED */
