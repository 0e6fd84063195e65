
/*
 * Which variables may show a claim, and the getter that is put around them.
 */


#ifndef NGX_OAUTH_WRAP_H_INCLUDED
#define NGX_OAUTH_WRAP_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Puts ngx_oauth_evaluate_variable around the getters of variables that may
 * have a claim in them.  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_wrap_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);

/* Returns 1 when the variable of this number is one of the module. */

ngx_uint_t ngx_oauth_wrap_is_own(ngx_conf_t *cf, ngx_uint_t index);

/* The same, or when it may have such a variable in its value. */

ngx_uint_t ngx_oauth_wrap_may_read(ngx_conf_t *cf, ngx_uint_t index);


#endif /* NGX_OAUTH_WRAP_H_INCLUDED */
