
/*
 * The levels of the configuration, and the directives that say what is
 * protected: each is checked where it stands and leaves arrays in the
 * configuration's pool.  What needs the whole configuration (issuers by name,
 * resources) is done by ngx_oauth_conf_server.c.
 */


#include "ngx_oauth_conf.h"


static ngx_int_t ngx_oauth_conf_remember(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf);
static ngx_uint_t ngx_oauth_conf_is_catch_all(ngx_oauth_location_t *location);


void *
ngx_oauth_create_main_conf(ngx_conf_t *cf)
{
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->zone_size = NGX_CONF_UNSET_SIZE;
    mcf->cache_entries = NGX_CONF_UNSET;

    if (ngx_array_init(&mcf->issuers, cf->pool, 4,
                       sizeof(ngx_oauth_issuer_t *))
        != NGX_OK
        || ngx_array_init(&mcf->locations, cf->pool, 16,
                          sizeof(ngx_oauth_location_t))
           != NGX_OK
        || ngx_oauth_conf_claims_init(cf, mcf) != NGX_OK)
    {
        return NULL;
    }

    return mcf;
}


void *
ngx_oauth_create_srv_conf(ngx_conf_t *cf)
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
           != NGX_OK
        || ngx_array_init(&scf->assignments, cf->pool, 2,
                          sizeof(ngx_oauth_assignment_t))
           != NGX_OK
        || ngx_array_init(&scf->taints, cf->pool, 2,
                          sizeof(ngx_oauth_taint_t))
           != NGX_OK)
    {
        return NULL;
    }

    return scf;
}


void *
ngx_oauth_create_loc_conf(ngx_conf_t *cf)
{
    ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_loc_conf_t));
    if (lcf == NULL) {
        return NULL;
    }

    lcf->names = NGX_CONF_UNSET_PTR;
    lcf->audience = NGX_CONF_UNSET_PTR;
    lcf->any_audience = NGX_CONF_UNSET;
    lcf->scopes = NGX_CONF_UNSET_PTR;
    lcf->rules = NGX_CONF_UNSET_PTR;
    lcf->advertise = NGX_CONF_UNSET_PTR;
    lcf->requires = NGX_CONF_UNSET_PTR;
    lcf->members = NGX_CONF_UNSET_PTR;
    lcf->pass_token = NGX_CONF_UNSET;
    lcf->cors = NGX_CONF_UNSET;
    lcf->strict_uri = NGX_CONF_UNSET;

    return lcf;
}


