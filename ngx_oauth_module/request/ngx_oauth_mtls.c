
/*
 * Tokens that are bound to a client's TLS certificate (RFC 8705 section 3).
 * Whether the certificate is trusted, has expired or was revoked does not
 * matter here (RFC 8705 section 6.3): TLS has proved that the client has its
 * key, and the authorization server has said which certificate it must be.
 * What is kept of a connection's certificate is in the connection's pool.
 */


#include "ngx_oauth_conf_mtls.h"
#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_mtls.h"


typedef struct {
    oauth_reason_t  reason;     /* what ngx_oauth_mtls_thumbprint returns */
    u_char          thumbprint[OAUTH_HASH_SIZE];
} ngx_oauth_mtls_kept_t;


static oauth_reason_t ngx_oauth_mtls_value(ngx_oauth_ctx_t *ctx,
    u_char *thumbprint);
static ngx_uint_t ngx_oauth_mtls_fields(ngx_http_request_t *r,
    const ngx_str_t *name);
static oauth_reason_t ngx_oauth_mtls_connection(ngx_http_request_t *r,
    u_char *thumbprint);

#if (NGX_HTTP_SSL)

static oauth_reason_t ngx_oauth_mtls_peer(ngx_http_request_t *r,
    u_char *thumbprint);
static void ngx_oauth_mtls_forget(void *data);

#endif


oauth_reason_t
ngx_oauth_mtls_accept(const ngx_oauth_ctx_t *ctx)
{
    ngx_uint_t  bound;

    bound = (ctx->token->confirmation.x5t.data != NULL);

    if (bound && ctx->conf->mtls == NGX_OAUTH_CONF_MTLS_OFF) {
        return OAUTH_SENDER_CONSTRAINED;
    }

    if (!bound && ctx->conf->mtls == NGX_OAUTH_CONF_MTLS_REQUIRED) {
        return OAUTH_NOT_BOUND;
    }

    return OAUTH_OK;
}


oauth_reason_t
ngx_oauth_mtls_verify(ngx_oauth_ctx_t *ctx)
{
    u_char          thumbprint[OAUTH_HASH_SIZE];
    oauth_str_t     client;
    oauth_reason_t  reason;

    if (ctx->token->confirmation.x5t.data == NULL) {
        return OAUTH_OK;
    }

    reason = ngx_oauth_mtls_thumbprint(ctx, thumbprint);

    if (reason != OAUTH_OK) {
        return reason;
    }

    client.data = thumbprint;
    client.len = OAUTH_HASH_SIZE;

    return oauth_str_equal(client, ctx->token->confirmation.x5t)
           ? OAUTH_OK : OAUTH_WRONG_CERTIFICATE;
}


oauth_reason_t
ngx_oauth_mtls_thumbprint(ngx_oauth_ctx_t *ctx, u_char *thumbprint)
{
    return ctx->conf->certificate
           ? ngx_oauth_mtls_value(ctx, thumbprint)
           : ngx_oauth_mtls_connection(ctx->request, thumbprint);
}


/*
 * The value may depend on the token through a "map", so variables of the module
 * show the token, as they do while the policy is evaluated.
 */

static oauth_reason_t
ngx_oauth_mtls_value(ngx_oauth_ctx_t *ctx, u_char *thumbprint)
{
    ngx_int_t  rc;
    ngx_str_t  value;

    if (ctx->conf->certificate_field.len
        && ngx_oauth_mtls_fields(ctx->request, &ctx->conf->certificate_field)
           > 1)
    {
        return OAUTH_CERTIFICATE_MALFORMED;
    }

    ctx->judging = 1;
    ctx->doubted = 0;

    rc = ngx_oauth_evaluate_value(ctx->request, ctx->conf->certificate, &value);

    ctx->judging = 0;

    if (rc != NGX_OK || ctx->doubted) {
        return OAUTH_SERVER_ERROR;
    }

    return oauth_certificate_parse(ngx_oauth_str(&value), thumbprint);
}


/*
 * Returns how many fields have this name.  If there is more than one, the first
 * may be the client's; some versions of nginx show only that one.
 */

static ngx_uint_t
ngx_oauth_mtls_fields(ngx_http_request_t *r, const ngx_str_t *name)
{
    size_t                   i;
    ngx_uint_t               n;
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    n = 0;
    walk = ngx_oauth_field_start(&r->headers_in.headers);

    while ((h = ngx_oauth_field_next(&walk)) != NULL) {

        if (h->hash == 0 || h->key.len != name->len) {
            continue;
        }

        for (i = 0; i < name->len; i++) {
            if (ngx_oauth_field_normal(h->key.data[i]) != name->data[i]) {
                break;
            }
        }

        n += (i == name->len);
    }

    return n;
}


/* The certificate stays the same as long as the connection. */

static oauth_reason_t
ngx_oauth_mtls_connection(ngx_http_request_t *r, u_char *thumbprint)
{
#if (NGX_HTTP_SSL)

    oauth_reason_t          reason;
    ngx_connection_t       *c;
    ngx_pool_cleanup_t     *cln;
    ngx_oauth_mtls_kept_t  *kept;

    c = r->connection;

    if (c->ssl == NULL) {
        return OAUTH_NO_CERTIFICATE;
    }

    for (cln = c->pool->cleanup; cln; cln = cln->next) {
        if (cln->handler == ngx_oauth_mtls_forget) {
            kept = cln->data;
            ngx_memcpy(thumbprint, kept->thumbprint, OAUTH_HASH_SIZE);
            return kept->reason;
        }
    }

    ngx_memzero(thumbprint, OAUTH_HASH_SIZE);

    reason = ngx_oauth_mtls_peer(r, thumbprint);

    if (reason == OAUTH_SERVER_ERROR) {
        return reason;
    }

    cln = ngx_pool_cleanup_add(c->pool, sizeof(ngx_oauth_mtls_kept_t));

    if (cln) {
        kept = cln->data;
        kept->reason = reason;
        ngx_memcpy(kept->thumbprint, thumbprint, OAUTH_HASH_SIZE);
        cln->handler = ngx_oauth_mtls_forget;
    }

    return reason;

#else

    return OAUTH_NO_CERTIFICATE;

#endif
}


#if (NGX_HTTP_SSL)

/* A resumed session has the certificate of its first connection. */

static oauth_reason_t
ngx_oauth_mtls_peer(ngx_http_request_t *r, u_char *thumbprint)
{
    ngx_str_t  pem;

    if (ngx_ssl_get_raw_certificate(r->connection, r->pool, &pem) != NGX_OK) {
        return OAUTH_SERVER_ERROR;
    }

    return oauth_certificate_parse(ngx_oauth_str(&pem), thumbprint);
}


/* The mark of the connection's cleanup that keeps the thumbprint. */

static void
ngx_oauth_mtls_forget(void *data)
{
}

#endif
