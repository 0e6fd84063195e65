
/*
 * The options of a fetch, set on an easy handle of its own: what is asked, who
 * is trusted, how much is taken and for how long.
 */


#ifndef NGX_OAUTH_FETCH_SETUP_H_INCLUDED
#define NGX_OAUTH_FETCH_SETUP_H_INCLUDED


#include "ngx_oauth_fetch.h"


/*
 * Creates the handle, which belongs to the fetch, ready but for the callbacks.
 * NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_fetch_setup(ngx_oauth_fetch_t *fetch,
    ngx_oauth_fetch_conf_t *conf);


#endif /* NGX_OAUTH_FETCH_SETUP_H_INCLUDED */
