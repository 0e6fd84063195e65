
/*
 * The output filters.  When nginx responds with the status of a refusal, they
 * add the challenge (RFC 6750 section 3, RFC 9728 section 5.1) and the other
 * fields, and replace nginx's page by our body, which ngx_oauth_reply.c has
 * prepared in the request's pool.
 *
 * nginx may begin more than one response to a request: a filter that cannot use
 * the first (image_filter: it is not an image) drops it and finalizes the
 * request with a status of its own.  So whether a body is replaced is decided
 * anew for each header that passes.
 */


#include "ngx_oauth_cors.h"
#include "ngx_oauth_dpop.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_filter.h"
#include "ngx_oauth_metadata.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_slash.h"
#include "oauth_page.h"


/*
 * Bytes; more than image_filter's own context has.  image_filter only tests
 * whether the request has one.
 */

#define NGX_OAUTH_IMAGE_CTX  512


static ngx_int_t ngx_oauth_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_filter_nonce(ngx_http_request_t *r,
    const ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_filter_again(ngx_http_request_t *r,
    ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_filter_redirect(ngx_http_request_t *r,
    ngx_oauth_ctx_t *ctx);
static ngx_uint_t ngx_oauth_filter_is_dry_run(ngx_http_request_t *r);
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

static ngx_module_t  *ngx_oauth_image_module;    /* image_filter, if its
                                                    filters run after ours;
                                                    otherwise NULL */


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

        if ((ctx->proof.wanted || ctx->proof.renew)
            && ngx_oauth_filter_nonce(r, ctx) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    /*
     * nginx sets err_status when it makes the response to a status by itself,
     * which it does for our refusals.
     */

    if (r->err_status == 0 && (ctx == NULL || !ctx->foreign)) {
        return ngx_http_next_header_filter(r);
    }

    if ((ctx && ngx_oauth_filter_again(r, ctx) != NGX_OK)
        || ngx_oauth_filter_redirect(r, ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    /* ngx_oauth_filter_redirect may have created the context. */

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
 * Adds the field DPoP-Nonce (RFC 9449 section 8.1).  A client would join two of
 * them to a nonce that is not good, so those of the app are removed.
 */

static ngx_int_t
ngx_oauth_filter_nonce(ngx_http_request_t *r, const ngx_oauth_ctx_t *ctx)
{
    ngx_str_t                nonce;
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    static const ngx_str_t   name = ngx_string("DPoP-Nonce");

    if (ngx_oauth_dpop_nonce(ctx, &nonce) != NGX_OK) {
        return NGX_ERROR;
    }

    walk = ngx_oauth_field_start(&r->headers_out.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {
        if (ngx_oauth_field_is_literal(h, "dpop-nonce")) {
            h->hash = 0;
        }
    }

    return nonce.len && ngx_oauth_field_add(r, &name, &nonce) == NULL
           ? NGX_ERROR : NGX_OK;
}


/*
 * If a filter has dropped our response and finalized the request, its own
 * response (415 of image_filter, for example) would tell the client nothing
 * about the refusal.  So its status and fields become ours again.  image_filter
 * does not filter its own error response.  If a filter drops ours a second
 * time, its response stays.
 */

static ngx_int_t
ngx_oauth_filter_again(ngx_http_request_t *r, ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_loc_conf_t  *lcf;

    if (!r->filter_finalize || ctx->again) {
        return NGX_OK;
    }

    if (ctx->metadata_status) {
        ctx->again = 1;
        ngx_oauth_filter_replace(ctx);
        ngx_oauth_filter_status(r, ctx->metadata_status);
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
 * Replaces two kinds of redirects.  The redirect by which nginx adds the slash
 * at the end of a location's name becomes a refusal, or the response to a
 * preflight.  Any redirect from a path that may be another app's metadata
 * document becomes 404.  In a dry run both stay.
 */

static ngx_int_t
ngx_oauth_filter_redirect(ngx_http_request_t *r, ngx_oauth_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx && ctx->foreign && !ngx_oauth_filter_is_dry_run(r)) {

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


static ngx_uint_t
ngx_oauth_filter_is_dry_run(ngx_http_request_t *r)
{
    const ngx_oauth_loc_conf_t  *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    return lcf->issuers && lcf->dry_run;
}


/* From now on the body filter drops nginx's body, and sends ours. */

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
     * With "satisfy any" we may refuse with 403, and nginx may respond with the
     * 401 of another module.  Then our challenge is added to the other one.  A
     * response with any other status is not about our refusal.
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

    /* The content of an error_page stays, and so does another module's 401. */

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
 * If the body is not an image, "image_filter size" replaces the whole response
 * by 200 and an empty JSON object, and no filter of ours sees that.  So we give
 * the request a context of image_filter's: image_filter then believes that it
 * has handled the response already, removes the context, and lets the response
 * pass.
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


/* Sets the fields that describe our body. */

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
    static ngx_str_t  vary_page = ngx_string("Authorization, Sec-Fetch-Mode");
    static ngx_str_t  retry_after = ngx_string("Retry-After");
    static ngx_str_t  link = ngx_string("Link");

    const ngx_oauth_resource_t  *resource;

    if (refusal->challenge.len
        && ngx_oauth_filter_challenge(r, &refusal->challenge) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_oauth_field_add(r, &cache, &no_store) == NULL
        || ngx_oauth_field_add(r, &vary, refusal->page ? &vary_page
                                                       : &authorization)
           == NULL)
    {
        return NGX_ERROR;
    }

    if (refusal->conf->cors
        && ngx_oauth_cors_refusal(r, refusal->paged,
                             refusal->conf->dpop.mode != NGX_OAUTH_DPOP_OFF)
           != NGX_OK)
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


/*
 * Puts all challenges into one WWW-Authenticate field: ours, and after it those
 * of other modules (satisfy any) or of the app.
 */

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

    /* This is nginx's own page for an error or a redirect: it is dropped. */

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
 * All requests share the text, so if a later filter is going to write into its
 * buffers, it gets a copy.  If the text is empty, the buffer only ends the
 * response.  Returns NULL when memory is short.
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

    /* A filter that is registered before ours runs after it. */

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
