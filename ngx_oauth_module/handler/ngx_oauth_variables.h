
/*
 * The variables of the module, and the directive oauth_claim_set, which creates
 * further ones.  Their values are in the token or in the request's pool, and
 * stay for as long as the request.
 */


#ifndef NGX_OAUTH_VARIABLES_H_INCLUDED
#define NGX_OAUTH_VARIABLES_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Adds the variables to nginx's.  Returns NGX_OK; or NGX_ERROR when memory is
 * short, or after an [emerg] of nginx.
 */

ngx_int_t ngx_oauth_variables_add(ngx_conf_t *cf);

/*
 * Returns 1 when v is a variable of the module, oauth_claim_set's included.  v
 * may be NULL.
 */

ngx_uint_t ngx_oauth_variables_is_own(const ngx_http_variable_t *v);

/*
 * The handler of oauth_claim_set.  Returns NGX_CONF_OK, or NGX_CONF_ERROR after
 * an [emerg] or when memory is short.
 */

char *ngx_oauth_variables_parse_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* NGX_OAUTH_VARIABLES_H_INCLUDED */
