
/*
 * Serves the protected resource metadata (RFC 9728 section 3), and the keys of
 * assertions (RFC 7517), in the server-rewrite phase.  That is before nginx
 * looks for a location, so no return, rewrite, allow, deny or authentication of
 * a location is in the way.
 *
 * Another app of the server may have metadata documents of its own.  If a path
 * is not that of one of our documents, nginx looks for a location as usual, and
 * a location that is not protected may respond.  In all other cases the client
 * gets 404.  A client that looks for a document must not be told to get a token
 * first, and must not be redirected to the document of another resource.
 */


#include "ngx_oauth_body.h"
#include "ngx_oauth_cors.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_metadata.h"
#include "ngx_oauth_reflect.h"
#include "ngx_oauth_resource.h"


static ngx_int_t ngx_oauth_metadata_find(ngx_http_request_t *r,
    const ngx_oauth_srv_conf_t *scf, ngx_str_t *document);
static ngx_int_t ngx_oauth_metadata_foreign(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_metadata_lookup(ngx_http_request_t *r,
    const ngx_oauth_srv_conf_t *scf, ngx_str_t *document);
static const ngx_oauth_resource_t *ngx_oauth_metadata_resource(
    const ngx_oauth_srv_conf_t *scf, u_char *path, size_t len);
static ngx_int_t ngx_oauth_metadata_send(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *document);
static ngx_int_t ngx_oauth_metadata_fields(ngx_http_request_t *r,
    ngx_uint_t status);


static ngx_str_t  ngx_oauth_metadata_path = ngx_string(OAUTH_METADATA_PATH);
static ngx_str_t  ngx_oauth_metadata_keys =
    ngx_string("/.well-known/oauth-assertion-keys");


ngx_int_t
ngx_oauth_metadata_handler(ngx_http_request_t *r)
{
    ngx_int_t                    rc;
    ngx_str_t                    document;
    const ngx_oauth_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_oauth_module);

    /* No document has a shorter path than this one. */

    if (r->uri.len < ngx_oauth_metadata_keys.len || r != r->main) {
        return NGX_DECLINED;
    }

    rc = ngx_oauth_metadata_find(r, scf, &document);

    if (rc != NGX_OK) {
        return (rc == NGX_ERROR) ? NGX_HTTP_INTERNAL_SERVER_ERROR : rc;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        return ngx_oauth_metadata_send(r, NGX_HTTP_NO_CONTENT, NULL);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_oauth_metadata_send(r, NGX_HTTP_NOT_ALLOWED, NULL);
    }

    return ngx_oauth_metadata_send(r, NGX_HTTP_OK, &document);
}


/*
 * Returns NGX_OK and the document of the path, NGX_DECLINED if this module has
 * none there, or NGX_ERROR when memory is short.
 */

static ngx_int_t
ngx_oauth_metadata_find(ngx_http_request_t *r, const ngx_oauth_srv_conf_t *scf,
    ngx_str_t *document)
{
    ngx_int_t  rc;

    if (scf->key_set.len
        && ngx_oauth_str_equal(&r->uri, &ngx_oauth_metadata_keys))
    {
        *document = scf->key_set;
        return NGX_OK;
    }

    if (scf->resources.nelts == 0
        || r->uri.len < ngx_oauth_metadata_path.len
        || ngx_strncmp(r->uri.data, ngx_oauth_metadata_path.data,
                       ngx_oauth_metadata_path.len)
           != 0
        || (r->uri.len > ngx_oauth_metadata_path.len
            && r->uri.data[ngx_oauth_metadata_path.len] != '/'))
    {
        return NGX_DECLINED;
    }

    rc = ngx_oauth_metadata_lookup(r, scf, document);

    return (rc == NGX_DECLINED) ? ngx_oauth_metadata_foreign(r) : rc;
}


/*
 * Notes that the path may be that of another app's document.  After an internal
 * redirect the client has not chosen the path, so nothing is noted.
 */

static ngx_int_t
ngx_oauth_metadata_foreign(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    if (r->internal) {
        return NGX_DECLINED;
    }

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ctx->foreign = 1;

    return NGX_DECLINED;
}


ngx_int_t
ngx_oauth_metadata_not_found(ngx_http_request_t *r)
{
    return ngx_oauth_metadata_send(r, NGX_HTTP_NOT_FOUND, NULL);
}


/*
 * Replaces the whole redirect by 404, no matter where it comes from: a
 * "return", the app, or nginx, which adds the slash at the end of a location's
 * name.
 */

