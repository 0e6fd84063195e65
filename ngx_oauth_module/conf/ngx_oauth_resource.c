
/*
 * The resources of a server (RFC 9728 section 1.2): the directives
 * oauth_resource and oauth_metadata, and the server's list of resources.  Two
 * resources whose metadata documents have the same path are refused.
 * Everything is in the configuration's pool, except for the scopes that are
 * being collected for a document.
 */


#include "ngx_oauth_document.h"
#include "ngx_oauth_resource.h"


static ngx_oauth_resource_t *ngx_oauth_resource_new(ngx_conf_t *cf,
    ngx_str_t *url);
static ngx_oauth_resource_t *ngx_oauth_resource_store(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location, ngx_oauth_resource_t *resource);
static void ngx_oauth_resource_cleanup(void *data);
static ngx_int_t ngx_oauth_resource_path(ngx_conf_t *cf, ngx_str_t *metadata,
    size_t origin, ngx_str_t *path);
static ngx_int_t ngx_oauth_resource_reachable(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location, ngx_oauth_resource_t *resource);
static oauth_str_t ngx_oauth_resource_other(const void *data, size_t i);


char *
ngx_oauth_resource_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t    *value;
    const char   *error;
    oauth_url_t   url;

    if (lcf->resource_url.data) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_oauth_args_no_variables(cf, &value[1]) != NGX_OK) {
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
                               "\"%V\" cannot follow the URL of the resource: "
                               "write \"reflect\" there, or nothing",
                               &value[2]);
            return NGX_CONF_ERROR;
        }

        if (url.query.data) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "resource \"%V\" has a query, so no URL is "
                               "below it: remove the query or \"reflect\"",
                               &value[1]);
            return NGX_CONF_ERROR;
        }

        lcf->reflect = 1;
    }

    lcf->resource_url = value[1];
    ngx_oauth_place_here(cf, &lcf->resource_place);

    return NGX_CONF_OK;
}


