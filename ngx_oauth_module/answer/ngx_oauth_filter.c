
/*
 * Where a refusal becomes an answer: filters add the challenge and the other
 * fields, and put the body in the place of nginx's page, when nginx answers
 * with the refusal's status.  RFC 6750 section 3, RFC 9728 section 5.1.
 *
 * One request may have several answers: a filter that cannot use the one that
 * comes along (image_filter: it is not an image) drops it, and makes nginx
 * answer anew.  So each header that passes says what becomes of the body that
 * follows it, and what an earlier one said is forgotten.
 */


#include "ngx_oauth_cors.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_filter.h"
#include "ngx_oauth_metadata.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_slash.h"
#include "oauth_page.h"


/*
 * Larger than image_filter's own context; it only tests whether there is one.
 */

#define NGX_OAUTH_IMAGE_CTX  512


static ngx_int_t ngx_oauth_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_filter_again(ngx_http_request_t *r,
    ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_filter_redirect(ngx_http_request_t *r,
    ngx_oauth_ctx_t *ctx);
static void ngx_oauth_filter_replace(ngx_oauth_ctx_t *ctx);
static void ngx_oauth_filter_status(ngx_http_request_t *r, ngx_uint_t status);
static ngx_int_t ngx_oauth_filter_refusal(ngx_http_request_t *r,
    ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_filter_image(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_filter_type(ngx_http_request_t *r,
    ngx_oauth_context_refusal_t *refusal);
static ngx_int_t ngx_oauth_filter_fields(ngx_http_request_t *r,
    ngx_oauth_context_refusal_t *refusal);
static ngx_int_t ngx_oauth_filter_challenge(ngx_http_request_t *r,
    ngx_str_t *challenge);
static ngx_int_t ngx_oauth_body_filter(ngx_http_request_t *r, ngx_chain_t *in);
static ngx_buf_t *ngx_oauth_filter_buf(ngx_http_request_t *r, ngx_str_t *text);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;

static ngx_module_t  *ngx_oauth_image_module;    /* NULL: it is not after us */


static ngx_int_t
ngx_oauth_header_filter(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t  *ctx;

    if (r != r->main) {
        return ngx_http_next_header_filter(r);
    }

    ctx = ngx_oauth_context_lookup(r);

    if (ctx) {
        ctx->refusal.replaces = 0;
    }

    /* What nginx answers by itself has an err_status, a refusal among it. */

    if (r->err_status == 0 && (ctx == NULL || !ctx->foreign)) {
        return ngx_http_next_header_filter(r);
    }

    if ((ctx && ngx_oauth_filter_again(r, ctx) != NGX_OK)
        || ngx_oauth_filter_redirect(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* ngx_oauth_filter_redirect may have made a context. */

    if (ctx == NULL) {

        ctx = ngx_http_get_module_ctx(r, ngx_oauth_module);

        if (ctx == NULL) {
            return ngx_http_next_header_filter(r);
        }
    }

    if (ngx_oauth_filter_refusal(r, ctx) != NGX_OK
        || (ngx_oauth_image_module
            && (ctx->refusal.replaces || ctx->preflight)
            && ngx_oauth_filter_image(r) != NGX_OK))
    {
        return NGX_ERROR;
    }

    return ngx_http_next_header_filter(r);
}


/*
 * The answer of a filter that finalizes the request says what is wrong with
 * ours for that filter, and nothing to the client.  Ours is made once more:
 * such a filter lets pass what follows.  One that does not has the last word.
 */

static ngx_int_t
ngx_oauth_filter_again(ngx_http_request_t *r, ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_loc_conf_t  *lcf;

    if (!r->filter_finalize || ctx->again) {
        return NGX_OK;
    }

    if (ctx->metadata) {
        ctx->again = 1;
        ngx_oauth_filter_replace(ctx);
        ngx_oauth_filter_status(r, ctx->metadata);
        return ngx_oauth_metadata_header(ctx);
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (ctx->refusal.conf != lcf) {
        return NGX_OK;
    }

    if (ctx->preflight) {
        ctx->again = 1;
        ngx_oauth_filter_status(r, NGX_HTTP_NO_CONTENT);
        return ngx_oauth_cors_allow(r);
    }

    if (ctx->refusal.status && !ctx->refusal.paged) {
        ctx->again = 1;
        ngx_oauth_filter_status(r, ctx->refusal.status);
    }

    return NGX_OK;
}


/*
 * nginx's redirect to a location's final slash becomes a refusal or a
 * preflight's answer.  Any redirect at a path that may be another app's
 * metadata document becomes 404.
 */

static ngx_int_t
ngx_oauth_filter_redirect(ngx_http_request_t *r, ngx_oauth_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx && ctx->foreign) {

        rc = ngx_oauth_metadata_redirect(ctx);

        if (rc == NGX_OK) {
            ngx_oauth_filter_replace(ctx);
        }

        return (rc == NGX_ERROR) ? NGX_ERROR : NGX_OK;
    }

    if (r->err_status != NGX_HTTP_MOVED_PERMANENTLY) {
        return NGX_OK;
    }

    rc = ngx_oauth_slash_redirect(r);

    if (rc == NGX_HTTP_INTERNAL_SERVER_ERROR) {
        return NGX_ERROR;
    }

    if (rc != NGX_DECLINED) {
        ngx_oauth_filter_status(r, rc);
    }

    return NGX_OK;
}


/* What comes as the body of this answer is dropped, for ours. */

static void
ngx_oauth_filter_replace(ngx_oauth_ctx_t *ctx)
{
    ctx->refusal.replaces = 1;
    ctx->refusal.sent = 0;
}


static void
ngx_oauth_filter_status(ngx_http_request_t *r, ngx_uint_t status)
{
    r->err_status = status;
    r->headers_out.status = status;
    r->headers_out.status_line.len = 0;

    ngx_http_clear_location(r);

    if (status == NGX_HTTP_NO_CONTENT) {
        ngx_http_clear_content_length(r);
    }
}


static ngx_int_t
ngx_oauth_filter_refusal(ngx_http_request_t *r, ngx_oauth_ctx_t *ctx)
{
    ngx_oauth_context_refusal_t  *refusal;

    refusal = &ctx->refusal;

    /*
     * With satisfy any our 403 may end as another module's 401: then the
     * challenges go together.  Any other status is somebody else's answer.
     */

    if (refusal->status == 0
        || (r->err_status != refusal->status
            && r->err_status != NGX_HTTP_UNAUTHORIZED))
    {
        return NGX_OK;
    }

    if (ngx_oauth_filter_fields(r, refusal) != NGX_OK) {
        return NGX_ERROR;
    }

    /* An error page keeps its own body. */

    if (r->err_status != refusal->status
        || refusal->paged
        || ngx_http_get_module_loc_conf(r, ngx_oauth_module)
           != (void *) refusal->conf)
    {
        return NGX_OK;
    }

    ngx_oauth_filter_replace(ctx);

    return ngx_oauth_filter_type(r, refusal);
}


/*
 * "image_filter size" has an answer of its own to what is no image, 200 and an
 * empty object, which comes by no other filter.  A context says to image_filter
 * that it had its turn: it takes it away, and lets the answer pass.
 */

static ngx_int_t
ngx_oauth_filter_image(ngx_http_request_t *r)
{
    void  **ctx;

    ctx = &r->ctx[ngx_oauth_image_module->ctx_index];

    if (*ctx == NULL) {
        *ctx = ngx_pcalloc(r->pool, NGX_OAUTH_IMAGE_CTX);
    }

    return *ctx ? NGX_OK : NGX_ERROR;
}


/* What belongs to the body. */

static ngx_int_t
ngx_oauth_filter_type(ngx_http_request_t *r,
    ngx_oauth_context_refusal_t *refusal)
{
    static ngx_str_t  name = ngx_string("Content-Security-Policy");
    static ngx_str_t  policy = ngx_string(OAUTH_PAGE_POLICY);

    if (refusal->page) {
        ngx_str_set(&r->headers_out.content_type, "text/html");
        ngx_str_set(&r->headers_out.charset, "utf-8");

    } else {
        ngx_str_set(&r->headers_out.content_type, "application/problem+json");
        r->headers_out.charset.len = 0;
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.content_length_n = refusal->body[0].len
                                      + refusal->body[1].len;

    return refusal->page && ngx_oauth_field_add(r, &name, &policy) == NULL
           ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_oauth_filter_fields(ngx_http_request_t *r,
    ngx_oauth_context_refusal_t *refusal)
{
    static ngx_str_t  cache = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  vary = ngx_string("Vary");
    static ngx_str_t  authorization = ngx_string("Authorization");
    static ngx_str_t  window = ngx_string("Authorization, Sec-Fetch-Mode");
    static ngx_str_t  retry_after = ngx_string("Retry-After");
    static ngx_str_t  link = ngx_string("Link");

    const ngx_oauth_resource_t  *resource;

    if (refusal->challenge.len
        && ngx_oauth_filter_challenge(r, &refusal->challenge) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_oauth_field_add(r, &cache, &no_store) == NULL
        || ngx_oauth_field_add(r, &vary, refusal->page ? &window
                                                       : &authorization)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (refusal->conf->cors
        && ngx_oauth_cors_refusal(r, refusal->paged) != NGX_OK)
    {
        return NGX_ERROR;
    }

    resource = refusal->conf->resource;

    if (resource
        && resource->link.len
        && ngx_oauth_field_add(r, &link, &resource->link) == NULL)
    {
        return NGX_ERROR;
    }

    if (refusal->retry_after.len
        && ngx_oauth_field_add(r, &retry_after, &refusal->retry_after)
           == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* One line: challenges of others (satisfy any, an app) follow on ours. */

static ngx_int_t
ngx_oauth_filter_challenge(ngx_http_request_t *r, ngx_str_t *challenge)
{
    static ngx_str_t  name = ngx_string("WWW-Authenticate");

    u_char                  *p;
    ngx_str_t                value;
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    value = *challenge;
    walk = ngx_oauth_field_start(&r->headers_out.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {

        if (h->hash == 0 || !ngx_oauth_field_is_literal(h, "www-authenticate"))
        {
            continue;
        }

        p = ngx_pnalloc(r->pool, value.len + 2 + h->value.len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        h->hash = 0;

        value.len = ngx_sprintf(p, "%V, %V", &value, &h->value) - p;
        value.data = p;
    }

    h = ngx_oauth_field_add(r, &name, &value);
    if (h == NULL) {
        return NGX_ERROR;
    }

    r->headers_out.www_authenticate = h;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t                    *b;
    ngx_uint_t                    i;
    ngx_chain_t                   out[2], *cl;
    ngx_oauth_ctx_t              *ctx;
    ngx_oauth_context_refusal_t  *refusal;

    ctx = (r == r->main) ? ngx_http_get_module_ctx(r, ngx_oauth_module) : NULL;

    if (in == NULL || ctx == NULL || !ctx->refusal.replaces) {
        return ngx_http_next_body_filter(r, in);
    }

    /* What comes is dropped: nginx's own page, or that of a redirect. */

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    refusal = &ctx->refusal;

    if (refusal->sent) {
        return NGX_OK;
    }

    refusal->sent = 1;

    i = 0;

    do {
        b = ngx_oauth_filter_buf(r, &refusal->body[i]);
        if (b == NULL) {
            return NGX_ERROR;
        }

        out[i].buf = b;
        out[i].next = NULL;

    } while (++i < 2 && refusal->body[1].len);

    if (i == 2) {
        out[0].next = &out[1];
    }

    b->last_buf = 1;
    b->last_in_chain = 1;

    return ngx_http_next_body_filter(r, out);
}


/*
 * The text is everybody's: a filter that writes into it gets a copy.  Of none
 * there is a buffer that only ends the answer.
 */

static ngx_buf_t *
ngx_oauth_filter_buf(ngx_http_request_t *r, ngx_str_t *text)
{
    ngx_buf_t  *b;

    if (text->len == 0) {
        return ngx_calloc_buf(r->pool);
    }

    if (r->filter_need_temporary) {

        b = ngx_create_temp_buf(r->pool, text->len);

        if (b) {
            b->last = ngx_cpymem(b->last, text->data, text->len);
        }

        return b;
    }

    b = ngx_calloc_buf(r->pool);

    if (b) {
        b->pos = text->data;
        b->last = text->data + text->len;
        b->memory = 1;
    }

    return b;
}


ngx_int_t
ngx_oauth_filter_init(ngx_conf_t *cf)
{
    ngx_uint_t      i;
    ngx_module_t  **modules;

    modules = cf->cycle->modules;
    ngx_oauth_image_module = NULL;

    /* A filter that is registered earlier comes later. */

    for (i = 0; modules[i] != &ngx_oauth_module; i++) {
        if (ngx_strcmp(modules[i]->name, "ngx_http_image_filter_module") == 0)
        {
            ngx_oauth_image_module = modules[i];
        }
    }

    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_oauth_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_oauth_body_filter;

    return NGX_OK;
}
