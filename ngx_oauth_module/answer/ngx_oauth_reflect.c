
/*
 * oauth_resource with "reflect" (RFC 9728 section 3.3): a URL below the
 * resource is a resource of its own, with a document that names exactly that
 * URL.  Scheme and authority are the configured ones, the path is the client's
 * as it was typed, where it is a clean one: without escapes that need not be,
 * dot segments and empty segments, in characters of RFC 3986 alone.  So a URL
 * can stand in a header and in JSON as it is.  A query belongs to no resource.
 */


#include "ngx_oauth_reflect.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_route.h"


/* What is sent back several times in one answer has a measure. */

#define NGX_OAUTH_REFLECT_MOST  2048


static ngx_int_t ngx_oauth_reflect_url(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, ngx_oauth_text_t *text);
static ngx_str_t ngx_oauth_reflect_target(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_reflect_lookup(ngx_http_request_t *r,
    ngx_str_t *target, const ngx_oauth_loc_conf_t **conf, ngx_str_t *url);
static ngx_uint_t ngx_oauth_reflect_is_clear(ngx_str_t *target);
static ngx_uint_t ngx_oauth_reflect_is_other(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, ngx_str_t *path, ngx_str_t *url);


static ngx_str_t  ngx_oauth_reflect_prefix = ngx_string(OAUTH_METADATA_PATH);


ngx_int_t
ngx_oauth_reflect_document(ngx_http_request_t *r, ngx_str_t *document)
{
    ngx_int_t                    rc;
    ngx_str_t                    target, url;
    const ngx_oauth_loc_conf_t  *conf;

    static ngx_str_t  start = ngx_string(OAUTH_METADATA_START);

    target = ngx_oauth_reflect_target(r);

    if (target.len < ngx_oauth_reflect_prefix.len
        || ngx_strncmp(target.data, ngx_oauth_reflect_prefix.data,
                       ngx_oauth_reflect_prefix.len)
           != 0)
    {
        return NGX_DECLINED;
    }

    target.data += ngx_oauth_reflect_prefix.len;
    target.len -= ngx_oauth_reflect_prefix.len;

    rc = ngx_oauth_reflect_lookup(r, &target, &conf, &url);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_oauth_str_join(r->pool, document, &start, &url,
                              &conf->document);
}


ngx_int_t
ngx_oauth_reflect_resource(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, ngx_oauth_text_t *text)
{
    ngx_int_t                    rc;
    const ngx_oauth_resource_t  *resource;

    resource = conf->resource;

    if (resource == NULL) {
        return NGX_DECLINED;
    }

    text->documentation = resource->documentation;

    rc = resource->reflect ? ngx_oauth_reflect_url(r, conf, text)
                           : NGX_DECLINED;

    if (rc == NGX_DECLINED) {
        text->resource = resource->url;
        text->metadata = resource->metadata;
    }

    return rc;
}


/*
 * The challenge names a document only if that is what a client then finds: the
 * request may have come here through a rewrite, from a path that leads
 * elsewhere.
 */

static ngx_int_t
ngx_oauth_reflect_url(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, ngx_oauth_text_t *text)
{
    ngx_int_t                    rc;
    ngx_str_t                    target, origin;
    const ngx_oauth_loc_conf_t  *found;

    target = ngx_oauth_reflect_target(r);
    rc = ngx_oauth_reflect_lookup(r, &target, &found, &text->resource);

    if (rc != NGX_OK) {
        return rc;
    }

    if (found->resource != conf->resource) {
        return NGX_DECLINED;
    }

    origin.data = text->resource.data;
    origin.len = text->resource.len - target.len;

    return ngx_oauth_str_join(r->pool, &text->metadata, &origin,
                              &ngx_oauth_reflect_prefix, &target);
}


/* The client's, whatever nginx has made of it since. */

static ngx_str_t
ngx_oauth_reflect_target(ngx_http_request_t *r)
{
    u_char     *query;
    ngx_str_t   target;

    target = r->unparsed_uri;
    query = ngx_strlchr(target.data, target.data + target.len, '?');

    if (query) {
        target.len = query - target.data;
    }

    return target;
}


/*
 * NGX_OK: the URL of the path, and the location that serves it; NGX_DECLINED:
 * it is none below a resource that reflects; NGX_ERROR: no memory.
 */

static ngx_int_t
ngx_oauth_reflect_lookup(ngx_http_request_t *r, ngx_str_t *target,
    const ngx_oauth_loc_conf_t **conf, ngx_str_t *url)
{
    u_char                      *src, *dst;
    ngx_str_t                    path, origin;
    const ngx_oauth_resource_t  *resource;

    if (!ngx_oauth_reflect_is_clear(target)) {
        return NGX_DECLINED;
    }

    path.data = ngx_pnalloc(r->pool, target->len);
    if (path.data == NULL) {
        return NGX_ERROR;
    }

    src = target->data;
    dst = path.data;

    ngx_unescape_uri(&dst, &src, target->len, 0);
    path.len = dst - path.data;

    *conf = ngx_oauth_route_lookup(r, &path);

    /* What is open may still be protected for some methods (limit_except). */

    if (*conf && (*conf)->resource == NULL && (*conf)->limited) {
        *conf = (*conf)->limited;
    }

    if (*conf == NULL || (*conf)->resource == NULL
        || !(*conf)->resource->reflect)
    {
        return NGX_DECLINED;
    }

    resource = (*conf)->resource;

    origin.data = resource->url.data;
    origin.len = resource->origin;

    if (ngx_oauth_str_join(r->pool, url, &origin, target, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_oauth_reflect_is_other(ngx_http_get_module_srv_conf(r,
                                                           ngx_oauth_module),
                                      resource, &path, url)
           ? NGX_DECLINED : NGX_OK;
}


/*
 * Some clients cut a challenge at commas, others take the first "scope=" in it,
 * quotes or not: a link could put its own words there.
 */

static ngx_uint_t
ngx_oauth_reflect_is_clear(ngx_str_t *target)
{
    u_char  *last;

    last = target->data + target->len;

    return target->len > 0
           && target->len <= NGX_OAUTH_REFLECT_MOST
           && target->data[0] == '/'
           && ngx_strlchr(target->data, last, '=') == NULL
           && ngx_strlchr(target->data, last, ',') == NULL;
}


/*
 * The resource itself, what is not below it or belongs to a more specific one,
 * what has a document already, and documents, which nobody protects.
 */

static ngx_uint_t
ngx_oauth_reflect_is_other(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, ngx_str_t *path, ngx_str_t *url)
{
    size_t                        prefix;
    ngx_uint_t                    i;
    const ngx_oauth_resource_t  **resources;

    if (oauth_url_equal(ngx_oauth_str(url), ngx_oauth_str(&resource->url))
        || !ngx_oauth_resource_has(scf, resource, ngx_oauth_str(url)))
    {
        return 1;
    }

    prefix = ngx_oauth_reflect_prefix.len;

    if (path->len >= prefix
        && ngx_memcmp(path->data, ngx_oauth_reflect_prefix.data, prefix) == 0
        && (path->len == prefix || path->data[prefix] == '/'))
    {
        return 1;
    }

    resources = scf->resources.elts;

    for (i = 0; i < scf->resources.nelts; i++) {
        if (resources[i]->path.len == prefix + path->len
            && ngx_memcmp(resources[i]->path.data + prefix, path->data,
                          path->len)
               == 0)
        {
            return 1;
        }
    }

    return 0;
}