char *
ngx_oauth_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
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
    ngx_conf_merge_ptr_value(conf->rules, prev->rules, NULL);
    ngx_conf_merge_ptr_value(conf->advertise, prev->advertise, NULL);
    ngx_conf_merge_ptr_value(conf->requires, prev->requires, NULL);
    ngx_conf_merge_ptr_value(conf->members, prev->members, NULL);
    ngx_conf_merge_value(conf->pass_token, prev->pass_token, 0);
    ngx_conf_merge_value(conf->cors, prev->cors, 1);
    ngx_conf_merge_value(conf->strict_uri, prev->strict_uri, 0);

    if (prev->headers) {
        conf->headers = ngx_oauth_conf_merge_headers(cf, prev->headers,
                                                     conf->headers);
        if (conf->headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (ngx_oauth_conf_remember(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/* While a location is merged, cf->ctx is its own context. */

static ngx_int_t
ngx_oauth_conf_remember(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf)
{
    void                  **limited;
    ngx_http_conf_ctx_t    *server;
    ngx_oauth_location_t   *location;
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_conf_get_module_main_conf(cf, ngx_oauth_module);

    location = ngx_array_push(&mcf->locations);
    if (location == NULL) {
        return NGX_ERROR;
    }

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
 * The server's own "location /", which serves all that no other location does:
 * no regex, no "=", none inside another location.
 */

static ngx_uint_t
ngx_oauth_conf_is_catch_all(ngx_oauth_location_t *location)
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


char *
ngx_oauth_conf_oauth(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t   *value, *name;
    ngx_uint_t   i, k;

    if (lcf->names != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    ngx_oauth_conf_here(cf, &lcf->place);

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return ngx_oauth_conf_off(cf, &lcf->names);
    }

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_oauth_conf_no_variables(cf, &value[i]) != NGX_OK) {
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

        name = ngx_oauth_conf_push(cf, &lcf->names, sizeof(ngx_str_t));
        if (name == NULL) {
            return NGX_CONF_ERROR;
        }

        *name = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_resource(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t    *value;
    const char   *error;
    oauth_url_t   url;

    if (lcf->resource_url.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_oauth_conf_no_variables(cf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    error = oauth_url_parse(ngx_oauth_str(&value[1]), &url);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "resource \"%V\" %s: write the URL that clients "
                           "use, as in https://wiki.example.com/docs",
                           &value[1], error);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 3) {

        if (ngx_strcmp(value[2].data, "reflect") != 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" behind the URL of the resource: write "
                               "\"reflect\" or nothing", &value[2]);
            return NGX_CONF_ERROR;
        }

        if (url.query.data) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "resource \"%V\" has a query, nothing is below "
                               "it: remove the query or \"reflect\"",
                               &value[1]);
            return NGX_CONF_ERROR;
        }

        lcf->reflect = 1;
    }

    lcf->resource_url = value[1];
    ngx_oauth_conf_here(cf, &lcf->resource_place);

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_metadata(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t                *value;
    ngx_uint_t                i;
    const char               *error;
    oauth_str_t              *strings;
    oauth_metadata_member_t  *member, *members;

    value = cf->args->elts;

    if (cf->args->nelts == 2) {

        if (ngx_strcmp(value[1].data, "off") == 0) {
            return ngx_oauth_conf_off(cf, &lcf->members);
        }

        return "needs a name and a value";
    }

    if (lcf->members == NULL) {
        return "follows \"oauth_metadata off\": remove one of the two";
    }

    strings = ngx_oauth_conf_strings(cf, 1);
    if (strings == NULL) {
        return NGX_CONF_ERROR;
    }

    member = ngx_oauth_conf_push(cf, &lcf->members,
                                  sizeof(oauth_metadata_member_t));
    if (member == NULL) {
        return NGX_CONF_ERROR;
    }

    member->name = strings[0];
    member->nvalues = cf->args->nelts - 2;
    member->values = &strings[1];

    error = oauth_metadata_check(member);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "metadata member \"%V\" with the value \"%V\": %s",
                           &value[1], &value[2], error);
        return NGX_CONF_ERROR;
    }

    members = lcf->members->elts;

    for (i = 0; i < lcf->members->nelts - 1; i++) {
        if (oauth_str_equal(members[i].name, member->name)) {
            return "is duplicate";
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_off(ngx_conf_t *cf, ngx_array_t **array)
{
    if (cf->args->nelts > 2) {
        return "has \"off\" beside other values";
    }

    if (*array == NULL) {
        return "is duplicate";
    }

    if (*array != NGX_CONF_UNSET_PTR) {
        return "off follows other values: remove one of the two";
    }

    *array = NULL;

    return NGX_CONF_OK;
}


void *
ngx_oauth_conf_push(ngx_conf_t *cf, ngx_array_t **array, size_t size)
{
    if (*array == NULL || *array == NGX_CONF_UNSET_PTR) {

        *array = ngx_array_create(cf->pool, 4, size);
        if (*array == NULL) {
            return NULL;
        }
    }

    return ngx_array_push(*array);
}


oauth_str_t *
ngx_oauth_conf_strings(ngx_conf_t *cf, ngx_uint_t first)
{
    ngx_str_t    *value;
    ngx_uint_t    i;
    oauth_str_t  *strings;

    strings = ngx_palloc(cf->pool,
                         (cf->args->nelts - first) * sizeof(oauth_str_t));
    if (strings == NULL) {
        return NULL;
    }

    value = cf->args->elts;

    for (i = first; i < cf->args->nelts; i++) {

        if (ngx_oauth_conf_no_variables(cf, &value[i]) != NGX_OK) {
            return NULL;
        }

        strings[i - first] = ngx_oauth_str(&value[i]);
    }

    return strings;
}


ngx_int_t
ngx_oauth_conf_no_variables(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_str_t  *directive;

    if (!ngx_oauth_conf_has_variable(value)) {
        return NGX_OK;
    }

    directive = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" has a variable, and variables are not evaluated "
                       "in \"%V\": write the value itself",
                       value, directive);

    return NGX_ERROR;
}


ngx_uint_t
ngx_oauth_conf_has_variable(ngx_str_t *value)
{
    u_char  c;
    size_t  i;

    for (i = 1; i < value->len; i++) {

        c = ngx_tolower(value->data[i]);

        if (value->data[i - 1] == '$'
            && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                || c == '_' || c == '{'))
        {
            return 1;
        }
    }

    return 0;
}


void
ngx_oauth_conf_here(ngx_conf_t *cf, ngx_oauth_place_t *place)
{
    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;
}


void
ngx_oauth_conf_rule(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf)
{
    ngx_str_t  *value;

    if (lcf->rule.len) {
        return;
    }

    value = cf->args->elts;
    lcf->rule = value[0];

    ngx_oauth_conf_here(cf, &lcf->rule_place);
}


void ngx_cdecl
ngx_oauth_conf_error(ngx_conf_t *cf, ngx_oauth_place_t *place,
    const char *fmt, ...)
{
    u_char   buf[NGX_MAX_CONF_ERRSTR], *p;
    va_list  args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + sizeof(buf), fmt, args);
    va_end(args);

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%*s in %V:%ui",
                  p - buf, buf, &place->file, place->line);
}
