
/*
 * Changes the header fields that the app receives.  nginx's proxy modules send
 * the whole list r->headers_in.headers and do not look at "hash".  So a field
 * is removed by building a new list, in the request's pool, without it.  The
 * old elements are not changed, because other modules may point to them.
 *
 * Names are compared in their normal form: in lower case, with "-" for every
 * character that is not a letter or a digit.  An app that is called by CGI
 * cannot tell such names apart.  Fields are always removed first and then
 * added.
 */


#include "ngx_oauth_assertion.h"
#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_forward.h"
#include "ngx_oauth_header.h"
#include "ngx_oauth_route.h"


/*
 * Which fields are removed.  Most fields have a length that none of the names
 * has, so the lengths are compared first.
 */

typedef struct {
    const ngx_array_t  *names;    /* ngx_oauth_header_t *: these names */
    uint64_t            lengths;  /* of all names that may be removed, as of
                                     ngx_oauth_header_length */
    unsigned            token:1;  /* also Authorization and DPoP */
    ngx_oauth_context_proof_t  *proof;
                                  /* where a removed DPoP field is remembered;
                                     NULL: that is not necessary */
} ngx_oauth_forward_criteria_t;


static ngx_oauth_forward_criteria_t ngx_oauth_forward_criteria(
    ngx_http_request_t *r, ngx_oauth_ctx_t *ctx, ngx_uint_t token);
static ngx_int_t ngx_oauth_forward_build(ngx_http_request_t *r,
    ngx_oauth_forward_criteria_t *criteria, ngx_uint_t room);
static ngx_uint_t ngx_oauth_forward_needed(ngx_http_request_t *r,
    ngx_oauth_forward_criteria_t *criteria);
static ngx_uint_t ngx_oauth_forward_is_removed(
    ngx_oauth_forward_criteria_t *criteria, ngx_table_elt_t *h);
static ngx_uint_t ngx_oauth_forward_named(const ngx_array_t *names,
    ngx_str_t *name);
static ngx_uint_t ngx_oauth_forward_listed(const ngx_array_t *names,
    ngx_str_t list);
