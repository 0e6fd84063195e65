
/*
 * The variables of the module, and the directive oauth_claim_set.
 */


#ifndef NGX_OAUTH_VARIABLES_H_INCLUDED
#define NGX_OAUTH_VARIABLES_H_INCLUDED


#include "ngx_oauth_conf.h"


/* Returns NGX_OK, or NGX_ERROR when memory is short. */

ngx_int_t ngx_oauth_variables_add(ngx_conf_t *cf);

/* Returns 1 for a variable that shows what a token says; v may be NULL. */

ngx_uint_t ngx_oauth_variables_is_own(const ngx_http_variable_t *v);

char *ngx_oauth_variables_parse_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* NGX_OAUTH_VARIABLES_H_INCLUDED */