char *
ngx_oauth_resource_parse_metadata(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t                *value;
    ngx_uint_t                i;
    const char               *error;
    oauth_str_t              *strings;
    oauth_metadata_member_t  *member, *members;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return ngx_oauth_args_off(cf, &lcf->members);
    }

    if (cf->args->nelts == 2) {
        return "needs a name and a value";
    }

    if (lcf->members == NULL) {
        return "follows \"oauth_metadata off\": remove one of the two";
    }

    strings = ngx_oauth_args_strings(cf, 1);
    if (strings == NULL) {
        return NGX_CONF_ERROR;
    }

    member = ngx_oauth_args_push(cf, &lcf->members,
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


ngx_oauth_resource_t *
ngx_oauth_resource_create(ngx_conf_t *cf, ngx_oauth_conf_location_t *location,
    ngx_str_t *url)
{
    ngx_oauth_resource_t  *resource;

    resource = ngx_oauth_resource_new(cf, url);

    if (resource == NULL
        || ngx_oauth_resource_reachable(cf, location, resource) != NGX_OK)
    {
        return NULL;
    }

    /*
     * In a server with a "location /", the server's own level serves no
     * request: it has no document, and must not add its scopes to another's.
     */

    if (location->top && location->server->catch_all) {
        return resource;
    }

    resource->reflect = location->conf->reflect;

    resource = ngx_oauth_resource_store(cf, location, resource);

    if (resource == NULL
        || ngx_oauth_document_add(cf, resource, location->conf) != NGX_OK)
    {
        return NULL;
    }

    return resource;
}


static ngx_oauth_resource_t *
ngx_oauth_resource_new(ngx_conf_t *cf, ngx_str_t *url)
{
    oauth_buf_t            buf;
    oauth_url_t            parsed;
    ngx_pool_cleanup_t    *cln;
    ngx_oauth_resource_t  *resource;

    resource = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_resource_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (resource == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_oauth_resource_cleanup;
    cln->data = resource;

    if (ngx_array_init(&resource->issuers, cf->pool, 2,
                       sizeof(ngx_oauth_issuer_t *))
        != NGX_OK
        || ngx_array_init(&resource->texts, cf->pool, 2,
                          sizeof(void *))
           != NGX_OK
        || oauth_url_parse(ngx_oauth_str(url), &parsed) != NULL)
    {
        return NULL;
    }

    resource->url = *url;
    resource->origin = parsed.origin.len;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    oauth_url_append_well_known(&buf, &parsed, oauth_str(OAUTH_METADATA_NAME),
                                0);

    if (ngx_oauth_buf_move(cf->pool, &buf, &resource->metadata) != NGX_OK) {
        return NULL;
    }

    if (ngx_oauth_resource_path(cf, &resource->metadata, parsed.origin.len,
                                &resource->path)
        != NGX_OK)
    {
        return NULL;
    }

    return resource;
}


/*
 * Adds the resource to the server's list, and returns it.  If the list already
 * has one whose document has the same path, the list does not change: returns
 * that one when the two agree, else NULL after an [emerg].  Returns NULL when
 * memory is short, too.
 */

static ngx_oauth_resource_t *
ngx_oauth_resource_store(ngx_conf_t *cf, ngx_oauth_conf_location_t *location,
    ngx_oauth_resource_t *resource)
{
    ngx_uint_t             i;
    ngx_oauth_resource_t  *known, **resources, **slot;

    resources = location->server->resources.elts;

    for (i = 0; i < location->server->resources.nelts; i++) {
        if (ngx_oauth_str_equal(&resources[i]->path, &resource->path)) {
            break;
        }
    }

    if (i == location->server->resources.nelts) {

        slot = ngx_array_push(&location->server->resources);
        if (slot == NULL) {
            return NULL;
        }

        *slot = resource;
        location->server->reflect |= resource->reflect;

        return resource;
    }

    known = resources[i];

    if (!ngx_oauth_str_equal(&known->url, &resource->url)) {
        ngx_oauth_place_error(cf, &location->conf->resource_place,
                             "resources \"%V\" and \"%V\" of one server share "
                             "the metadata path \"%V\": write the same URL in "
                             "both, or another path",
                             &resource->url, &known->url, &resource->path);
        return NULL;
    }

    if (known->reflect != resource->reflect) {
        ngx_oauth_place_error(cf, &location->conf->resource_place,
                             "resource \"%V\" has \"reflect\" in one "
                             "location and not in another: write the same in "
                             "both", &resource->url);
        return NULL;
    }

    return known;
}


/*
 * Writing a document frees its scopes.  When nginx refuses the configuration,
 * the document was not written, and they are freed here.
 */

static void
ngx_oauth_resource_cleanup(void *data)
{
    ngx_oauth_resource_t  *resource = data;

    oauth_buf_free(&resource->scopes);
}


/* Sets *path to what r->uri has in a request: percent-decoded, no query. */

static ngx_int_t
ngx_oauth_resource_path(ngx_conf_t *cf, ngx_str_t *metadata, size_t origin,
    ngx_str_t *path)
{
    u_char  *src, *dst, *query;
    size_t   len;

    src = metadata->data + origin;
    len = metadata->len - origin;

    query = ngx_strlchr(src, src + len, '?');
    if (query) {
        len = query - src;
    }

    dst = ngx_pnalloc(cf->pool, len);
    if (dst == NULL) {
        return NGX_ERROR;
    }

    path->data = dst;
    ngx_unescape_uri(&dst, &src, len, 0);
    path->len = dst - path->data;

    return NGX_OK;
}


/*
 * Checks that a request for the document's URL would find the document.  nginx
 * normalises the path of a request: it decodes it, resolves dot segments and
 * merges slashes.  So nginx's own parser normalises the document's URL here,
 * and the result must be the path by which the document is found.  The parser
 * reads one byte after the path.
 */

static ngx_int_t
ngx_oauth_resource_reachable(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location, ngx_oauth_resource_t *resource)
{
    u_char              *p, *last;
    size_t               len;
    ngx_http_request_t  *r;

    p = resource->metadata.data + resource->origin;
    last = resource->metadata.data + resource->metadata.len;
    last = ngx_strlchr(p, last, '?') ? ngx_strlchr(p, last, '?') : last;
    len = last - p;

    r = ngx_pcalloc(cf->temp_pool, sizeof(ngx_http_request_t));
    if (r == NULL) {
        return NGX_ERROR;
    }

    r->connection = ngx_pcalloc(cf->temp_pool, sizeof(ngx_connection_t));
    r->uri_start = ngx_pnalloc(cf->temp_pool, len + 1);
    r->uri.data = ngx_pnalloc(cf->temp_pool, len + 1);

    if (r->connection == NULL || r->uri_start == NULL || r->uri.data == NULL) {
        return NGX_ERROR;
    }

    r->connection->log = cf->log;
    r->uri_end = ngx_cpymem(r->uri_start, p, len);
    *r->uri_end = ' ';

    if (ngx_http_parse_complex_uri(r, location->cscf->merge_slashes) == NGX_OK
        && ngx_oauth_str_equal(&r->uri, &resource->path))
    {
        return NGX_OK;
    }

    ngx_oauth_place_error(cf, &location->conf->resource_place,
                         "resource \"%V\" has a metadata document that no "
                         "request can reach, because nginx changes the path of "
                         "\"%V\" before it looks for it: write the URL without "
                         "\"//\", \"/./\", \"/../\" and \"%%00\"",
                         &resource->url, &resource->metadata);

    return NGX_ERROR;
}


void
ngx_oauth_resource_demand(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_demand_t *demand)
{
    demand->resource = ngx_oauth_str(&resource->url);
    demand->others = ngx_oauth_resource_other;
    demand->data = scf;
}


ngx_uint_t
ngx_oauth_resource_has(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_str_t url)
{
    oauth_demand_t  demand;

    ngx_memzero(&demand, sizeof(oauth_demand_t));

    ngx_oauth_resource_demand(scf, resource, &demand);

    return oauth_demand_is_below(&demand, url);
}


/*
 * Returns the URL of the server's i-th resource, or nothing after the last one.
 * data is the server's ngx_oauth_srv_conf_t.
 */

static oauth_str_t
ngx_oauth_resource_other(const void *data, size_t i)
{
    const ngx_oauth_srv_conf_t *scf = data;

    ngx_oauth_resource_t  **resources;

    if (i >= scf->resources.nelts) {
        return (oauth_str_t) { 0, NULL };
    }

    resources = scf->resources.elts;

    return ngx_oauth_str(&resources[i]->url);
}
