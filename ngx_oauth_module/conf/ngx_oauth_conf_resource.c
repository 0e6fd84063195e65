
/*
 * The resources of a server (RFC 9728 section 1.2): a table by the path of
 * their documents, in which collisions are refused, and the documents as they
 * are sent.  Everything is in the configuration's pool.
 */


#include "ngx_oauth_conf.h"


static ngx_int_t ngx_oauth_server_listen(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_uint_t *port, ngx_uint_t *ssl);
static ngx_oauth_resource_t *ngx_oauth_resource_new(ngx_conf_t *cf,
    ngx_str_t *url);
static void ngx_oauth_resource_cleanup(void *data);
static ngx_int_t ngx_oauth_resource_path(ngx_conf_t *cf, ngx_str_t *metadata,
    size_t origin, ngx_str_t *path);
static ngx_int_t ngx_oauth_resource_reachable(ngx_conf_t *cf,
    ngx_oauth_location_t *location, ngx_oauth_resource_t *resource);
static ngx_int_t ngx_oauth_resource_add(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource, ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_resource_issuers(ngx_array_t *known,
    ngx_oauth_loc_conf_t *lcf);
static ngx_int_t ngx_oauth_resource_members(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource, ngx_oauth_loc_conf_t *lcf);
static void ngx_oauth_resource_scopes(oauth_buf_t *scopes,
    ngx_oauth_loc_conf_t *lcf);
static void ngx_oauth_resource_term(oauth_buf_t *scopes,
    ngx_oauth_term_t *term);
static ngx_int_t ngx_oauth_resource_link(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource);
static ngx_int_t ngx_oauth_resource_metadata(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource, ngx_array_t *issuers,
    oauth_metadata_t *metadata);


ngx_int_t
ngx_oauth_resource_default(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_str_t *url)
{
    u_char                  *p;
    ngx_uint_t               port, ssl;
    ngx_http_server_name_t  *names;

    /* cscf->server_name has lost the dot of ".example.com". */

    names = cscf->server_names.elts;

    if (!ngx_oauth_server_name_literal(&names[0].name)
        || ngx_oauth_server_listen(cf, cscf, &port, &ssl) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(cf->pool, sizeof("https://:65535") + cscf->server_name.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;

    p = ngx_cpymem(p, "http", 4);

    if (ssl) {
        *p++ = 's';
    }

    p = ngx_cpymem(p, "://", 3);

    ngx_strlow(p, cscf->server_name.data, cscf->server_name.len);
    p += cscf->server_name.len;

    if (port != (ssl ? 443 : 80)) {
        p = ngx_sprintf(p, ":%ui", port);
    }

    url->len = p - url->data;

    return NGX_OK;
}


/* No regex, no wildcard, no catch-all "_", not empty. */

ngx_uint_t
ngx_oauth_server_name_literal(ngx_str_t *name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name->len; i++) {

        c = ngx_tolower(name->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
              || (c == '.' && i > 0)))
        {
            return 0;
        }
    }

    return name->len > 0;
}


/* NGX_OK when all of a server's sockets have one port and one scheme. */

static ngx_int_t
ngx_oauth_server_listen(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_uint_t *port, ngx_uint_t *ssl)
{
    ngx_uint_t                   p, a, s, found;
    ngx_http_conf_port_t        *ports;
    ngx_http_conf_addr_t        *addrs;
    ngx_http_core_srv_conf_t   **servers;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return NGX_DECLINED;
    }

    found = 0;
    *port = 0;
    *ssl = 0;
    ports = cmcf->ports->elts;

    for (p = 0; p < cmcf->ports->nelts; p++) {

        addrs = ports[p].addrs.elts;

        for (a = 0; a < ports[p].addrs.nelts; a++) {

            servers = addrs[a].servers.elts;

            for (s = 0; s < addrs[a].servers.nelts; s++) {

                if (servers[s] != cscf) {
                    continue;
                }

                if (ports[p].family == AF_UNIX
                    || (found
                        && (*port != ports[p].port
                            || *ssl != addrs[a].opt.ssl)))
                {
                    return NGX_DECLINED;
                }

                found = 1;
                *port = ports[p].port;
                *ssl = addrs[a].opt.ssl;
            }
        }
    }

    return found ? NGX_OK : NGX_DECLINED;
}


