
/*
 * Finds out, at the end of the configuration, which variables may show a claim,
 * and puts a getter of the module around the getters of other modules'
 * variables.  Everything is in the configuration's pool.
 */


#ifndef NGX_OAUTH_WRAP_H_INCLUDED
#define NGX_OAUTH_WRAP_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Replaces the getters of variables that may have a claim in their value with
 * ngx_oauth_evaluate_variable(), which calls the original getter.  Returns
 * NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_wrap_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);

/* Returns 1 when the variable of this number is a variable of the module. */

ngx_uint_t ngx_oauth_wrap_is_own(ngx_conf_t *cf, ngx_uint_t index);

/*
 * Returns 1 for a variable of the module, and for any other variable, except
 * one of "set", that may have a variable of the module in its value.
 */

ngx_uint_t ngx_oauth_wrap_may_read(ngx_conf_t *cf, ngx_uint_t index);


#endif /* NGX_OAUTH_WRAP_H_INCLUDED */
