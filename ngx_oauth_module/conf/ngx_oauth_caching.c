
/*
 * Finds the caches of nginx's modules for upstream servers.  The configuration
 * of such a module is private, but two of its directives tell where things are.
 *
 * The value of "..._connect_timeout" is a member of a public structure,
 * ngx_http_upstream_conf_t, and the table of directives has its offset.  If for
 * example that offset is 500 and the member is 140 bytes behind the beginning
 * of its structure, the structure begins at 360, and so all of it is known.
 *
 * The function of "..._cache_key" is called once with an empty configuration;
 * where it puts the key is where the module always keeps it.  The empty
 * configuration is in cf->temp_pool, which nginx destroys when it has read the
 * configuration.
 */


#include "ngx_oauth_caching.h"


/* No module has so large a configuration of a level. */

#define NGX_OAUTH_CACHING_SIZE  (64 * 1024)


typedef struct {
    const char                      *prefix;    /* of its directives          */
    const char                      *cache;     /* the directive of its cache */
    const ngx_http_complex_value_t  *key;       /* the key if none is written;
                                                   NULL: the empty key        */
} ngx_oauth_caching_name_t;


static ngx_int_t ngx_oauth_caching_init_module(ngx_conf_t *cf,
    const char *prefix, ngx_oauth_caching_module_t *module);
static ngx_command_t *ngx_oauth_caching_command(const ngx_module_t *module,
    const char *prefix, const char *suffix);
static ngx_int_t ngx_oauth_caching_find_key(ngx_conf_t *cf,
    ngx_command_t *command, ngx_oauth_caching_module_t *module);
static u_char *ngx_oauth_caching_conf(const ngx_oauth_caching_module_t *module,
    const ngx_oauth_conf_location_t *location);
static ngx_uint_t ngx_oauth_caching_methods(
    const ngx_http_upstream_conf_t *upstream);


/* What proxy_cache takes if there is no proxy_cache_key. */

static const ngx_http_complex_value_t  ngx_oauth_caching_proxy_key = {
    ngx_string("$scheme$proxy_host$request_uri"), NULL, NULL, NULL, { 0 }
};


static const ngx_oauth_caching_name_t
    ngx_oauth_caching_names[NGX_OAUTH_CACHING_MODULES] =
{
    { "proxy", "proxy_cache", &ngx_oauth_caching_proxy_key },
    { "fastcgi", "fastcgi_cache", NULL },
    { "uwsgi", "uwsgi_cache", NULL },
    { "scgi", "scgi_cache", NULL },
    { "grpc", NULL, NULL },
    { "memcached", NULL, NULL }
};


