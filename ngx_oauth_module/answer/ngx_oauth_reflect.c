
/*
 * oauth_resource with "reflect" (RFC 9728 section 3.3): each URL below the
 * resource counts as a resource of its own, whose document names exactly that
 * URL.  Scheme and authority are those of the configuration.  The path is the
 * one that the client sent, without its query, and is accepted only if it is
 * plain: characters of RFC 3986, no escapes that are not needed, no dot
 * segments and no empty segments.  So the URL can be written into a header and
 * into JSON as it is.  Everything is allocated in the request's pool.
 */


#include "ngx_oauth_reflect.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_route.h"


/*
 * Bytes of a path.  A response to a refused request repeats the URL several
 * times, so its length is bounded.
 */

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
 * A rewrite may have led the request here from a path that belongs to a
 * location with another resource.  Then a client that asks for the document of
 * this URL would get that of the other resource, so the challenge must not name
 * it.  Returns NGX_DECLINED in that case.
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


/* The path as the client sent it, before nginx decoded or rewrote it. */

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
 * Finds the location that serves this path, and builds the URL.  Returns
 * NGX_OK; NGX_DECLINED when the URL is not below a resource that reflects;
 * NGX_ERROR when memory is short.
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

    /* An open location may be protected for some methods (limit_except). */

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
 * Some clients split a challenge at its commas, and others search it for
 * "scope=", even inside quotes.  Whoever makes a link that a user follows could
 * then put parameters into the challenge.  So a path with "," or "=" is not
 * reflected.
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
 * Returns 1 if the URL is not one that this resource reflects: it is the
 * resource itself, it is not below the resource, it belongs to a more specific
 * resource, it is the URL of a metadata document, or its document is rendered
 * with the configuration.
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