ngx_oauth_resource_t *
ngx_oauth_resource_create(ngx_conf_t *cf, ngx_oauth_location_t *location,
    ngx_str_t *url)
{
    ngx_uint_t              i;
    ngx_oauth_resource_t   *resource, **resources, **slot;

    resource = ngx_oauth_resource_new(cf, url);

    if (resource == NULL
        || ngx_oauth_resource_reachable(cf, location, resource) != NGX_OK)
    {
        return NULL;
    }

    /* A level that serves no request has no document, and adds to none. */

    if (location->top && location->server->catch_all) {
        return resource;
    }

    resources = location->server->resources.elts;

    for (i = 0; i < location->server->resources.nelts; i++) {
        if (ngx_oauth_str_equal(&resources[i]->path, &resource->path)) {
            break;
        }
    }

    resource->reflect = location->conf->reflect;

    if (i == location->server->resources.nelts) {

        slot = ngx_array_push(&location->server->resources);
        if (slot == NULL) {
            return NULL;
        }

        *slot = resource;
        location->server->reflect |= resource->reflect;

    } else if (!ngx_oauth_str_equal(&resources[i]->url, url)) {
        ngx_oauth_conf_error(cf, &location->conf->resource_place,
                             "resources \"%V\" and \"%V\" of one server share "
                             "the metadata path \"%V\": write the same URL in "
                             "both, or another path",
                             url, &resources[i]->url, &resource->path);
        return NULL;

    } else if (resources[i]->reflect != resource->reflect) {
        ngx_oauth_conf_error(cf, &location->conf->resource_place,
                             "resource \"%V\" has \"reflect\" in one "
                             "location and not in another: write the same in "
                             "both", url);
        return NULL;

    } else {
        resource = resources[i];
    }

    if (ngx_oauth_resource_add(cf, resource, location->conf) != NGX_OK) {
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
        || ngx_array_init(&resource->answers, cf->pool, 2,
                          sizeof(ngx_oauth_answer_t *))
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


/* A configuration that is refused ends before its documents are written. */

static void
ngx_oauth_resource_cleanup(void *data)
{
    ngx_oauth_resource_t  *resource = data;

    oauth_buf_free(&resource->scopes);
}


/* The path as nginx sees it in a request: decoded, without the query. */

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
 * Documents are looked up by the path that nginx makes of a request's: decoded,
 * without dot segments, slashes merged.  nginx itself is asked what it makes of
 * the document's URL; its parser looks at one byte after the path.
 */

static ngx_int_t
ngx_oauth_resource_reachable(ngx_conf_t *cf, ngx_oauth_location_t *location,
    ngx_oauth_resource_t *resource)
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

    ngx_oauth_conf_error(cf, &location->conf->resource_place,
                         "resource \"%V\" has a metadata document that no "
                         "request finds, since nginx reads the path of \"%V\" "
                         "in another way: write the URL without \"//\", "
                         "\"/./\", \"/../\" and \"%%00\"",
                         &resource->url, &resource->metadata);

    return NGX_ERROR;
}


/* What a location contributes to the document of its resource. */

static ngx_int_t
ngx_oauth_resource_add(ngx_conf_t *cf, ngx_oauth_resource_t *resource,
    ngx_oauth_loc_conf_t *lcf)
{
    if (ngx_oauth_resource_issuers(&resource->issuers, lcf) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_oauth_resource_scopes(&resource->scopes, lcf);

    return ngx_oauth_resource_members(cf, resource, lcf);
}


/* Adds those of the location that are not known yet. */

static ngx_int_t
ngx_oauth_resource_issuers(ngx_array_t *known, ngx_oauth_loc_conf_t *lcf)
{
    ngx_uint_t             i, k;
    ngx_oauth_issuer_t   **issuers, **slot;

    issuers = lcf->issuers->elts;

    for (i = 0; i < lcf->issuers->nelts; i++) {

        slot = known->elts;

        for (k = 0; k < known->nelts; k++) {
            if (slot[k] == issuers[i]) {
                break;
            }
        }

        if (k < known->nelts) {
            continue;
        }

        slot = ngx_array_push(known);
        if (slot == NULL) {
            return NGX_ERROR;
        }

        *slot = issuers[i];
    }

    return NGX_OK;
}


static void
ngx_oauth_resource_scopes(oauth_buf_t *scopes, ngx_oauth_loc_conf_t *lcf)
{
    ngx_str_t          *advertise;
    ngx_uint_t          i, k;
    ngx_oauth_term_t   *terms;
    ngx_oauth_scope_t  *required;

    if (lcf->advertise) {

        advertise = lcf->advertise->elts;

        for (i = 0; i < lcf->advertise->nelts; i++) {
            oauth_scope_append(scopes, ngx_oauth_str(&advertise[i]));
        }
    }

    if (lcf->scopes == NULL) {
        return;
    }

    required = lcf->scopes->elts;

    for (i = 0; i < lcf->scopes->nelts; i++) {

        terms = required[i].terms->elts;

        for (k = 0; k < required[i].terms->nelts; k++) {
            ngx_oauth_resource_term(scopes, &terms[k]);
        }
    }
}


/* What has variables is not known yet. */

static void
ngx_oauth_resource_term(oauth_buf_t *scopes, ngx_oauth_term_t *term)
{
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *alternatives;

    alternatives = term->alternatives->elts;

    for (i = 0; i < term->alternatives->nelts; i++) {
        if (alternatives[i].lengths == NULL
            && !ngx_oauth_scope_is_none(term, &alternatives[i].value))
        {
            oauth_scope_append(scopes, ngx_oauth_str(&alternatives[i].value));
        }
    }
}


static ngx_int_t
ngx_oauth_resource_members(ngx_conf_t *cf, ngx_oauth_resource_t *resource,
    ngx_oauth_loc_conf_t *lcf)
{
    if (lcf->members == NULL || lcf->members == resource->members) {
        return NGX_OK;
    }

    if (resource->members
        && !oauth_metadata_equal(resource->members->elts,
                                 resource->members->nelts,
                                 lcf->members->elts, lcf->members->nelts))
    {
        ngx_oauth_conf_error(cf, &lcf->resource_place,
                             "resource \"%V\" has different \"oauth_metadata\" "
                             "in two locations: write it once, in the server",
                             &resource->url);
        return NGX_ERROR;
    }

    resource->members = lcf->members;

    return NGX_OK;
}


ngx_int_t
ngx_oauth_resource_write(ngx_conf_t *cf, ngx_oauth_resource_t *resource)
{
    oauth_buf_t       buf;
    oauth_metadata_t  metadata;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    if (ngx_oauth_resource_metadata(cf, resource, &resource->issuers,
                                    &metadata)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    metadata.resource = ngx_oauth_str(&resource->url);
    metadata.scopes = oauth_buf_str(&resource->scopes);
    buf.failed = resource->scopes.failed;

    oauth_metadata_write(&buf, &metadata);
    oauth_buf_free(&resource->scopes);

    if (ngx_oauth_buf_move(cf->pool, &buf, &resource->document) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_oauth_resource_link(cf, resource);
}


/* To the documentation (RFC 8631), if there is any. */

static ngx_int_t
ngx_oauth_resource_link(ngx_conf_t *cf, ngx_oauth_resource_t *resource)
{
    ngx_uint_t                i;
    oauth_buf_t               buf;
    oauth_metadata_member_t  *members;

    if (resource->members == NULL) {
        return NGX_OK;
    }

    members = resource->members->elts;

    for (i = 0; i < resource->members->nelts; i++) {

        if (!oauth_str_equal(members[i].name,
                             oauth_str("resource_documentation")))
        {
            continue;
        }

        ngx_memzero(&buf, sizeof(oauth_buf_t));

        oauth_buf_append_str(&buf, members[i].values[0]);

        if (ngx_oauth_buf_move(cf->pool, &buf, &resource->documentation)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        oauth_buf_append_literal(&buf, "<");
        oauth_buf_append_str(&buf, members[i].values[0]);
        oauth_buf_append_literal(&buf, ">; rel=\"service-doc\"");

        return ngx_oauth_buf_move(cf->pool, &buf, &resource->link);
    }

    return NGX_OK;
}


/* Issuers and scopes are those of the location, for all of its methods. */

ngx_int_t
ngx_oauth_resource_reflect(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf)
{
    oauth_buf_t            buf, scopes;
    ngx_array_t            issuers;
    oauth_metadata_t       metadata;
    ngx_oauth_loc_conf_t  *limited;

    if (lcf->resource == NULL || !lcf->resource->reflect) {
        return NGX_OK;
    }

    limited = lcf->limited;

    if (limited && limited->resource != lcf->resource) {
        limited = NULL;
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));
    ngx_memzero(&scopes, sizeof(oauth_buf_t));

    if (ngx_array_init(&issuers, cf->pool, 2, sizeof(ngx_oauth_issuer_t *))
        != NGX_OK
        || ngx_oauth_resource_issuers(&issuers, lcf) != NGX_OK
        || (limited
            && ngx_oauth_resource_issuers(&issuers, limited) != NGX_OK)
        || ngx_oauth_resource_metadata(cf, lcf->resource, &issuers, &metadata)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_oauth_resource_scopes(&scopes, lcf);

    if (limited) {
        ngx_oauth_resource_scopes(&scopes, limited);
    }

    metadata.scopes = oauth_buf_str(&scopes);
    buf.failed = scopes.failed;

    oauth_metadata_write_rest(&buf, &metadata);
    oauth_buf_free(&scopes);

    return ngx_oauth_buf_move(cf->pool, &buf, &lcf->document);
}


/* All but the URL and the scopes. */

static ngx_int_t
ngx_oauth_resource_metadata(ngx_conf_t *cf, ngx_oauth_resource_t *resource,
    ngx_array_t *issuers, oauth_metadata_t *metadata)
{
    ngx_uint_t            i;
    oauth_str_t          *names;
    ngx_oauth_issuer_t  **issuer;

    names = ngx_palloc(cf->pool, issuers->nelts * sizeof(oauth_str_t));
    if (names == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(metadata, sizeof(oauth_metadata_t));

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        names[i] = ngx_oauth_str(&issuer[i]->issuer);
    }

    metadata->issuers = names;
    metadata->nissuers = issuers->nelts;

    if (resource->members) {
        metadata->members = resource->members->elts;
        metadata->nmembers = resource->members->nelts;
    }

    return NGX_OK;
}
