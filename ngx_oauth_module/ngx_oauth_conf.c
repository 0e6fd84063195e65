
/*
 * The levels of the configuration and the directives of server and location:
 * each is checked where it stands and leaves arrays in the configuration's
 * pool.  What needs the whole configuration (issuers by name, resources) is
 * done by ngx_oauth_conf_server.c.
 */


#include "ngx_oauth_conf.h"


typedef struct {
    ngx_str_t    name;
    const char  *why;
} ngx_oauth_reserved_t;


static void *ngx_oauth_array_push(ngx_conf_t *cf, ngx_array_t **array,
    size_t size);
static char *ngx_oauth_conf_off(ngx_conf_t *cf, ngx_array_t **array);
static ngx_int_t ngx_oauth_conf_methods(ngx_conf_t *cf, ngx_str_t *list,
    ngx_oauth_scope_t *scope);
static char *ngx_oauth_conf_header_name(ngx_conf_t *cf,
    ngx_oauth_header_t *header);
static ngx_array_t *ngx_oauth_merge_headers(ngx_conf_t *cf,
    ngx_array_t *parent, ngx_array_t *child);
static ngx_int_t ngx_oauth_conf_remember(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf);


/* Setting these would change who the client is, or how messages are framed. */

static const ngx_oauth_reserved_t  ngx_oauth_reserved[] = {
    { ngx_string("authorization"), "use oauth_pass_token on" },
    { ngx_string("dpop"), "use oauth_pass_token on" },
    { ngx_string("host"), "it names the server" },
    { ngx_string("connection"), "it belongs to the connection" },
    { ngx_string("keep-alive"), "it belongs to the connection" },
    { ngx_string("te"), "it belongs to the connection" },
    { ngx_string("trailer"), "it frames the message" },
    { ngx_string("transfer-encoding"), "it frames the message" },
    { ngx_string("content-length"), "it frames the message" },
    { ngx_string("upgrade"), "it belongs to the connection" },
    { ngx_string("expect"), "it belongs to the connection" },
    { ngx_null_string, NULL }
};


void *
ngx_oauth_create_main_conf(ngx_conf_t *cf)
{
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_main_conf_t));
    if (mcf == NULL) {
        return NULL;
    }

    mcf->zone_size = NGX_CONF_UNSET_SIZE;

    if (ngx_array_init(&mcf->issuers, cf->pool, 4,
                       sizeof(ngx_oauth_issuer_t *))
        != NGX_OK
        || ngx_array_init(&mcf->locations, cf->pool, 16,
                          sizeof(ngx_oauth_location_t))
           != NGX_OK)
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

    return lcf;
}


char *
ngx_oauth_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_oauth_loc_conf_t  *prev = parent;
    ngx_oauth_loc_conf_t  *conf = child;

    if (conf->names == NGX_CONF_UNSET_PTR) {
        conf->place = prev->place;
    }

    if (conf->resource_url.data == NULL) {
        conf->resource_url = prev->resource_url;
        conf->resource_place = prev->resource_place;
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

    if (prev->headers) {
        conf->headers = ngx_oauth_merge_headers(cf, prev->headers,
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


/* Headers add up across levels; the inner one wins for the same name. */

static ngx_array_t *
ngx_oauth_merge_headers(ngx_conf_t *cf, ngx_array_t *parent,
    ngx_array_t *child)
{
    ngx_uint_t           i, k;
    ngx_array_t         *merged;
    ngx_oauth_header_t  *outer, *inner, *header;

    if (child == NULL) {
        return parent;
    }

    merged = child;
    outer = parent->elts;

    for (i = 0; i < parent->nelts; i++) {

        inner = child->elts;

        for (k = 0; k < child->nelts; k++) {
            if (ngx_oauth_str_equal(&inner[k].normal, &outer[i].normal)) {
                break;
            }
        }

        if (k < child->nelts) {
            continue;
        }

        header = ngx_oauth_array_push(cf, &merged, sizeof(ngx_oauth_header_t));
        if (header == NULL) {
            return NULL;
        }

        *header = outer[i];
    }

    return merged;
}


/* While a location is merged, cf->ctx is its own context. */

static ngx_int_t
ngx_oauth_conf_remember(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf)
{
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

    if (!location->top
        && location->clcf->name.len == 1
        && location->clcf->name.data[0] == '/'
        && !location->clcf->exact_match
        && !location->clcf->noname)
    {
        location->server->catch_all = 1;
    }

    return NGX_OK;
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

        for (k = 1; k < i; k++) {
            if (ngx_strcmp(value[k].data, value[i].data) == 0) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                                   "issuer \"%V\" is named twice: remove one",
                                   &value[i]);
                return NGX_CONF_ERROR;
            }
        }

        name = ngx_oauth_array_push(cf, &lcf->names, sizeof(ngx_str_t));
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

    error = oauth_url_parse(ngx_oauth_str(&value[1]), &url);

    if (error) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "resource \"%V\" %s: write the URL that clients "
                           "use, as in https://wiki.example.com/docs",
                           &value[1], error);
        return NGX_CONF_ERROR;
    }

    lcf->resource_url = value[1];
    ngx_oauth_conf_here(cf, &lcf->resource_place);

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_audience(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t    *value;
    ngx_uint_t    i;
    oauth_str_t  *audience;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {

        if (lcf->any_audience == NGX_CONF_UNSET) {
            lcf->any_audience = 1;

            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "oauth_audience off: tokens that were issued "
                               "for other services are accepted here");
        }

        return ngx_oauth_conf_off(cf, &lcf->audience);
    }

    if (lcf->any_audience == 1) {
        return "follows \"oauth_audience off\": remove one of the two";
    }

    lcf->any_audience = 0;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty value: remove it";
        }

        audience = ngx_oauth_array_push(cf, &lcf->audience,
                                        sizeof(oauth_str_t));
        if (audience == NULL) {
            return NGX_CONF_ERROR;
        }

        *audience = ngx_oauth_str(&value[i]);
    }

    return NGX_CONF_OK;
}