ngx_int_t
ngx_oauth_metadata_redirect(ngx_oauth_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    switch (r->headers_out.status) {

    case NGX_HTTP_MOVED_PERMANENTLY:
    case NGX_HTTP_MOVED_TEMPORARILY:
    case NGX_HTTP_SEE_OTHER:
    case NGX_HTTP_TEMPORARY_REDIRECT:
    case NGX_HTTP_PERMANENT_REDIRECT:
        break;

    default:
        return NGX_DECLINED;
    }

    ngx_http_clean_header(r);

    ctx->metadata_status = NGX_HTTP_NOT_FOUND;
    ngx_memzero(ctx->refusal.body, sizeof(ctx->refusal.body));

    r->err_status = NGX_HTTP_NOT_FOUND;

    return ngx_oauth_metadata_header(ctx);
}


/*
 * Looks for the document at exactly this path; then for a URL below a resource
 * that reflects; then for the document at the path without the slash at its
 * end.  Returns NGX_OK, NGX_DECLINED when there is no document, or NGX_ERROR
 * when memory is short.
 */

static ngx_int_t
ngx_oauth_metadata_lookup(ngx_http_request_t *r,
    const ngx_oauth_srv_conf_t *scf, ngx_str_t *document)
{
    ngx_int_t                    rc;
    ngx_str_t                   *uri;
    const ngx_oauth_resource_t  *resource;

    uri = &r->uri;
    resource = ngx_oauth_metadata_resource(scf, uri->data, uri->len);

    if (resource == NULL && scf->reflect) {

        rc = ngx_oauth_reflect_document(r, document);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (resource == NULL && uri->data[uri->len - 1] == '/') {
        resource = ngx_oauth_metadata_resource(scf, uri->data, uri->len - 1);
    }

    if (resource == NULL) {
        return NGX_DECLINED;
    }

    *document = resource->document;

    return NGX_OK;
}


static const ngx_oauth_resource_t *
ngx_oauth_metadata_resource(const ngx_oauth_srv_conf_t *scf, u_char *path,
    size_t len)
{
    ngx_uint_t                    i;
    const ngx_oauth_resource_t  **resources;

    resources = scf->resources.elts;

    for (i = 0; i < scf->resources.nelts; i++) {
        if (resources[i]->path.len == len
            && ngx_strncmp(resources[i]->path.data, path, len) == 0)
        {
            return resources[i];
        }
    }

    return NULL;
}


static ngx_int_t
ngx_oauth_metadata_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *document)
{
    ngx_int_t         rc;
    ngx_oauth_ctx_t  *ctx;

    ctx = ngx_oauth_context_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->metadata_status = status;
    ngx_memzero(ctx->refusal.body, sizeof(ctx->refusal.body));

    if (document) {
        ctx->refusal.body[0] = *document;
    }

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    /*
     * The response has no ETag and no Last-Modified, so nginx must not evaluate
     * If-Match and similar fields.
     */

    r->disable_not_modified = 1;

    if (ngx_oauth_metadata_header(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return document ? ngx_oauth_body_send(r, document)
                    : ngx_http_send_special(r, NGX_HTTP_LAST);
}


ngx_int_t
ngx_oauth_metadata_header(ngx_oauth_ctx_t *ctx)
{
    ngx_http_request_t  *r;

    r = ctx->request;

    r->headers_out.status = ctx->metadata_status;
    r->headers_out.content_length_n = ctx->refusal.body[0].len;

    if (ctx->refusal.body[0].len) {
        ngx_str_set(&r->headers_out.content_type, "application/json");
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;

    } else {
        r->headers_out.content_type.len = 0;
    }

    return ngx_oauth_metadata_fields(r, ctx->metadata_status);
}


static ngx_int_t
ngx_oauth_metadata_fields(ngx_http_request_t *r, ngx_uint_t status)
{
    static ngx_str_t  origin = ngx_string("Access-Control-Allow-Origin");
    static ngx_str_t  any = ngx_string("*");
    static ngx_str_t  cache = ngx_string("Cache-Control");
    static ngx_str_t  max_age = ngx_string("public, max-age=300");
    static ngx_str_t  allow = ngx_string("Allow");
    static ngx_str_t  methods = ngx_string("GET, HEAD, OPTIONS");
    static ngx_str_t  asked = ngx_string("Access-Control-Request-Headers");

    if ((status == NGX_HTTP_NO_CONTENT || status == NGX_HTTP_NOT_ALLOWED)
        && ngx_oauth_field_add(r, &allow, &methods) == NULL)
    {
        return NGX_ERROR;
    }

    if (status == NGX_HTTP_NO_CONTENT) {
        return ngx_oauth_cors_headers(r, &methods, &asked);
    }

    if (ngx_oauth_field_add(r, &origin, &any) == NULL) {
        return NGX_ERROR;
    }

    if (status == NGX_HTTP_OK
        && ngx_oauth_field_add(r, &cache, &max_age) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
