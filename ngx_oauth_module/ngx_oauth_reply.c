
/*
 * Refusals.  The access handler returns a bare status, so that satisfy,
 * auth_delay and error_page work as they do for any module; the challenge, the
 * headers and the problem document are added by filters when nginx answers
 * with that status.  RFC 6750 section 3, RFC 9728 section 5.1, RFC 9457.
 */


#include "ngx_oauth_access.h"
#include "oauth_challenge.h"


static void ngx_oauth_reply_log(ngx_oauth_ctx_t *ctx);
static u_char *ngx_oauth_reply_escape(u_char *p, u_char *last,
    oauth_str_t text);
static ngx_table_elt_t *ngx_oauth_reply_request_header(ngx_http_request_t *r,
    const char *name);
static ngx_uint_t ngx_oauth_reply_asks_authorization(ngx_str_t list);
static ngx_uint_t ngx_oauth_reply_lists_names(ngx_str_t *list);
static ngx_int_t ngx_oauth_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_body_filter(ngx_http_request_t *r, ngx_chain_t *in);
static ngx_int_t ngx_oauth_reply_fields(ngx_http_request_t *r,
    ngx_oauth_refusal_t *refusal);
static ngx_int_t ngx_oauth_reply_challenge(ngx_http_request_t *r,
    ngx_str_t *challenge);
static ngx_int_t ngx_oauth_reply_retry_after(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_reply_write(ngx_oauth_ctx_t *ctx);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


/* By oauth_answer_t. */

static const ngx_uint_t  ngx_oauth_statuses[] = {
    NGX_OK,
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_CHALLENGE                */
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_REQUEST                  */
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_TOKEN                    */
    NGX_HTTP_FORBIDDEN,              /* OAUTH_ANSWER_SCOPE                    */
    NGX_HTTP_FORBIDDEN,              /* OAUTH_ANSWER_FORBIDDEN                */
    NGX_HTTP_SERVICE_UNAVAILABLE     /* OAUTH_ANSWER_UNAVAILABLE              */
};


ngx_int_t
ngx_oauth_reply(ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t            status;
    ngx_http_request_t   *r;
    ngx_oauth_refusal_t  *refusal;

    r = ctx->request;
    refusal = &ctx->refusal;
    status = ngx_oauth_statuses[oauth_reason_info(ctx->reason)->answer];

    /*
     * The error page of a refusal that is itself refused: what the client has
     * to know is why its own request was.
     */

    if (refusal->status == status && r->err_status == status) {
        refusal->conf = ctx->conf;
        refusal->paged = 0;
        return status;
    }

    ngx_oauth_reply_log(ctx);

    ngx_memzero(refusal, sizeof(ngx_oauth_refusal_t));

    refusal->status = status;
    refusal->conf = ctx->conf;

    if (ngx_oauth_reply_write(ctx) != NGX_OK
        || (status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_oauth_reply_retry_after(ctx) != NGX_OK))
    {
        refusal->status = 0;
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return status;
}


ngx_int_t
ngx_oauth_reply_subrequest(ngx_oauth_ctx_t *ctx)
{
    oauth_answer_t  answer;

    ngx_oauth_reply_log(ctx);

    answer = oauth_reason_info(ctx->reason)->answer;

    return (answer == OAUTH_ANSWER_UNAVAILABLE) ? NGX_HTTP_SERVICE_UNAVAILABLE
                                                : NGX_HTTP_FORBIDDEN;
}


/* One line a refusal.  Of the token only the kid is named, escaped. */

static void
ngx_oauth_reply_log(ngx_oauth_ctx_t *ctx)
{
    u_char                      kid[256], *last;
    ngx_str_t                   name;
    oauth_str_t                 text;
    const oauth_reason_info_t  *reason;

    reason = oauth_reason_info(ctx->reason);
    text = (oauth_str_t) { 0, NULL };

    if (ctx->token) {
        text = ctx->token->kid;

    } else if (ctx->jwt) {
        text = ctx->jwt->jws.kid;
    }

    last = ngx_oauth_reply_escape(kid, kid + sizeof(kid), text);

    ngx_str_null(&name);

    if ((ctx->token || ctx->jwt) && ctx->issuer) {
        name = ctx->issuer->name;
    }

    ngx_log_error(NGX_LOG_INFO, ctx->request->connection->log, 0,
                  "oauth: refused: %s: %s, issuer \"%V\", kid \"%*s\"",
                  reason->code, reason->sentence, &name, last - kid, kid);
}


/* Visible ASCII stays but for quote and backslash, the rest becomes \xHH. */

static u_char *
ngx_oauth_reply_escape(u_char *p, u_char *last, oauth_str_t text)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < text.len && last - p >= 4 + 3; i++) {

        c = text.data[i];

        if (c > 0x20 && c < 0x7f && c != '"' && c != '\\') {
            *p++ = c;

        } else {
            p = ngx_sprintf(p, "\\x%02Xd", (ngx_uint_t) c);
        }
    }

    if (i < text.len) {
        p = ngx_cpymem(p, "...", 3);
    }

    return p;
}