/* Checks a term without variables: scope-tokens (RFC 6749), or "none". */

static ngx_int_t
ngx_oauth_conf_term(ngx_conf_t *cf, ngx_str_t *value)
{
    oauth_str_t  term, scope;

    term = ngx_oauth_str(value);

    while (oauth_scope_alternative(&term, &scope)) {

        if (!oauth_scope_valid(scope)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scope \"%V\" is empty or no RFC 6749 "
                               "scope-token: use visible ASCII without "
                               "quotes, backslashes and spaces", value);
            return NGX_ERROR;
        }
    }

    if (value->len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scope \"\" is empty: name a scope, or write none");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_conf_methods(ngx_conf_t *cf, ngx_str_t *list,
    ngx_oauth_scope_t *scope)
{
    u_char     *p, *last, *end;
    ngx_str_t  *method;

    if (scope->methods) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is a second method list: join the two",
                           list);
        return NGX_ERROR;
    }

    p = list->data + sizeof("method=") - 1;
    last = list->data + list->len;

    for ( ;; ) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        method = ngx_oauth_array_push(cf, &scope->methods, sizeof(ngx_str_t));
        if (method == NULL) {
            return NGX_ERROR;
        }

        method->data = p;
        method->len = end - p;

        while (p < end
               && ((*p >= 'A' && *p <= 'Z') || *p == '_' || *p == '-'))
        {
            p++;
        }

        if (p != end || method->len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is no list of methods: write them in "
                               "upper case, as in method=POST,PUT", list);
            return NGX_ERROR;
        }

        if (end == last) {
            return NGX_OK;
        }

        p = end + 1;
    }
}


