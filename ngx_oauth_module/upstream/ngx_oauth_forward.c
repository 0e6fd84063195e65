
/*
 * The header fields that the upstream sees.  nginx's proxies send the list
 * r->headers_in.headers as it is and do not look at "hash", so fields are
 * taken off by building a new list in the request's pool; the old elements
 * stay where they are, for whoever points at them.
 *
 * Names are compared in their normal form (oauth_field.h): CGI-like upstreams
 * cannot tell the spellings apart.  First delete, then set.
 */


#include "ngx_oauth_access.h"
#include "oauth_field.h"


/* Most fields are of a length that no name has: they are not looked at. */

typedef struct {
    ngx_array_t  *names;          /* ngx_oauth_header_t *: taken off          */
    uint64_t      lengths;        /* of all names that may be taken off       */
    unsigned      token:1;        /* Authorization and DPoP are taken off     */
} ngx_oauth_filter_t;


static ngx_oauth_filter_t ngx_oauth_forward_filter(ngx_http_request_t *r,
    ngx_uint_t token);
static ngx_int_t ngx_oauth_forward_build(ngx_http_request_t *r,
    ngx_oauth_filter_t *filter, ngx_uint_t room);
static ngx_uint_t ngx_oauth_forward_needed(ngx_http_request_t *r,
    ngx_oauth_filter_t *filter);
static ngx_uint_t ngx_oauth_forward_drop(ngx_oauth_filter_t *filter,
    ngx_table_elt_t *h);
static ngx_uint_t ngx_oauth_forward_named(ngx_array_t *names,
    ngx_str_t *name);
static ngx_uint_t ngx_oauth_forward_is(ngx_table_elt_t *h, const char *name,
    size_t len);
static ngx_uint_t ngx_oauth_forward_listed(ngx_array_t *names,
    ngx_str_t list);
