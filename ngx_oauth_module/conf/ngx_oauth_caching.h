
/*
 * The caches of nginx's modules for upstream servers (proxy_cache,
 * fastcgi_cache, uwsgi_cache, scgi_cache): whether one is in force in a
 * location, and what its key is.  What is found belongs to nginx and is only
 * read.
 */


#ifndef NGX_OAUTH_CACHING_H_INCLUDED
#define NGX_OAUTH_CACHING_H_INCLUDED


#include "ngx_oauth_conf.h"


#define NGX_OAUTH_CACHING_MODULES  6


/* Where such a module keeps things in its configuration of a level. */

typedef struct {
    const ngx_module_t              *module;    /* NULL: nginx is built without
                                                   it                         */
    size_t                           upstream;  /* the offset of its
                                                   ngx_http_upstream_conf_t   */
    size_t                           key;       /* the offset of its
                                                   ngx_http_complex_value_t   */
    unsigned                         caches:1;  /* it has a cache, and the
                                                   offset of the key is known */
} ngx_oauth_caching_module_t;


typedef struct {
    ngx_oauth_caching_module_t       modules[NGX_OAUTH_CACHING_MODULES];
} ngx_oauth_caching_t;


/* A cache that is in force in a location. */

typedef struct {
    const char                      *directive; /* "proxy_cache"; the name of
                                                   its key has "_key" after it
                                                                              */
    const ngx_http_complex_value_t  *key;       /* NULL: none is written, so it
                                                   is empty for all requests  */
    ngx_uint_t                       methods;   /* bits of NGX_HTTP_GET etc.:
                                                   responses to these are
                                                   cached                     */
} ngx_oauth_caching_cache_t;


/*
 * Finds out where the modules keep things.  It runs after nginx has read the
 * configuration.  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_caching_init(ngx_conf_t *cf, ngx_oauth_caching_t *caching);

/*
 * Returns 1 and fills *cache if the responses of this location may be cached.
 * If "proxy_pass" or the like has a variable, this is also so for a cache of a
 * module that does not serve the location, since nothing public tells.
 */

ngx_uint_t ngx_oauth_caching_lookup(const ngx_oauth_caching_t *caching,
    const ngx_oauth_conf_location_t *location,
    ngx_oauth_caching_cache_t *cache);


#endif /* NGX_OAUTH_CACHING_H_INCLUDED */
