
/*
 * Warns about one of nginx's caches in a protected location (proxy_cache and
 * the like) whose key says nothing about the client: nginx checks the token of
 * each request, but then gives Bob the page that the app has made for Alice.  A
 * variable of the module in the key makes the difference.  $http_authorization
 * makes it only with "oauth_pass_token on", because otherwise the module has
 * removed the header when nginx computes the key.  Nothing is kept.
 */


#include "ngx_oauth_caching.h"
#include "ngx_oauth_caching_warn.h"
#include "ngx_oauth_wrap.h"


typedef struct {
    ngx_oauth_caching_cache_t  cache;
    unsigned                   removed:1;   /* the key has $http_authorization,
                                               and the module removes that
                                               header */
} ngx_oauth_caching_warn_t;


static void ngx_oauth_caching_warn_log(ngx_conf_t *cf,
    const ngx_oauth_conf_location_t *location,
    const ngx_oauth_caching_warn_t *found);
static ngx_uint_t ngx_oauth_caching_warn_lookup(ngx_conf_t *cf,
    const ngx_oauth_main_conf_t *mcf, const ngx_oauth_caching_t *caching,
    ngx_oauth_conf_location_t *location, ngx_oauth_caching_warn_t *found);
static ngx_uint_t ngx_oauth_caching_warn_methods(
    const ngx_oauth_main_conf_t *mcf, ngx_oauth_conf_location_t *location);
static ngx_uint_t ngx_oauth_caching_warn_is_token(ngx_conf_t *cf,
    ngx_uint_t index);


ngx_int_t
ngx_oauth_caching_warn(ngx_conf_t *cf, const ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_oauth_caching_t         caching;
    ngx_oauth_caching_warn_t    found, around;
    ngx_oauth_conf_location_t  *location;

    if (ngx_oauth_caching_init(cf, &caching) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->locations.nelts; i++) {

        location = (ngx_oauth_conf_location_t *) mcf->locations.elts + i;

        /*
         * An "if" or limit_except block, which is a level without a name,
         * inherits the cache and the key of its location.  If there is a
         * warning about the location, the block gets none of its own.
         */

        if (!ngx_oauth_caching_warn_lookup(cf, mcf, &caching, location, &found)
            || (location->clcf->noname
                && ngx_oauth_caching_warn_lookup(cf, mcf, &caching,
                                           ngx_oauth_conf_outer(mcf, location),
                                           &around)))
        {
            continue;
        }

        ngx_oauth_caching_warn_log(cf, location, &found);
    }

    return NGX_OK;
}


static void
ngx_oauth_caching_warn_log(ngx_conf_t *cf,
    const ngx_oauth_conf_location_t *location,
    const ngx_oauth_caching_warn_t *found)
{
    if (found->cache.key == NULL) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%s\" in the protected location \"%V\" of server "
                      "\"%V\" has no key, so nginx keeps one response for all "
                      "URLs and all clients: add \"%s_key\" with \"$scheme"
                      "$request_method$host$request_uri$oauth_issuer"
                      "$oauth_sub\", or without \"$oauth_sub\" if clients may "
                      "share responses, in %V:%ui",
                      found->cache.directive, &location->clcf->name,
                      &location->cscf->server_name, found->cache.directive,
                      &location->conf->begin.file, location->conf->begin.line);
        return;
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"%s\" in the protected location \"%V\" of server \"%V\" "
                  "has the key \"%V\", which %s: clients may get the responses "
                  "to other clients; add \"$oauth_issuer$oauth_sub\" to "
                  "\"%s_key\", or only \"$oauth_issuer\" if they may share "
                  "responses, in %V:%ui",
                  found->cache.directive, &location->clcf->name,
                  &location->cscf->server_name, &found->cache.key->value,
                  found->removed
                      ? "has $http_authorization, but the module removes that "
                        "header without \"oauth_pass_token on\""
                      : "is the same for all clients",
                  found->cache.directive, &location->conf->begin.file,
                  location->conf->begin.line);
}


/* Returns 1 if the location is protected and has a cache that clients share. */

static ngx_uint_t
ngx_oauth_caching_warn_lookup(ngx_conf_t *cf, const ngx_oauth_main_conf_t *mcf,
    const ngx_oauth_caching_t *caching, ngx_oauth_conf_location_t *location,
    ngx_oauth_caching_warn_t *found)
{
    ngx_uint_t  *index;

    if (location->conf->issuers == NULL
        || !ngx_oauth_caching_lookup(caching, location, &found->cache)
        || !(found->cache.methods
             & ngx_oauth_caching_warn_methods(mcf, location)))
    {
        return 0;
    }

    found->removed = 0;

    if (found->cache.key == NULL) {
        return 1;
    }

    for (index = found->cache.key->flushes;
         index && *index != (ngx_uint_t) -1;
         index++)
    {
        if (ngx_oauth_wrap_is_own(cf, *index)) {
            return 0;
        }

        if (ngx_oauth_caching_warn_is_token(cf, *index)) {

            if (location->conf->pass_token) {
                return 0;
            }

            found->removed = 1;
        }
    }

    return 1;
}


/*
 * The methods of the requests that this level serves, as bits.  nginx notes in
 * limit_except of the location which methods the limit_except block serves: all
 * but those that the directive names.  The location itself serves the others.
 */

static ngx_uint_t
ngx_oauth_caching_warn_methods(const ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location)
{
    if (location->clcf->lmt_excpt) {
        return ngx_oauth_conf_outer(mcf, location)->clcf->limit_except;
    }

    return location->clcf->limit_except_loc_conf
           ? ~location->clcf->limit_except : (ngx_uint_t) -1;
}


static ngx_uint_t
ngx_oauth_caching_warn_is_token(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_http_variable_t        *variables;
    ngx_http_core_main_conf_t  *cmcf;

    static const ngx_str_t      name = ngx_string("http_authorization");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    variables = cmcf->variables.elts;

    return ngx_oauth_str_equal(&variables[index].name, &name);
}