ngx_int_t
ngx_oauth_reply_preflight(ngx_http_request_t *r)
{
    ngx_table_elt_t  *headers;

    if (r->method != NGX_HTTP_OPTIONS
        || ngx_oauth_reply_request_header(r, "origin") == NULL
        || ngx_oauth_reply_request_header(r, "access-control-request-method")
           == NULL)
    {
        return NGX_DECLINED;
    }

    headers = ngx_oauth_reply_request_header(r,
                                             "access-control-request-headers");

    if (headers == NULL
        || !ngx_oauth_reply_asks_authorization(headers->value))
    {
        return NGX_DECLINED;
    }

    if (ngx_oauth_reply_preflight_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NO_CONTENT;
}


ngx_int_t
ngx_oauth_reply_preflight_headers(ngx_http_request_t *r)
{
    static ngx_str_t  origin = ngx_string("Access-Control-Allow-Origin");
    static ngx_str_t  any = ngx_string("*");
    static ngx_str_t  allow_methods
        = ngx_string("Access-Control-Allow-Methods");
    static ngx_str_t  methods
        = ngx_string("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    static ngx_str_t  allow_headers
        = ngx_string("Access-Control-Allow-Headers");
    static ngx_str_t  max_age = ngx_string("Access-Control-Max-Age");
    static ngx_str_t  seconds = ngx_string("7200");
    static ngx_str_t  vary = ngx_string("Vary");
    static ngx_str_t  asked = ngx_string("Access-Control-Request-Headers");

    ngx_table_elt_t  *headers;

    if (ngx_oauth_reply_header(r, &origin, &any) == NULL
        || ngx_oauth_reply_header(r, &allow_methods, &methods) == NULL
        || ngx_oauth_reply_header(r, &max_age, &seconds) == NULL
        || ngx_oauth_reply_header(r, &vary, &asked) == NULL)
    {
        return NGX_ERROR;
    }

    headers = ngx_oauth_reply_request_header(r,
                                             "access-control-request-headers");

    if (headers
        && ngx_oauth_reply_lists_names(&headers->value)
        && ngx_oauth_reply_header(r, &allow_headers, &headers->value) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_oauth_reply_request_header(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return &h[i];
            }
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_oauth_reply_asks_authorization(ngx_str_t list)
{
    ngx_str_t  item;

    while (ngx_oauth_list_next(&list, &item)) {
        if (item.len == 13
            && ngx_strncasecmp(item.data, (u_char *) "authorization", 13) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Field names and commas only: what else a client sends is not sent back. */

static ngx_uint_t
ngx_oauth_reply_lists_names(ngx_str_t *list)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < list->len; i++) {

        c = ngx_tolower(list->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
              || c == '_' || c == ',' || c == ' '))
        {
            return 0;
        }
    }

    return 1;
}


ngx_table_elt_t *
ngx_oauth_reply_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key = *name;
    h->value = *value;

    return h;
}


static ngx_int_t
ngx_oauth_header_filter(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t      *ctx;
    ngx_oauth_refusal_t  *refusal;

    ctx = (r == r->main) ? ngx_oauth_access_lookup(r) : NULL;

    if (ctx == NULL || ctx->refusal.status == 0) {
        return ngx_http_next_header_filter(r);
    }

    refusal = &ctx->refusal;

    /*
     * With satisfy any our 403 may end as another module's 401: then the
     * challenges go together.  Any other status is somebody else's answer.
     */

    if (r->err_status != refusal->status
        && r->err_status != NGX_HTTP_UNAUTHORIZED)
    {
        return ngx_http_next_header_filter(r);
    }

    if (ngx_oauth_reply_fields(r, refusal) != NGX_OK) {
        return NGX_ERROR;
    }

    /* An error page keeps its own body. */

    if (r->err_status == refusal->status
        && !refusal->paged
        && ngx_http_get_module_loc_conf(r, ngx_oauth_module)
           == (void *) refusal->conf)
    {
        ngx_str_set(&r->headers_out.content_type, "application/problem+json");
        r->headers_out.content_type_len = r->headers_out.content_type.len;
        r->headers_out.content_type_lowcase = NULL;
        r->headers_out.charset.len = 0;
        r->headers_out.content_length_n = refusal->body.len;

        refusal->replaces = 1;
    }

    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_oauth_reply_fields(ngx_http_request_t *r, ngx_oauth_refusal_t *refusal)
{
    static ngx_str_t  cache = ngx_string("Cache-Control");
    static ngx_str_t  no_store = ngx_string("no-store");
    static ngx_str_t  vary = ngx_string("Vary");
    static ngx_str_t  authorization = ngx_string("Authorization");
    static ngx_str_t  origin = ngx_string("Access-Control-Allow-Origin");
    static ngx_str_t  any = ngx_string("*");
    static ngx_str_t  expose = ngx_string("Access-Control-Expose-Headers");
    static ngx_str_t  exposed = ngx_string("WWW-Authenticate, Retry-After");
    static ngx_str_t  retry_after = ngx_string("Retry-After");

    if (refusal->challenge.len
        && ngx_oauth_reply_challenge(r, &refusal->challenge) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_oauth_reply_header(r, &cache, &no_store) == NULL
        || ngx_oauth_reply_header(r, &vary, &authorization) == NULL)
    {
        return NGX_ERROR;
    }

    if (refusal->conf->cors
        && (ngx_oauth_reply_header(r, &origin, &any) == NULL
            || ngx_oauth_reply_header(r, &expose, &exposed) == NULL))
    {
        return NGX_ERROR;
    }

    if (refusal->retry_after.len
        && ngx_oauth_reply_header(r, &retry_after, &refusal->retry_after)
           == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* One line: challenges of others (satisfy any, an app) follow on ours. */

static ngx_int_t
ngx_oauth_reply_challenge(ngx_http_request_t *r, ngx_str_t *challenge)
{
    static ngx_str_t  name = ngx_string("WWW-Authenticate");

    u_char           *p;
    ngx_str_t         value;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    value = *challenge;

    for (part = &r->headers_out.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {

            if (h[i].hash == 0
                || h[i].key.len != name.len
                || ngx_strncasecmp(h[i].key.data, name.data, name.len) != 0)
            {
                continue;
            }

            p = ngx_pnalloc(r->pool, value.len + 2 + h[i].value.len);
            if (p == NULL) {
                return NGX_ERROR;
            }

            h[i].hash = 0;

            value.len = ngx_sprintf(p, "%V, %V", &value, &h[i].value) - p;
            value.data = p;
        }
    }

    h = ngx_oauth_reply_header(r, &name, &value);
    if (h == NULL) {
        return NGX_ERROR;
    }

    r->headers_out.www_authenticate = h;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_reply_retry_after(ngx_oauth_ctx_t *ctx)
{
    time_t      seconds;
    ngx_str_t  *value;

    seconds = 1;
    value = &ctx->refusal.retry_after;

    if (ctx->issuer && ctx->issuer->provider) {
        seconds = ngx_oauth_provider_retry_after(ctx->issuer->provider);
    }

    value->data = ngx_pnalloc(ctx->request->pool, NGX_TIME_T_LEN);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    value->len = ngx_sprintf(value->data, "%T", seconds) - value->data;

    return NGX_OK;
}


/* The challenge (empty where the answer has none) and the problem document. */

static ngx_int_t
ngx_oauth_reply_write(ngx_oauth_ctx_t *ctx)
{
    ngx_int_t             rc;
    oauth_buf_t           scope, buf;
    ngx_pool_t           *pool;
    oauth_challenge_t     answer;
    ngx_oauth_issuer_t  **issuers;

    ngx_memzero(&scope, sizeof(oauth_buf_t));
    ngx_memzero(&answer, sizeof(oauth_challenge_t));

    pool = ctx->request->pool;
    issuers = ctx->conf->issuers->elts;

    ngx_oauth_policy_scope(ctx->request, ctx->conf, &scope);

    answer.reason = oauth_reason_info(ctx->reason);
    answer.status = ctx->refusal.status;
    answer.scope = oauth_buf_str(&scope);
    answer.issuer = issuers[0]->policy.issuer;

    if (ctx->conf->resource) {
        answer.resource = ngx_oauth_str(&ctx->conf->resource->url);
        answer.metadata = ngx_oauth_str(&ctx->conf->resource->metadata);
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));
    buf.failed = scope.failed;

    oauth_challenge_write_problem(&buf, &answer);
    rc = ngx_oauth_buf_move(pool, &buf, &ctx->refusal.body);

    if (rc == NGX_OK
        && answer.reason->answer != OAUTH_ANSWER_FORBIDDEN
        && answer.reason->answer != OAUTH_ANSWER_UNAVAILABLE)
    {
        oauth_challenge_write(&buf, &answer);
        rc = ngx_oauth_buf_move(pool, &buf, &ctx->refusal.challenge);
    }

    oauth_buf_free(&scope);

    return rc;
}


static ngx_int_t
ngx_oauth_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t            *b;
    ngx_chain_t           out, *cl;
    ngx_oauth_ctx_t      *ctx;
    ngx_oauth_refusal_t  *refusal;

    ctx = (r == r->main) ? ngx_http_get_module_ctx(r, ngx_oauth_module) : NULL;

    if (in == NULL || ctx == NULL || !ctx->refusal.replaces) {
        return ngx_http_next_body_filter(r, in);
    }

    refusal = &ctx->refusal;

    /* nginx's own page is dropped. */

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;
    }

    if (refusal->sent) {
        return NGX_OK;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = refusal->body.data;
    b->last = refusal->body.data + refusal->body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    refusal->sent = 1;

    return ngx_http_next_body_filter(r, &out);
}


ngx_int_t
ngx_oauth_reply_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_oauth_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_oauth_body_filter;

    return NGX_OK;
}
