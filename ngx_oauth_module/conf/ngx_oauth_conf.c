
/*
 * Creates and merges the structures of the configuration's levels, lists all
 * levels, and reads the directive oauth.  What needs the whole configuration,
 * such as finding an issuer by its name, is done in ngx_oauth_conf_server.c.
 * Everything is in the configuration's pool.
 */


#include "ngx_oauth_claim.h"
#include "ngx_oauth_conf_bus.h"
#include "ngx_oauth_conf_dpop.h"
#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_conf_revocation.h"
#include "ngx_oauth_header.h"


static ngx_int_t ngx_oauth_conf_remember(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf);
static ngx_uint_t ngx_oauth_conf_is_catch_all(
    ngx_oauth_conf_location_t *location);


void *
ngx_oauth_conf_create_main(ngx_conf_t *cf)
{
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->zone_size = NGX_CONF_UNSET_SIZE;
    mcf->cache_entries = NGX_CONF_UNSET;
    mcf->replay_size = NGX_CONF_UNSET_SIZE;

    if (ngx_array_init(&mcf->issuers, cf->pool, 4,
                       sizeof(ngx_oauth_issuer_t *))
        != NGX_OK
        || ngx_array_init(&mcf->locations, cf->pool, 16,
                          sizeof(ngx_oauth_conf_location_t))
           != NGX_OK
        || ngx_oauth_claim_create(cf, mcf) != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


void *
ngx_oauth_conf_create_server(ngx_conf_t *cf)
{
    ngx_oauth_srv_conf_t  *scf;

    scf = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_srv_conf_t));
    if (scf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&scf->resources, cf->pool, 2,
                       sizeof(ngx_oauth_resource_t *))
        != NGX_OK
        || ngx_array_init(&scf->headers, cf->pool, 4,
                          sizeof(ngx_oauth_header_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return scf;
}


void *
ngx_oauth_conf_create_location(ngx_conf_t *cf)
{
    ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    /* nginx calls this when it has read the line that opens the block. */

    ngx_oauth_place_here(cf, &lcf->begin);

    lcf->names = NGX_CONF_UNSET_PTR;
    lcf->audience = NGX_CONF_UNSET_PTR;
    lcf->any_audience = NGX_CONF_UNSET;
    lcf->scopes = NGX_CONF_UNSET_PTR;
    lcf->implied = NGX_CONF_UNSET_PTR;
    lcf->advertise = NGX_CONF_UNSET_PTR;
    lcf->requires = NGX_CONF_UNSET_PTR;
    lcf->acr = NGX_CONF_UNSET_PTR;
    lcf->max_age = NGX_CONF_UNSET;
    lcf->members = NGX_CONF_UNSET_PTR;
    lcf->assertion = NGX_CONF_UNSET_PTR;
    lcf->dpop.mode = NGX_CONF_UNSET_UINT;
    lcf->mtls = NGX_CONF_UNSET_UINT;
    lcf->revocation_audience = NGX_CONF_UNSET_PTR;
    lcf->recheck.interval = NGX_CONF_UNSET_MSEC;
    lcf->stale.time = NGX_CONF_UNSET_MSEC;
    lcf->pass_token = NGX_CONF_UNSET;
    lcf->dry_run = NGX_CONF_UNSET;
    lcf->cors = NGX_CONF_UNSET;
    lcf->strict_uri = NGX_CONF_UNSET;

    return lcf;
}


char *
ngx_oauth_conf_merge_location(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_oauth_loc_conf_t  *prev = parent;
    ngx_oauth_loc_conf_t  *conf = child;

    conf->outer = prev;

    if (conf->names == NGX_CONF_UNSET_PTR) {
        conf->place = prev->place;
    }

    if (conf->resource_url.data == NULL) {
        conf->resource_url = prev->resource_url;
        conf->resource_place = prev->resource_place;
        conf->reflect = prev->reflect;
    }

    ngx_conf_merge_ptr_value(conf->names, prev->names, NULL);
    ngx_conf_merge_ptr_value(conf->audience, prev->audience, NULL);
    ngx_conf_merge_value(conf->any_audience, prev->any_audience, 0);
    ngx_conf_merge_ptr_value(conf->scopes, prev->scopes, NULL);
    ngx_conf_merge_ptr_value(conf->implied, prev->implied, NULL);
    ngx_conf_merge_ptr_value(conf->advertise, prev->advertise, NULL);
    ngx_conf_merge_ptr_value(conf->requires, prev->requires, NULL);
    ngx_conf_merge_ptr_value(conf->acr, prev->acr, NULL);
    ngx_conf_merge_value(conf->max_age, prev->max_age, 0);
    ngx_conf_merge_ptr_value(conf->members, prev->members, NULL);
    ngx_oauth_conf_dpop_merge(&conf->dpop, &prev->dpop);
    ngx_oauth_conf_mtls_merge(prev, conf);
    ngx_conf_merge_ptr_value(conf->revocation_audience,
                             prev->revocation_audience, NULL);
    ngx_oauth_conf_revocation_merge(cf, conf, prev);
    ngx_oauth_conf_bus_merge(&conf->stale, &prev->stale);
    ngx_conf_merge_value(conf->pass_token, prev->pass_token, 0);
    ngx_conf_merge_value(conf->dry_run, prev->dry_run, 0);
    conf->withholds = !(conf->pass_token || conf->dry_run);
    ngx_conf_merge_value(conf->cors, prev->cors, 1);
    ngx_conf_merge_value(conf->strict_uri, prev->strict_uri, 0);

    if (ngx_oauth_header_merge(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_oauth_conf_remember(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Adds the level to the list of all levels.  While nginx merges a location,
 * cf->ctx is the context of that location, so its structures are found by it.
 */

static ngx_int_t
ngx_oauth_conf_remember(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf)
{
    void                       **limited;
    ngx_http_conf_ctx_t         *server;
    ngx_oauth_conf_location_t   *location;
    ngx_oauth_main_conf_t       *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);

    location = ngx_array_push(&mcf->locations);
    if (location == NULL) {
        return NGX_ERROR;
    }

    conf->number = mcf->locations.nelts;

    location->conf = conf;
    location->cscf = ngx_http_conf_get_module_srv_conf(cf,
                                                       ngx_http_core_module);
    location->clcf = ngx_http_conf_get_module_loc_conf(cf,
                                                       ngx_http_core_module);
    location->server = ngx_http_conf_get_module_srv_conf(cf,
                                                         ngx_oauth_module);

    server = location->cscf->ctx;
    location->top = (server->loc_conf[ngx_oauth_module.ctx_index] == conf);

    limited = location->clcf->limit_except_loc_conf;

    if (limited) {
        conf->limited = limited[ngx_oauth_module.ctx_index];
    }

    if (ngx_oauth_conf_is_catch_all(location)) {
        location->server->catch_all = 1;
    }

    return NGX_OK;
}


/*
 * Returns 1 for a "location /" that stands in the server itself and is neither
 * a regex nor an exact match ("= /"): it serves every request that no other
 * location serves.
 */

static ngx_uint_t
ngx_oauth_conf_is_catch_all(ngx_oauth_conf_location_t *location)
{
    ngx_http_conf_ctx_t       *server;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = location->clcf;
    server = location->cscf->ctx;

#if (NGX_PCRE)

    if (clcf->regex) {
        return 0;
    }

#endif

    return location->conf->outer
               == server->loc_conf[ngx_oauth_module.ctx_index]
           && clcf->name.len == 1
           && clcf->name.data[0] == '/'
           && !clcf->exact_match
           && !clcf->noname;
}


ngx_oauth_conf_location_t *
ngx_oauth_conf_outer(const ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location)
{
    ngx_uint_t                  number;
    ngx_oauth_conf_location_t  *locations;

    number = location->conf->outer->number;
    locations = mcf->locations.elts;

    return number ? &locations[number - 1] : NULL;
}


char *
ngx_oauth_conf_zone(ngx_conf_t *cf, void *post, void *data)
{
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);

    ngx_oauth_place_here(cf, &mcf->zone_place);

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_dry_run(ngx_conf_t *cf, void *post, void *data)
{
    ngx_flag_t  *dry_run = data;

    if (*dry_run) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "oauth_dry_run is on: requests without a good token "
                           "are let in and only logged; remove it to have them "
                           "refused");
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_oauth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i, k;

    if (lcf->names != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ngx_oauth_place_here(cf, &lcf->place);

    value = cf->args->elts;

    if (ngx_oauth_args_has_off(cf)) {
        return ngx_oauth_args_off(cf, &lcf->names);
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_oauth_args_no_variables(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        for (k = 1; k < i; k++) {
            if (ngx_strcmp(value[k].data, value[i].data) == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "issuer \"%V\" is named twice: remove one",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        name = ngx_oauth_args_push(cf, &lcf->names, sizeof(ngx_str_t));
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}
