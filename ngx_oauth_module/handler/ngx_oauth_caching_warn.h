
/*
 * Caches in protected locations whose key is the same for all clients.  Nothing
 * is kept.
 */


#ifndef NGX_OAUTH_CACHING_WARN_H_INCLUDED
#define NGX_OAUTH_CACHING_WARN_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Logs a [warn] for each protected location that has such a cache.  It runs
 * after ngx_oauth_wrap_init() and when the issuers of all levels are known.
 * Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_caching_warn(ngx_conf_t *cf,
    const ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CACHING_WARN_H_INCLUDED */