static ngx_uint_t ngx_oauth_forward_is_withheld(ngx_oauth_ctx_t *ctx);
static ngx_uint_t ngx_oauth_forward_is_token(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_forward_add(ngx_oauth_ctx_t *ctx,
    ngx_oauth_header_t *header);
static ngx_int_t ngx_oauth_forward_value(ngx_oauth_ctx_t *ctx,
    ngx_oauth_header_t *header, ngx_str_t *value);


#define ngx_oauth_forward_is_literal(h, name)                                 \
    ngx_oauth_forward_is(h, name, sizeof(name) - 1)

#define ngx_oauth_forward_length(name)                                        \
    ngx_oauth_header_length(sizeof(name) - 1)


ngx_int_t
ngx_oauth_forward_enter(ngx_http_request_t *r)
{
    ngx_uint_t           token;
    ngx_oauth_ctx_t     *ctx;
    ngx_oauth_filter_t   filter;

    token = 0;
    ctx = r->internal ? ngx_oauth_context_lookup(r) : NULL;

    if (ctx && r == r->main) {

        /*
         * Whoever passed the access phase keeps the identity.  A post_action is
         * a request of nginx's own.
         */

        if (ctx->forwarded && ctx->passed && !r->post_action) {
            return NGX_OK;
        }

        ctx->forwarded = 0;

        if (ctx->authorization == NULL) {
            ctx->authorization = r->headers_in.authorization;
        }

        token = ngx_oauth_forward_is_withheld(ctx)
                && ngx_oauth_forward_is_token(ctx);
    }

    filter = ngx_oauth_forward_filter(r, token);

    if (filter.lengths == 0 || !ngx_oauth_forward_needed(r, &filter)) {
        return NGX_OK;
    }

    return ngx_oauth_forward_build(r, &filter, 0);
}


ngx_int_t
ngx_oauth_forward_anonymous(ngx_oauth_ctx_t *ctx)
{
    ngx_http_request_t  *r;
    ngx_oauth_filter_t   filter;

    r = ctx->request;
    ctx->forwarded = 0;

    filter = ngx_oauth_forward_filter(r, !ctx->conf->pass_token
                                         && ngx_oauth_forward_is_token(ctx));

    if (!ngx_oauth_forward_needed(r, &filter)) {
        return NGX_OK;
    }

    return ngx_oauth_forward_build(r, &filter, 0);
}


ngx_int_t
ngx_oauth_forward_identity(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t           i, n, again;
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;
    ngx_oauth_header_t  *headers;
    ngx_oauth_filter_t   filter;

    r = ctx->request;
    n = ctx->conf->headers ? ctx->conf->headers->nelts : 0;

    filter = ngx_oauth_forward_filter(r, !ctx->conf->pass_token);

    /* Taken off by an earlier location of the same request, wanted here. */

    again = ctx->conf->pass_token && r->headers_in.authorization == NULL;

    if ((n || again || ngx_oauth_forward_needed(r, &filter))
        && ngx_oauth_forward_build(r, &filter, n + again) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (again) {

        h = ngx_list_push(&r->headers_in.headers);
        if (h == NULL) {
            return NGX_ERROR;
        }

        *h = *ctx->authorization;
        r->headers_in.authorization = h;
    }

    headers = n ? ctx->conf->headers->elts : NULL;

    for (i = 0; i < n; i++) {
        if (ngx_oauth_forward_add(ctx, &headers[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ctx->forwarded = 1;

    return NGX_OK;
}


static ngx_oauth_filter_t
ngx_oauth_forward_filter(ngx_http_request_t *r, ngx_uint_t token)
{
    ngx_oauth_filter_t     filter;
    ngx_oauth_srv_conf_t  *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_oauth_module);

    filter.names = &scf->headers;
    filter.lengths = scf->header_lengths;
    filter.token = token;

    if (scf->headers.nelts) {
        filter.lengths |= ngx_oauth_forward_length("connection");
    }

    if (token) {
        filter.lengths |= ngx_oauth_forward_length("authorization")
                          | ngx_oauth_forward_length("dpop");
    }

    return filter;
}


/* Copies what stays into a new list with room for more fields. */

static ngx_int_t
ngx_oauth_forward_build(ngx_http_request_t *r, ngx_oauth_filter_t *filter,
    ngx_uint_t room)
{
    ngx_list_t        list;
    ngx_uint_t        i, n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h, *copy;

    n = room;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    if (ngx_list_init(&list, r->pool, n ? n : 1, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (ngx_oauth_forward_drop(filter, &h[i])) {
                continue;
            }

            copy = ngx_list_push(&list);
            if (copy == NULL) {
                return NGX_ERROR;
            }

            *copy = h[i];
        }
    }

    /* All of it is in the first part; "last" points into the list itself. */

    r->headers_in.headers = list;
    r->headers_in.headers.last = &r->headers_in.headers.part;

    if (filter->token) {
        r->headers_in.authorization = NULL;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_oauth_forward_needed(ngx_http_request_t *r, ngx_oauth_filter_t *filter)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_oauth_forward_drop(filter, &h[i])) {
                return 1;
            }
        }
    }

    return 0;
}


static ngx_uint_t
ngx_oauth_forward_drop(ngx_oauth_filter_t *filter, ngx_table_elt_t *h)
{
    if (!(filter->lengths & ngx_oauth_header_length(h->key.len))) {
        return 0;
    }

    if (filter->token
        && (ngx_oauth_forward_is_literal(h, "authorization")
            || ngx_oauth_forward_is_literal(h, "dpop")))
    {
        return 1;
    }

    if (ngx_oauth_forward_named(filter->names, &h->key)) {
        return 1;
    }

    /* "Connection: X-User" asks the next hop to remove our own field. */

    return ngx_oauth_forward_is_literal(h, "connection")
           && ngx_oauth_forward_listed(filter->names, h->value);
}


static ngx_uint_t
ngx_oauth_forward_named(ngx_array_t *names, ngx_str_t *name)
{
    ngx_uint_t            i;
    ngx_oauth_header_t  **headers;

    headers = names->elts;

    for (i = 0; i < names->nelts; i++) {

        if (oauth_field_is(ngx_oauth_str(name),
                           ngx_oauth_str(&headers[i]->normal)))
        {
            return 1;
        }
    }

    return 0;
}


/* The name is of lower-case letters only: then a bit is all of the case. */

static ngx_uint_t
ngx_oauth_forward_is(ngx_table_elt_t *h, const char *name, size_t len)
{
    size_t  i;

    if (h->key.len != len) {
        return 0;
    }

    for (i = 0; i < len; i++) {
        if ((h->key.data[i] | 0x20) != name[i]) {
            return 0;
        }
    }

    return 1;
}


/* A Connection header that holds one of the names. */

static ngx_uint_t
ngx_oauth_forward_listed(ngx_array_t *names, ngx_str_t list)
{
    ngx_str_t  item;

    /* What most clients send; "-" and "_" are no letters, and equal here. */

    if (names->nelts == 0
        || (list.len == 5 && ngx_memcmp(list.data, "close", 5) == 0)
        || (list.len == 10 && ngx_memcmp(list.data, "keep-alive", 10) == 0))
    {
        return ngx_oauth_forward_named(names, &list);
    }

    while (ngx_oauth_list_next(&list, &item)) {
        if (ngx_oauth_forward_named(names, &item)) {
            return 1;
        }
    }

    return 0;
}


/*
 * A request that nginx itself has refused when it had just found the location
 * (413, or 404 for "internal") comes to the error page without a trace of it:
 * the location is looked for again.
 */

static ngx_uint_t
ngx_oauth_forward_is_withheld(ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_loc_conf_t  *lcf;

    if (ctx->located || ctx->withheld || ctx->uri.len == 0) {
        return ctx->withheld;
    }

    lcf = ngx_oauth_location_lookup(ctx->request, &ctx->uri);

    return lcf == NULL || (lcf->issuers && !lcf->pass_token);
}


/* Credentials of another scheme are another module's. */

static ngx_uint_t
ngx_oauth_forward_is_token(ngx_oauth_ctx_t *ctx)
{
    return ctx->authorization
           && oauth_credentials_may_be_token(
                                    ngx_oauth_str(&ctx->authorization->value));
}


/*
 * A claim that is absent, or that no header can carry, adds nothing.  The value
 * of a claim lies in the token, which stays for as long as the request.
 */

static ngx_int_t
ngx_oauth_forward_add(ngx_oauth_ctx_t *ctx, ngx_oauth_header_t *header)
{
    ngx_int_t         rc;
    ngx_str_t         value;
    ngx_table_elt_t  *h;

    rc = ngx_oauth_forward_value(ctx, header, &value);

    if (rc != NGX_OK) {
        return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
    }

    h = ngx_list_push(&ctx->request->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = header->hash;
    h->key = header->name;
    h->value = value;
    h->lowcase_key = header->lowcase.data;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_forward_value(ngx_oauth_ctx_t *ctx, ngx_oauth_header_t *header,
    ngx_str_t *value)
{
    const oauth_token_claim_t  *claim;

    if (header->claim.data == NULL) {

        if (ngx_oauth_evaluate_value(ctx->request, &header->value, value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        return oauth_str_is_field(ngx_oauth_str(value)) ? NGX_OK
                                                        : NGX_DECLINED;
    }

    claim = &ctx->token->claims[header->index];

    if (!claim->field) {
        return NGX_DECLINED;
    }

    value->len = claim->text.len;
    value->data = (u_char *) claim->text.data;

    return NGX_OK;
}