static ngx_uint_t ngx_oauth_forward_is_withheld(ngx_oauth_ctx_t *ctx);
static ngx_uint_t ngx_oauth_forward_is_token(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_forward_add_token(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_forward_add(ngx_oauth_ctx_t *ctx,
    ngx_oauth_header_t *header, const ngx_str_t *assertion);
static ngx_int_t ngx_oauth_forward_value(ngx_oauth_ctx_t *ctx,
    ngx_oauth_header_t *header, ngx_str_t *value);
static ngx_int_t ngx_oauth_forward_encode(ngx_oauth_ctx_t *ctx,
    ngx_oauth_header_t *header, ngx_str_t *value);


#define ngx_oauth_forward_length(name)                                        \
    ngx_oauth_header_length(sizeof(name) - 1)


ngx_int_t
ngx_oauth_forward_enter(ngx_http_request_t *r)
{
    ngx_uint_t                     token;
    ngx_oauth_ctx_t               *ctx;
    ngx_oauth_forward_criteria_t   criteria;

    token = 0;
    ctx = r->internal ? ngx_oauth_context_lookup(r) : NULL;

    if (ctx && r == r->main) {

        /*
         * A request that was admitted and is then redirected keeps its
         * identity.  A post_action is a request that nginx makes by itself when
         * the client's request is over, so it has no identity.
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

    criteria = ngx_oauth_forward_criteria(r, ctx, token);

    if (criteria.lengths == 0 || !ngx_oauth_forward_needed(r, &criteria)) {
        return NGX_OK;
    }

    return ngx_oauth_forward_build(r, &criteria, 0);
}


ngx_int_t
ngx_oauth_forward_anonymous(ngx_oauth_ctx_t *ctx)
{
    ngx_http_request_t            *r;
    ngx_oauth_forward_criteria_t   criteria;

    r = ctx->request;
    ctx->forwarded = 0;

    criteria = ngx_oauth_forward_criteria(r, ctx,
                                          ctx->conf->withholds
                                          && ngx_oauth_forward_is_token(ctx));

    if (!ngx_oauth_forward_needed(r, &criteria)) {
        return NGX_OK;
    }

    return ngx_oauth_forward_build(r, &criteria, 0);
}


ngx_int_t
ngx_oauth_forward_identity(ngx_oauth_ctx_t *ctx)
{
    ngx_int_t                      rc;
    ngx_str_t                      assertion;
    ngx_uint_t                     i, n, again;
    ngx_http_request_t            *r;
    ngx_oauth_header_t            *headers;
    ngx_oauth_forward_criteria_t   criteria;

    r = ctx->request;
    n = ctx->conf->headers ? ctx->conf->headers->nelts : 0;

    ngx_str_null(&assertion);

    /* This comes first: if it fails, nothing was changed. */

    if (ctx->conf->assertion) {
        rc = ngx_oauth_assertion_value(ctx, &assertion);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    criteria = ngx_oauth_forward_criteria(r, ctx, ctx->conf->withholds);

    /*
     * An earlier location of the same request has removed the token, and this
     * location passes it on, so it is added again.
     */

    again = ctx->conf->pass_token && r->headers_in.authorization == NULL;

    if ((n || again || ngx_oauth_forward_needed(r, &criteria))
        && ngx_oauth_forward_build(r, &criteria, n + 2 * again) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (again && ngx_oauth_forward_add_token(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    headers = n ? ctx->conf->headers->elts : NULL;

    for (i = 0; i < n; i++) {
        if (ngx_oauth_forward_add(ctx, &headers[i], &assertion) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ctx->forwarded = 1;

    return NGX_OK;
}


static ngx_oauth_forward_criteria_t
ngx_oauth_forward_criteria(ngx_http_request_t *r, ngx_oauth_ctx_t *ctx,
    ngx_uint_t token)
{
    ngx_oauth_forward_criteria_t   criteria;
    const ngx_oauth_srv_conf_t    *scf;

    scf = ngx_http_get_module_srv_conf(r, ngx_oauth_module);

    criteria.names = &scf->headers;
    criteria.lengths = scf->header_lengths;
    criteria.token = token;
    criteria.proof = NULL;

    if (scf->headers.nelts) {
        criteria.lengths |= ngx_oauth_forward_length("connection");
    }

    if (token) {
        criteria.lengths |= ngx_oauth_forward_length("authorization")
                            | ngx_oauth_forward_length("dpop");

        if (ctx->proof.fields == 0) {
            criteria.proof = &ctx->proof;
        }
    }

    return criteria;
}


/* Copies the fields that stay into a new list, with room for more fields. */

static ngx_int_t
ngx_oauth_forward_build(ngx_http_request_t *r,
    ngx_oauth_forward_criteria_t *criteria, ngx_uint_t room)
{
    ngx_list_t               list;
    ngx_uint_t               n;
    ngx_list_part_t         *part;
    ngx_table_elt_t         *h, *copy;
    ngx_oauth_field_walk_t   walk;

    n = room;

    for (part = &r->headers_in.headers.part; part; part = part->next) {
        n += part->nelts;
    }

    if (ngx_list_init(&list, r->pool, n ? n : 1, sizeof(ngx_table_elt_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    walk = ngx_oauth_field_start(&r->headers_in.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {

        if (ngx_oauth_forward_is_removed(criteria, h)) {

            if (criteria->proof && ngx_oauth_field_is_literal(h, "dpop")) {
                criteria->proof->field = h;
                criteria->proof->fields++;
            }

            continue;
        }

        copy = ngx_list_push(&list);
        if (copy == NULL) {
            return NGX_ERROR;
        }

        *copy = *h;
    }

    /* The list has one part only, and "last" must point into the copy of it. */

    r->headers_in.headers = list;
    r->headers_in.headers.last = &r->headers_in.headers.part;

    if (criteria->token) {
        r->headers_in.authorization = NULL;
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_oauth_forward_needed(ngx_http_request_t *r,
    ngx_oauth_forward_criteria_t *criteria)
{
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    walk = ngx_oauth_field_start(&r->headers_in.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {
        if (ngx_oauth_forward_is_removed(criteria, h)) {
            return 1;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_oauth_forward_is_removed(ngx_oauth_forward_criteria_t *criteria,
    ngx_table_elt_t *h)
{
    if (!(criteria->lengths & ngx_oauth_header_length(h->key.len))) {
        return 0;
    }

    if (criteria->token
        && (ngx_oauth_field_is_literal(h, "authorization")
            || ngx_oauth_field_is_literal(h, "dpop")))
    {
        return 1;
    }

    if (ngx_oauth_forward_named(criteria->names, &h->key)) {
        return 1;
    }

    /*
     * "Connection: X-User" would make the next server remove our own X-User
     * field (RFC 9110 section 7.6.1), so this Connection field is removed.
     */

    return ngx_oauth_field_is_literal(h, "connection")
           && ngx_oauth_forward_listed(criteria->names, h->value);
}


static ngx_uint_t
ngx_oauth_forward_named(const ngx_array_t *names, ngx_str_t *name)
{
    size_t                k;
    ngx_uint_t            i;
    ngx_oauth_header_t  **headers;

    headers = names->elts;

    for (i = 0; i < names->nelts; i++) {

        if (headers[i]->normal.len != name->len) {
            continue;
        }

        for (k = 0; k < name->len; k++) {
            if (ngx_oauth_field_normal(name->data[k])
                != headers[i]->normal.data[k])
            {
                break;
            }
        }

        if (k == name->len) {
            return 1;
        }
    }

    return 0;
}


/* Returns 1 if the value of a Connection field lists one of the names. */

static ngx_uint_t
ngx_oauth_forward_listed(const ngx_array_t *names, ngx_str_t list)
{
    ngx_str_t  item;

    /* Most clients send one of these two, which need not be split. */

    if (names->nelts == 0
        || (list.len == 5 && ngx_memcmp(list.data, "close", 5) == 0)
        || (list.len == 10 && ngx_memcmp(list.data, "keep-alive", 10) == 0))
    {
        return ngx_oauth_forward_named(names, &list);
    }

    while (ngx_oauth_field_item(&list, &item)) {
        if (ngx_oauth_forward_named(names, &item)) {
            return 1;
        }
    }

    return 0;
}


/*
 * Returns 1 if the location that the request comes from is protected and does
 * not pass the token on.  If nginx itself has refused the request as soon as it
 * had found the location (413, or 404 for "internal"), the context does not
 * know the location when the request comes to the error page.  Then the
 * location is looked for again.  The result is also 1 if that location is
 * "internal", or if it cannot be found because a regex failed.
 */

static ngx_uint_t
ngx_oauth_forward_is_withheld(ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_loc_conf_t  *lcf;

    if (ctx->located || ctx->withheld || ctx->uri.len == 0) {
        return ctx->withheld;
    }

    lcf = ngx_oauth_route_lookup(ctx->request, &ctx->uri);

    return lcf == NULL || (lcf->issuers && lcf->withholds);
}


/*
 * Returns 1 if the client's credentials may be an access token.  Those of
 * another scheme are meant for another module or the app, so they stay.
 */

static ngx_uint_t
ngx_oauth_forward_is_token(ngx_oauth_ctx_t *ctx)
{
    return ctx->authorization
           && oauth_credentials_may_be_token(
                                    ngx_oauth_str(&ctx->authorization->value));
}


/* Adds the client's Authorization field again, and its DPoP field. */

static ngx_int_t
ngx_oauth_forward_add_token(ngx_oauth_ctx_t *ctx)
{
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    r = ctx->request;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = *ctx->authorization;
    r->headers_in.authorization = h;

    if (ctx->proof.fields != 1
        || ngx_oauth_field_lookup_literal(&r->headers_in.headers, "dpop"))
    {
        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = *ctx->proof.field;

    return NGX_OK;
}


/*
 * Adds one identity header; assertion is the value of the one that is of this
 * kind.  If the claim is absent, or its value may not be in a header field, no
 * header is added.  The value of a claim is in the token, which exists as long
 * as the request.
 */

static ngx_int_t
ngx_oauth_forward_add(ngx_oauth_ctx_t *ctx, ngx_oauth_header_t *header,
    const ngx_str_t *assertion)
{
    ngx_int_t         rc;
    ngx_str_t         value;
    ngx_table_elt_t  *h;

    if (header->kind == NGX_OAUTH_HEADER_ASSERTION) {
        value = *assertion;

    } else {
        rc = ngx_oauth_forward_value(ctx, header, &value);

        if (rc != NGX_OK) {
            return (rc == NGX_DECLINED) ? NGX_OK : NGX_ERROR;
        }
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

    if (header->kind == NGX_OAUTH_HEADER_VALUE) {

        if (ngx_oauth_evaluate_value(ctx->request, &header->value, value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (header->encoding != OAUTH_ENCODING_UTF8) {
            return ngx_oauth_forward_encode(ctx, header, value);
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


/*
 * Replaces the value by its encoded form, in the request's pool.  NGX_DECLINED:
 * it is empty, or too long to be encoded.
 */

static ngx_int_t
ngx_oauth_forward_encode(ngx_oauth_ctx_t *ctx, ngx_oauth_header_t *header,
    ngx_str_t *value)
{
    oauth_buf_t  buf;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    (void) oauth_encoding_write(header->encoding, ngx_oauth_str(value), &buf);

    if (buf.len == 0 && !buf.failed) {
        return NGX_DECLINED;
    }

    return ngx_oauth_buf_move(ctx->request->pool, &buf, value);
}
