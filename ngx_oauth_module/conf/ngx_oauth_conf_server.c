
/*
 * The end of the configuration, when nginx has read every directive: the names
 * in "oauth" become issuers, every protected level gets its resource, every
 * claim a number, and every server the list of the header names that it sets
 * anywhere.  Everything is in the configuration's pool.
 */


#include "ngx_oauth_claim.h"
#include "ngx_oauth_conf_assertion.h"
#include "ngx_oauth_conf_authentication.h"
#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_conf_dpop.h"
#include "ngx_oauth_conf_server.h"
#include "ngx_oauth_document.h"
#include "ngx_oauth_header.h"
#include "ngx_oauth_origin.h"
#include "ngx_oauth_require.h"


static ngx_int_t ngx_oauth_conf_server_location(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_oauth_conf_location_t *location);
static ngx_int_t ngx_oauth_conf_server_protect(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_oauth_conf_location_t *location);
static ngx_int_t ngx_oauth_conf_server_dry_run(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_conf_server_issuers(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_conf_server_issuer(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf, ngx_oauth_issuer_t *issuer);
static ngx_int_t ngx_oauth_conf_server_headers(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location);
static ngx_int_t ngx_oauth_conf_server_claims(ngx_oauth_main_conf_t *mcf,
    ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_conf_server_resource(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location);


ngx_int_t
ngx_oauth_conf_server_finish(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                   i, k;
    ngx_oauth_conf_location_t   *locations;
    ngx_oauth_srv_conf_t        *server;
    ngx_oauth_resource_t       **resources;

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {
        if (ngx_oauth_conf_server_location(cf, mcf, &locations[i]) != NGX_OK
            || ngx_oauth_conf_server_dry_run(cf, locations[i].conf) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    for (i = 0; i < mcf->locations.nelts; i++) {

        if (ngx_oauth_document_write_reflected(cf, locations[i].conf)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (!locations[i].top) {
            continue;
        }

        server = locations[i].server;
        resources = server->resources.elts;

        if (ngx_oauth_conf_assertion_publish(cf, server) != NGX_OK) {
            return NGX_ERROR;
        }

        for (k = 0; k < server->resources.nelts; k++) {
            if (ngx_oauth_document_write(cf, resources[k]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return ngx_oauth_claim_hand_out(cf, mcf);
}


static ngx_int_t
ngx_oauth_conf_server_location(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location)
{
    void       **top;
    ngx_str_t    url;

    if (ngx_oauth_conf_server_headers(cf, location) != NGX_OK) {
        return NGX_ERROR;
    }

    if (location->conf->names == NULL) {
        return NGX_OK;
    }

    if (ngx_oauth_conf_server_protect(cf, mcf, location) != NGX_OK) {
        return NGX_ERROR;
    }

    /*
     * nginx never serves a request by an "if" block of the server's own level:
     * only the rewrite rules in it run.
     */

    top = location->cscf->ctx->loc_conf;

    if (location->clcf->noname
        && location->conf->outer == top[ngx_oauth_module.ctx_index])
    {
        return NGX_OK;
    }

    /*
     * In a server with a "location /", the server's own level never serves a
     * request, so its scopes must not be advertised.  It needs a resource only
     * for its rewrite rules, if these may read a claim.  If the URL cannot be
     * derived, no resource is created.
     */

    if (location->top
        && location->server->catch_all
        && !location->conf->reads_claims)
    {
        return NGX_OK;
    }

    if (location->top
        && location->server->catch_all
        && location->conf->resource_url.len == 0
        && ngx_oauth_origin_lookup(cf, location->cscf, &url) != NGX_OK)
    {
        return NGX_OK;
    }

    return ngx_oauth_conf_server_resource(cf, location);
}


static ngx_int_t
ngx_oauth_conf_server_protect(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location)
{
    if (ngx_oauth_conf_server_issuers(cf, mcf, location->conf) != NGX_OK
        || ngx_oauth_conf_server_claims(mcf, location->conf) != NGX_OK
        || ngx_oauth_conf_authentication_finish(cf, location->conf) != NGX_OK
        || ngx_oauth_conf_assertion_check(cf, location) != NGX_OK)
    {
        return NGX_ERROR;
    }

    location->server->protects = 1;

    return NGX_OK;
}


/*
 * A dry run lets everybody in, as nginx did before it had this module.  But
 * these two locations exist only with the module, and only its tokens close
 * them: nobody could come in before, so a dry run would open them.
 */

static ngx_int_t
ngx_oauth_conf_server_dry_run(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf)
{
    if (!lcf->dry_run || lcf->names == NULL) {
        return NGX_OK;
    }

    if (lcf->revoke & NGX_OAUTH_REVOKE_ADMIN) {
        ngx_oauth_place_error(cf, &lcf->revoke_place,
                              "\"oauth_dry_run\" would open \"oauth_revoke "
                              "admin\" to everybody who reaches this location: "
                              "write \"oauth_dry_run off\" in it");
        return NGX_ERROR;
    }

    if (lcf->status_place.line) {
        ngx_oauth_place_error(cf, &lcf->status_place,
                              "\"oauth_dry_run\" would open \"oauth_status\" "
                              "to everybody who reaches this location: write "
                              "\"oauth_dry_run off\" in it");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_conf_server_issuers(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_oauth_loc_conf_t *lcf)
{
    ngx_str_t            *names;
    ngx_uint_t            i, k;
    ngx_oauth_issuer_t  **issuers;

    lcf->issuers = ngx_array_create(cf->pool, lcf->names->nelts,
                                    sizeof(ngx_oauth_issuer_t *));
    if (lcf->issuers == NULL) {
        return NGX_ERROR;
    }

    names = lcf->names->elts;
    issuers = mcf->issuers.elts;

    for (i = 0; i < lcf->names->nelts; i++) {

        for (k = 0; k < mcf->issuers.nelts; k++) {
            if (ngx_oauth_str_equal(&issuers[k]->name, &names[i])) {
                break;
            }
        }

        if (k == mcf->issuers.nelts) {
            ngx_oauth_place_error(cf, &lcf->place,
                                 "unknown issuer \"%V\" in \"oauth\": declare "
                                 "it in the http block with oauth_issuer %V "
                                 "{ issuer https://...; }",
                                 &names[i], &names[i]);
            return NGX_ERROR;
        }

        if (ngx_oauth_conf_server_issuer(cf, lcf, issuers[k]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return ngx_oauth_conf_introspection_check(cf, lcf);
}


/*
 * The claim iss of a token picks one of the issuers, so no two issuers of a
 * level may have the same identifier.
 */

static ngx_int_t
ngx_oauth_conf_server_issuer(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf,
    ngx_oauth_issuer_t *issuer)
{
    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuers, **slot;

    issuers = lcf->issuers->elts;

    for (i = 0; i < lcf->issuers->nelts; i++) {
        if (ngx_oauth_str_equal(&issuers[i]->issuer, &issuer->issuer)) {
            ngx_oauth_place_error(cf, &lcf->place,
                                 "\"%V\" and \"%V\" in one \"oauth\" are the "
                                 "same issuer \"%V\": name one of them",
                                 &issuers[i]->name, &issuer->name,
                                 &issuer->issuer);
            return NGX_ERROR;
        }
    }

    slot = ngx_array_push(lcf->issuers);
    if (slot == NULL) {
        return NGX_ERROR;
    }

    *slot = issuer;

    return NGX_OK;
}


/*
 * Adds the names of the level's headers to the server's list, and notes whether
 * the level needs a token with the claim sub.
 */

static ngx_int_t
ngx_oauth_conf_server_headers(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location)
{
    ngx_str_t             *normal;
    ngx_uint_t             i, k;
    ngx_oauth_header_t    *headers, **known, **slot;
    ngx_oauth_loc_conf_t  *lcf;
    ngx_oauth_srv_conf_t  *server;

    lcf = location->conf;
    server = location->server;

    if (lcf->headers == NULL) {
        return NGX_OK;
    }

    headers = lcf->headers->elts;

    for (i = 0; i < lcf->headers->nelts; i++) {

        normal = &headers[i].normal;

        lcf->demand.subject |= ngx_oauth_header_subject(&headers[i]);

        known = server->headers.elts;

        for (k = 0; k < server->headers.nelts; k++) {
            if (ngx_oauth_str_equal(&known[k]->normal, normal)) {
                break;
            }
        }

        if (k < server->headers.nelts) {
            continue;
        }

        slot = ngx_array_push(&server->headers);
        if (slot == NULL) {
            return NGX_ERROR;
        }

        *slot = &headers[i];
        server->header_lengths |= ngx_oauth_header_length(normal->len);
    }

    return NGX_OK;
}


/*
 * Gives a number to each claim that oauth_header forwards (its text) or that
 * oauth_require compares (its members).
 */

static ngx_int_t
ngx_oauth_conf_server_claims(ngx_oauth_main_conf_t *mcf,
    ngx_oauth_loc_conf_t *lcf)
{
    ngx_uint_t             i;
    oauth_token_select_t   select;
    ngx_oauth_header_t    *headers;
    ngx_oauth_require_t   *requires;

    ngx_memzero(&select, sizeof(oauth_token_select_t));

    select.nnames = 1;
    select.text = 1;

    headers = lcf->headers ? lcf->headers->elts : NULL;

    for (i = 0; headers && i < lcf->headers->nelts; i++) {

        select.names = &headers[i].claim;
        select.encoding = headers[i].encoding;

        if (headers[i].kind == NGX_OAUTH_HEADER_CLAIM
            && ngx_oauth_claim_select(mcf, &select, &headers[i].index)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    select.encoding = OAUTH_ENCODING_UTF8;
    select.text = 0;
    select.members = 1;

    requires = lcf->requires ? lcf->requires->elts : NULL;

    for (i = 0; requires && i < lcf->requires->nelts; i++) {

        select.names = &requires[i].claim;

        if (ngx_oauth_claim_select(mcf, &select, &requires[i].index)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_conf_server_resource(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location)
{
    ngx_str_t              url;
    ngx_oauth_loc_conf_t  *lcf;

    lcf = location->conf;
    url = lcf->resource_url;

    if (url.len == 0) {

        if (ngx_oauth_origin_lookup(cf, location->cscf, &url) != NGX_OK) {
            ngx_oauth_place_error(cf, &lcf->place,
                                 "\"oauth\" protects a resource whose URL "
                                 "cannot be derived from server_name \"%V\" "
                                 "and listen: add \"oauth_resource\" with the "
                                 "URL that clients use",
                                 &location->cscf->server_name);
            return NGX_ERROR;
        }

        lcf->resource_place = lcf->place;
    }

    if (ngx_oauth_conf_dpop_finish(cf, lcf, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    lcf->resource = ngx_oauth_resource_create(cf, location, &url);
    if (lcf->resource == NULL) {
        return NGX_ERROR;
    }

    if (lcf->resource_url.len == 0 && lcf->resource->derived.line == 0) {
        lcf->resource->derived = lcf->place;
    }

    ngx_oauth_resource_demand(location->server, lcf->resource, &lcf->demand);

    lcf->demand.any_audience = (lcf->any_audience != 0);

    if (lcf->audience) {
        lcf->demand.audience = lcf->audience->elts;
        lcf->demand.naudience = lcf->audience->nelts;
    }

    return NGX_OK;
}