ngx_int_t
ngx_oauth_caching_init(ngx_conf_t *cf, ngx_oauth_caching_t *caching)
{
    ngx_uint_t  i;

    ngx_memzero(caching, sizeof(ngx_oauth_caching_t));

    for (i = 0; i < NGX_OAUTH_CACHING_MODULES; i++) {
        if (ngx_oauth_caching_init_module(cf, ngx_oauth_caching_names[i].prefix,
                                          &caching->modules[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_caching_init_module(ngx_conf_t *cf, const char *prefix,
    ngx_oauth_caching_module_t *module)
{
    ngx_uint_t      i;
    ngx_module_t  **modules;
    ngx_command_t  *command;

    command = NULL;
    modules = cf->cycle->modules;

    for (i = 0; modules[i]; i++) {

        command = ngx_oauth_caching_command(modules[i], prefix,
                                            "_connect_timeout");

        if (command
            && command->set == ngx_conf_set_msec_slot
            && command->conf == NGX_HTTP_LOC_CONF_OFFSET
            && command->offset >= offsetof(ngx_http_upstream_conf_t,
                                           connect_timeout))
        {
            break;
        }
    }

    if (modules[i] == NULL) {
        return NGX_OK;
    }

    module->module = modules[i];
    module->upstream = command->offset
                       - offsetof(ngx_http_upstream_conf_t, connect_timeout);

    command = ngx_oauth_caching_command(modules[i], prefix, "_cache_key");

    return command ? ngx_oauth_caching_find_key(cf, command, module) : NGX_OK;
}


static ngx_command_t *
ngx_oauth_caching_command(const ngx_module_t *module, const char *prefix,
    const char *suffix)
{
    size_t          len;
    ngx_command_t  *command;

    if (module->type != NGX_HTTP_MODULE || module->commands == NULL) {
        return NULL;
    }

    len = ngx_strlen(prefix);

    for (command = module->commands; command->name.len; command++) {
        if (ngx_strncmp(command->name.data, prefix, len) == 0
            && ngx_strcmp(command->name.data + len, suffix) == 0)
        {
            return command;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_oauth_caching_find_key(ngx_conf_t *cf, ngx_command_t *command,
    ngx_oauth_caching_module_t *module)
{
    size_t                     offset;
    u_char                    *conf;
    ngx_str_t                 *args;
    ngx_conf_t                 caller;
    ngx_http_complex_value_t  *key;

    caller = *cf;
    caller.args = ngx_array_create(cf->temp_pool, 2, sizeof(ngx_str_t));
    conf = ngx_pcalloc(cf->temp_pool, NGX_OAUTH_CACHING_SIZE);

    if (caller.args == NULL || conf == NULL) {
        return NGX_ERROR;
    }

    args = ngx_array_push_n(caller.args, 2);
    if (args == NULL) {
        return NGX_ERROR;
    }

    args[0] = command->name;
    ngx_str_set(&args[1], "key");

    /*
     * A patched nginx may have another function, which refuses this call.  Then
     * nothing is known of its key, and only the warnings about it are missing.
     */

    if (command->set(&caller, command, conf) != NGX_CONF_OK) {
        return NGX_OK;
    }

    for (offset = 0;
         offset <= NGX_OAUTH_CACHING_SIZE - sizeof(ngx_http_complex_value_t);
         offset += sizeof(void *))
    {
        key = (ngx_http_complex_value_t *) (conf + offset);

        if (key->value.data == args[1].data && key->value.len == args[1].len) {
            module->key = offset;
            module->caches = 1;
            break;
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_oauth_caching_lookup(const ngx_oauth_caching_t *caching,
    const ngx_oauth_conf_location_t *location,
    ngx_oauth_caching_cache_t *cache)
{
    u_char                            *conf;
    ngx_uint_t                         i;
    const ngx_http_upstream_conf_t    *upstream[NGX_OAUTH_CACHING_MODULES];
    const ngx_oauth_caching_module_t  *module, *serves;

    /* "proxy_pass" and the like cannot stand on the server's level, "top". */

    if (location->top || location->clcf->handler == NULL) {
        return 0;
    }

    serves = NULL;

    for (i = 0; i < NGX_OAUTH_CACHING_MODULES; i++) {

        module = &caching->modules[i];

        if (module->module) {
            conf = ngx_oauth_caching_conf(module, location);
            upstream[i] = (ngx_http_upstream_conf_t *)
                                                    (conf + module->upstream);
            if (upstream[i]->upstream) {
                serves = module;
            }
        }
    }

    for (i = 0; i < NGX_OAUTH_CACHING_MODULES; i++) {

        module = &caching->modules[i];

        if (!module->caches || (serves && serves != module)) {
            continue;
        }

        cache->methods = ngx_oauth_caching_methods(upstream[i]);

        if (cache->methods == 0) {
            continue;
        }

        conf = ngx_oauth_caching_conf(module, location);

        cache->directive = ngx_oauth_caching_names[i].cache;
        cache->key = (ngx_http_complex_value_t *) (conf + module->key);

        if (cache->key->value.data == NULL) {
            cache->key = ngx_oauth_caching_names[i].key;
        }

        return 1;
    }

    return 0;
}


static u_char *
ngx_oauth_caching_conf(const ngx_oauth_caching_module_t *module,
    const ngx_oauth_conf_location_t *location)
{
    return location->clcf->loc_conf[module->module->ctx_index];
}


/* Returns 0 if the cache is off. */

static ngx_uint_t
ngx_oauth_caching_methods(const ngx_http_upstream_conf_t *upstream)
{
#if (NGX_HTTP_CACHE)
    return upstream->cache ? upstream->cache_methods : 0;
#else
    return 0;
#endif
}
