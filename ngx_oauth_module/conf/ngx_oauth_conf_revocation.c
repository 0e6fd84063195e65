
/*
 * Reads the directives about revocation, and checks the locations that take
 * revocations.  Whoever can reach the input "admin" can cut off anybody, and
 * ask who is cut off, so nginx refuses a configuration in which strangers can.
 * Everything is in the configuration's pool.
 */


#include "ngx_oauth_conf_introspection.h"
#include "ngx_oauth_conf_revocation.h"
#include "ngx_oauth_origin.h"
#include "ngx_oauth_scope.h"


#define NGX_OAUTH_CONF_REVOCATION_SIZE   (1024 * 1024 * 1024)
#define NGX_OAUTH_CONF_REVOCATION_LEAST  (1024 * 1024)
#define NGX_OAUTH_CONF_REVOCATION_CHECK  10000      /* ms                     */


static ngx_int_t ngx_oauth_conf_revocation_input(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_oauth_conf_location_t *location);
static ngx_int_t ngx_oauth_conf_revocation_default_audience(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location);
static ngx_uint_t ngx_oauth_conf_revocation_is_literal(
    const ngx_http_core_loc_conf_t *clcf);
static ngx_uint_t ngx_oauth_conf_revocation_is_guarded(
    const ngx_oauth_conf_location_t *location);
static ngx_uint_t ngx_oauth_conf_revocation_is_scoped(
    const ngx_oauth_loc_conf_t *lcf, const char *method);
static ngx_uint_t ngx_oauth_conf_revocation_is_constant(
    const ngx_oauth_scope_term_t *term);


char *
ngx_oauth_conf_revocation_store(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_main_conf_t  *mcf = conf;

    ssize_t     size;
    ngx_str_t  *value, text;

    static const ngx_str_t  prefix = ngx_string("size=");

    if (mcf->store_folder.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty folder: write the path of one that exists";
    }

    if (ngx_oauth_args_no_variables(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mcf->store_folder = value[1];
    mcf->store_size = NGX_OAUTH_CONF_REVOCATION_SIZE;
    ngx_oauth_place_here(cf, &mcf->store_place);

    if (ngx_conf_full_name(cf->cycle, &mcf->store_folder, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    text = value[2];
    size = NGX_ERROR;

    if (text.len > prefix.len
        && ngx_memcmp(text.data, prefix.data, prefix.len) == 0)
    {
        text.data += prefix.len;
        text.len -= prefix.len;
        size = ngx_parse_offset(&text);
    }

    if (size < NGX_OAUTH_CONF_REVOCATION_LEAST) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of "
                           "\"oauth_revocation_store\": write the most that "
                           "the store may take on disk, 1m or more, as in "
                           "size=1g", &value[2]);
        return NGX_CONF_ERROR;
    }

    mcf->store_size = size;

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_revocation_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    return ngx_oauth_args_strings_or_off(cf, &lcf->revocation_audience);
}


char *
ngx_oauth_conf_revocation_recheck(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_int_t   interval;
    ngx_str_t  *value;

    if (lcf->recheck.interval != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        lcf->recheck.interval = 0;

        return (cf->args->nelts == 2)
               ? NGX_CONF_OK : "has parameters after \"off\": remove them";
    }

    interval = ngx_parse_time(&value[1], 0);

    if (interval < 100 || interval > 24 * 60 * 60 * 1000) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid time \"%V\" in \"oauth_session_recheck\": "
                           "write \"off\", or a time from 100ms to 24h, as in "
                           "10s", &value[1]);
        return NGX_CONF_ERROR;
    }

    lcf->recheck.interval = interval;

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "expiry") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\" of "
                               "\"oauth_session_recheck\": write \"expiry\", "
                               "or nothing", &value[2]);
            return NGX_CONF_ERROR;
        }

        lcf->recheck.expiry = 1;
    }

    return NGX_CONF_OK;
}


/* nginx has the content handler of a location in its "if" blocks, too. */

void
ngx_oauth_conf_revocation_merge(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf,
    const ngx_oauth_loc_conf_t *prev)
{
    ngx_http_core_loc_conf_t  *clcf;

    if (conf->recheck.interval == NGX_CONF_UNSET_MSEC) {
        conf->recheck = prev->recheck;
    }

    if (conf->recheck.interval == NGX_CONF_UNSET_MSEC) {
        conf->recheck.interval = NGX_OAUTH_CONF_REVOCATION_CHECK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->noname && !clcf->lmt_excpt) {
        conf->revoke = prev->revoke;
        conf->revoke_place = prev->revoke_place;
        conf->audit_plain = prev->audit_plain;
    }
}


/*
 * A token lives for max_lifetime after its iat at most, and is good for the
 * leeway after that.  The second leeway is for an iat that was in the future
 * when the entry was written.
 */