char *
ngx_oauth_conf_scope(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_oauth_scope_t                 *scope;
    ngx_http_complex_value_t          *term;
    ngx_http_compile_complex_value_t   ccv;

    scope = ngx_oauth_array_push(cf, &lcf->scopes, sizeof(ngx_oauth_scope_t));
    if (scope == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(scope, sizeof(ngx_oauth_scope_t));

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "method=", 7) == 0) {

            if (ngx_oauth_conf_methods(cf, &value[i], scope) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        term = ngx_oauth_array_push(cf, &scope->terms,
                                    sizeof(ngx_http_complex_value_t));
        if (term == NULL) {
            return NGX_CONF_ERROR;
        }

        ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

        ccv.cf = cf;
        ccv.value = &value[i];
        ccv.complex_value = term;

        if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (term->lengths == NULL
            && ngx_oauth_conf_term(cf, &value[i]) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    if (scope->terms == NULL) {
        return "has methods but no scope: name one";
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_implies(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t           *value;
    ngx_uint_t           i;
    oauth_str_t         *scopes;
    oauth_scope_rule_t  *rule;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (!oauth_scope_valid(ngx_oauth_str(&value[i]))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scope \"%V\" is empty or no RFC 6749 "
                               "scope-token", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    scopes = ngx_oauth_conf_strings(cf, 1);
    if (scopes == NULL) {
        return NGX_CONF_ERROR;
    }

    rule = ngx_oauth_array_push(cf, &lcf->rules, sizeof(oauth_scope_rule_t));
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    rule->scope = scopes[0];
    rule->implied = &scopes[1];
    rule->nimplied = cf->args->nelts - 2;

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_advertise(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t   *value, *scope;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (!oauth_scope_valid(ngx_oauth_str(&value[i]))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scope \"%V\" is empty or no RFC 6749 "
                               "scope-token", &value[i]);
            return NGX_CONF_ERROR;
        }

        scope = ngx_oauth_array_push(cf, &lcf->advertise, sizeof(ngx_str_t));
        if (scope == NULL) {
            return NGX_CONF_ERROR;
        }

        *scope = value[i];
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_require(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t            *value;
    ngx_oauth_require_t  *require;

    value = cf->args->elts;

    if (value[1].len == 0) {
        return "has an empty claim name";
    }

    require = ngx_oauth_array_push(cf, &lcf->requires,
                                   sizeof(ngx_oauth_require_t));
    if (require == NULL) {
        return NGX_CONF_ERROR;
    }

    require->claim = ngx_oauth_str(&value[1]);
    require->nvalues = cf->args->nelts - 2;
    require->values = ngx_oauth_conf_strings(cf, 2);

    if (require->values == NULL) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    char                              *error;
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_oauth_header_t                *header, *headers;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    header = ngx_oauth_array_push(cf, &lcf->headers,
                                  sizeof(ngx_oauth_header_t));
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(header, sizeof(ngx_oauth_header_t));
    header->name = value[1];

    error = ngx_oauth_conf_header_name(cf, header);
    if (error != NGX_CONF_OK) {
        return error;
    }

    headers = lcf->headers->elts;

    for (i = 0; i < lcf->headers->nelts - 1; i++) {
        if (ngx_oauth_str_equal(&headers[i].normal, &header->normal)) {
            return "is duplicate";
        }
    }

    if (value[2].len == 0) {
        return "has an empty claim name";
    }

    if (ngx_strlchr(value[2].data, value[2].data + value[2].len, '$')
        == NULL)
    {
        header->claim = ngx_oauth_str(&value[2]);
        return NGX_CONF_OK;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &header->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_oauth_conf_header_name(ngx_conf_t *cf, ngx_oauth_header_t *header)
{
    u_char                       c;
    size_t                       i;
    const ngx_oauth_reserved_t  *reserved;

    header->lowcase.len = header->name.len;
    header->lowcase.data = ngx_pnalloc(cf->pool, header->name.len);
    header->normal.len = header->name.len;
    header->normal.data = ngx_pnalloc(cf->pool, header->name.len);

    if (header->lowcase.data == NULL || header->normal.data == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < header->name.len; i++) {

        c = ngx_tolower(header->name.data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '-' || c == '_'))
        {
            break;
        }

        header->lowcase.data[i] = c;
        header->normal.data[i] = (c == '_') ? '-' : c;
    }

    if (i < header->name.len || header->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "header name \"%V\" is not valid: use letters, "
                           "digits, \"-\" and \"_\"", &header->name);
        return NGX_CONF_ERROR;
    }

    for (reserved = ngx_oauth_reserved; reserved->name.len; reserved++) {

        if (ngx_oauth_str_equal(&header->normal, &reserved->name)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "header \"%V\" cannot be set: %s",
                               &header->name, reserved->why);
            return NGX_CONF_ERROR;
        }
    }

    header->hash = ngx_hash_key(header->lowcase.data, header->lowcase.len);

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_metadata(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t                *value;
    ngx_uint_t                i;
    const char               *error;
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

    member = ngx_oauth_array_push(cf, &lcf->members,
                                  sizeof(oauth_metadata_member_t));
    if (member == NULL) {
        return NGX_CONF_ERROR;
    }

    member->name = ngx_oauth_str(&value[1]);
    member->nvalues = cf->args->nelts - 2;
    member->values = ngx_oauth_conf_strings(cf, 2);

    if (member->values == NULL) {
        return NGX_CONF_ERROR;
    }

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


/* "off": an empty list, which differs from an unset one; alone on its level. */

static char *
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


static void *
ngx_oauth_array_push(ngx_conf_t *cf, ngx_array_t **array, size_t size)
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
        strings[i - first] = ngx_oauth_str(&value[i]);
    }

    return strings;
}


void
ngx_oauth_conf_here(ngx_conf_t *cf, ngx_oauth_place_t *place)
{
    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;
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
