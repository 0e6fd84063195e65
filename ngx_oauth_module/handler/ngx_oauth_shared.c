
/*
 * Warns about a cache in a protected location (proxy_cache and the like) whose
 * key says nothing about the client: nginx checks the token of each request,
 * but then gives Bob the page that the app has made for Alice.  A variable of
 * the module in the key makes the difference.  $http_authorization makes it
 * only with "oauth_pass_token on", because otherwise the module has removed the
 * header when nginx computes the key.  Nothing is kept.
 */


#include "ngx_oauth_caching.h"
#include "ngx_oauth_shared.h"
#include "ngx_oauth_wrap.h"


typedef struct {
    ngx_oauth_caching_cache_t  cache;
    unsigned                   removed:1;   /* the key has $http_authorization,
                                               and the module removes that
                                               header */
} ngx_oauth_shared_t;


static ngx_uint_t ngx_oauth_shared_lookup(ngx_conf_t *cf,
    const ngx_oauth_main_conf_t *mcf, const ngx_oauth_caching_t *caching,
    ngx_oauth_conf_location_t *location, ngx_oauth_shared_t *shared);
static ngx_uint_t ngx_oauth_shared_methods(const ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location);
static ngx_uint_t ngx_oauth_shared_is_token(ngx_conf_t *cf,
    ngx_uint_t index);


ngx_int_t
ngx_oauth_shared_warn(ngx_conf_t *cf, const ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_oauth_shared_t          shared, around;
    ngx_oauth_caching_t         caching;
    ngx_oauth_conf_location_t  *location;

    if (ngx_oauth_caching_init(cf, &caching) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->locations.nelts; i++) {

        location = (ngx_oauth_conf_location_t *) mcf->locations.elts + i;

        /* An "if" or limit_except block is a part of its location. */

        if (!ngx_oauth_shared_lookup(cf, mcf, &caching, location, &shared)
            || (location->clcf->noname
                && ngx_oauth_shared_lookup(cf, mcf, &caching,
                                           ngx_oauth_conf_outer(mcf, location),
                                           &around)))
        {
            continue;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"%s\" in the protected location \"%V\" of server "
                      "\"%V\" has the key \"%V\", which %s: clients may get "
                      "the responses to other clients; add "
                      "\"$oauth_issuer$oauth_sub\" to \"%s_key\", or only "
                      "\"$oauth_issuer\" if they may share responses, in "
                      "%V:%ui",
                      shared.cache.directive, &location->clcf->name,
                      &location->cscf->server_name, &shared.cache.key->value,
                      shared.removed
                          ? "has $http_authorization, but the module removes "
                            "that header without \"oauth_pass_token on\""
                          : "is the same for all clients",
                      shared.cache.directive, &location->conf->begin.file,
                      location->conf->begin.line);
    }

    return NGX_OK;
}


/* Returns 1 if the location is protected and has a cache that clients share. */

static ngx_uint_t
ngx_oauth_shared_lookup(ngx_conf_t *cf, const ngx_oauth_main_conf_t *mcf,
    const ngx_oauth_caching_t *caching, ngx_oauth_conf_location_t *location,
    ngx_oauth_shared_t *shared)
{
    ngx_uint_t  *index;

    if (location->conf->issuers == NULL
        || !ngx_oauth_caching_lookup(caching, location, &shared->cache)
        || !(shared->cache.methods & ngx_oauth_shared_methods(mcf, location)))
    {
        return 0;
    }

    shared->removed = 0;

    for (index = shared->cache.key->flushes;
         index && *index != (ngx_uint_t) -1;
         index++)
    {
        if (ngx_oauth_wrap_is_own(cf, *index)) {
            return 0;
        }

        if (ngx_oauth_shared_is_token(cf, *index)) {

            if (location->conf->pass_token) {
                return 0;
            }

            shared->removed = 1;
        }
    }

    return 1;
}


/* The methods of the requests that this level serves, as bits. */

static ngx_uint_t
ngx_oauth_shared_methods(const ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location)
{
    if (location->clcf->lmt_excpt) {
        return ngx_oauth_conf_outer(mcf, location)->clcf->limit_except;
    }

    return location->clcf->limit_except_loc_conf
           ? ~location->clcf->limit_except : (ngx_uint_t) -1;
}


static ngx_uint_t
ngx_oauth_shared_is_token(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_http_variable_t        *variables;
    ngx_http_core_main_conf_t  *cmcf;

    static const ngx_str_t      name = ngx_string("http_authorization");

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    variables = cmcf->variables.elts;

    return ngx_oauth_str_equal(&variables[index].name, &name);
}