ngx_int_t
ngx_oauth_conf_revocation_finish(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    time_t                       longest;
    ngx_uint_t                   i;
    ngx_oauth_issuer_t         **issuers;
    ngx_oauth_loc_conf_t        *lcf;
    ngx_oauth_conf_location_t   *locations;

    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {
        longest = issuers[i]->max_lifetime + 2 * issuers[i]->leeway;
        mcf->longest = ngx_max(mcf->longest, longest);
    }

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        lcf = locations[i].conf;

        if (lcf->revoke
            && ngx_oauth_conf_revocation_input(cf, mcf, &locations[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (lcf->issuers
            && lcf->recheck.interval
            && (mcf->store_folder.len || lcf->recheck.expiry)
            && (mcf->recheck_least == 0
                || lcf->recheck.interval < mcf->recheck_least))
        {
            mcf->recheck_least = lcf->recheck.interval;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_conf_revocation_input(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_oauth_conf_location_t *location)
{
    ngx_oauth_loc_conf_t  *lcf;

    lcf = location->conf;

    if (mcf->store_folder.len == 0) {
        ngx_oauth_place_error(cf, &lcf->revoke_place,
                              "\"oauth_revoke\" has no store to write to: add "
                              "\"oauth_revocation_store FOLDER\" to the http "
                              "block");
        return NGX_ERROR;
    }

    if ((lcf->revoke & NGX_OAUTH_REVOKE_ADMIN)
        && !ngx_oauth_conf_revocation_is_guarded(location)
        && !ngx_oauth_origin_is_local(cf, location->cscf))
    {
        ngx_oauth_place_error(cf, &lcf->revoke_place,
                              "\"oauth_revoke admin\" is open to everybody who "
                              "reaches this location, for GET or POST: protect "
                              "it by \"oauth\" and an \"oauth_scope\" without "
                              "variables for these methods, without \"satisfy "
                              "any\"; or let its server listen on loopback "
                              "addresses and unix sockets only, without "
                              "\"proxy_protocol\"");
        return NGX_ERROR;
    }

    if ((lcf->revoke & NGX_OAUTH_REVOKE_TOKEN)
        && lcf->issuers == NULL
        && ngx_oauth_conf_introspection_count(&mcf->issuers)
           > NGX_OAUTH_CONF_INTROSPECTION_ISSUERS)
    {
        ngx_oauth_place_error(cf, &lcf->revoke_place,
                              "\"oauth_revoke token\" would send each opaque "
                              "token to more than four issuers: name the "
                              "issuers of this location by \"oauth\"");
        return NGX_ERROR;
    }

    if ((lcf->revoke & (NGX_OAUTH_REVOKE_SIGNALS|NGX_OAUTH_REVOKE_LOGOUT))
        && lcf->revocation_audience == NULL)
    {
        return ngx_oauth_conf_revocation_default_audience(cf, location);
    }

    return NGX_OK;
}


/* The default is the URL of the location, if there is only one. */

static ngx_int_t
ngx_oauth_conf_revocation_default_audience(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location)
{
    ngx_int_t              rc;
    ngx_str_t              origin, url;
    oauth_str_t           *audience;
    ngx_oauth_loc_conf_t  *lcf;

    lcf = location->conf;
    rc = NGX_DECLINED;

    /* An "if" block is a part of its location. */

    if (location->clcf->noname) {
        lcf->revocation_audience = lcf->outer->revocation_audience;
        return NGX_OK;
    }

    if (ngx_oauth_conf_revocation_is_literal(location->clcf)) {
        rc = ngx_oauth_origin_lookup(cf, location->cscf, &origin);
    }

    if (rc == NGX_DECLINED) {
        ngx_oauth_place_error(cf, &lcf->revoke_place,
                              "nginx cannot tell the one URL of this location, "
                              "which signals and logout tokens must have as "
                              "\"aud\": add \"oauth_revocation_audience "
                              "VALUE\" with what the authorization server "
                              "writes there, such as the client_id");
        return NGX_ERROR;
    }

    if (rc == NGX_ERROR
        || ngx_oauth_str_join(cf->pool, &url, &origin, &location->clcf->name,
                              NULL)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    audience = ngx_oauth_args_push(cf, &lcf->revocation_audience,
                                   sizeof(oauth_str_t));
    if (audience == NULL) {
        return NGX_ERROR;
    }

    *audience = ngx_oauth_str(&url);

    return NGX_OK;
}


static ngx_uint_t
ngx_oauth_conf_revocation_is_literal(const ngx_http_core_loc_conf_t *clcf)
{
#if (NGX_PCRE)

    if (clcf->regex) {
        return 0;
    }

#endif

    return !clcf->noname && !clcf->named;
}


/*
 * Returns 1 if a token with a scope is needed to revoke, and also to ask who is
 * revoked.  A term with a variable does not count: its value may be "none", or
 * a scope that every token has.
 */

static ngx_uint_t
ngx_oauth_conf_revocation_is_guarded(const ngx_oauth_conf_location_t *location)
{
    const ngx_oauth_loc_conf_t  *lcf;

    lcf = location->conf;

    return lcf->issuers
           && location->clcf->satisfy == NGX_HTTP_SATISFY_ALL
           && ngx_oauth_conf_revocation_is_scoped(lcf, "GET")
           && ngx_oauth_conf_revocation_is_scoped(lcf, "POST");
}


static ngx_uint_t
ngx_oauth_conf_revocation_is_scoped(const ngx_oauth_loc_conf_t *lcf,
    const char *method)
{
    ngx_str_t                      name;
    ngx_oauth_scope_walk_t         walk;
    const ngx_oauth_scope_term_t  *term;

    name.data = (u_char *) method;
    name.len = ngx_strlen(method);

    walk = ngx_oauth_scope_start(lcf->scopes, &name);

    while ((term = ngx_oauth_scope_next(&walk)) != NULL) {
        if (ngx_oauth_conf_revocation_is_constant(term)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_oauth_conf_revocation_is_constant(const ngx_oauth_scope_term_t *term)
{
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *values;

    values = term->alternatives->elts;

    for (i = 0; i < term->alternatives->nelts; i++) {
        if (values[i].lengths) {
            return 0;
        }
    }

    return !ngx_oauth_scope_is_none(term, &values[0].value);
}
