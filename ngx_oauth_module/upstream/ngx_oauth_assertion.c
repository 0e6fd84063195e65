
/*
 * Mints assertions with the first key of the server.  One that was minted is
 * kept with the token (oauth_minted.h) for half of its time, so whatever the
 * app gets is good for the other half at least, unless the token ends before.
 * The token outlives the list, but a long request may outlive an assertion in
 * it, so each request gets a copy in its pool.
 */


#include "ngx_oauth_assertion.h"
#include "ngx_oauth_notice.h"
#include "ngx_oauth_resource.h"
#include "oauth_assertion.h"
#include "oauth_secret.h"


static ngx_int_t ngx_oauth_assertion_mint(ngx_oauth_ctx_t *ctx,
    ngx_str_t *value);
static oauth_result_t ngx_oauth_assertion_sign(ngx_oauth_ctx_t *ctx,
    time_t now, oauth_buf_t *buf);
static void ngx_oauth_assertion_keep(ngx_oauth_ctx_t *ctx, time_t now,
    oauth_str_t text);
static ngx_int_t ngx_oauth_assertion_copy(ngx_oauth_ctx_t *ctx,
    oauth_str_t text, ngx_str_t *value);
static ngx_int_t ngx_oauth_assertion_refuse(ngx_oauth_ctx_t *ctx,
    oauth_result_t result);


ngx_int_t
ngx_oauth_assertion_value(ngx_oauth_ctx_t *ctx, ngx_str_t *value)
{
    oauth_str_t  kept;

    kept = oauth_minted_lookup(ctx->token->minted, ctx->conf->assertion,
                               ctx->conf->resource, ngx_time());

    return kept.data ? ngx_oauth_assertion_copy(ctx, kept, value)
                     : ngx_oauth_assertion_mint(ctx, value);
}


static ngx_int_t
ngx_oauth_assertion_mint(ngx_oauth_ctx_t *ctx, ngx_str_t *value)
{
    time_t           now;
    ngx_int_t        rc;
    oauth_buf_t      buf;
    oauth_result_t   result;

    now = ngx_time();
    ngx_memzero(&buf, sizeof(oauth_buf_t));

    result = ngx_oauth_assertion_sign(ctx, now, &buf);

    if (result == OAUTH_DONE) {
        ngx_oauth_assertion_keep(ctx, now, oauth_buf_str(&buf));
        rc = ngx_oauth_assertion_copy(ctx, oauth_buf_str(&buf), value);

    } else {
        rc = ngx_oauth_assertion_refuse(ctx, result);
    }

    /* A failed signature leaves memory in it, too. */

    oauth_secret_free(&buf);

    return rc;
}


static oauth_result_t
ngx_oauth_assertion_sign(ngx_oauth_ctx_t *ctx, time_t now, oauth_buf_t *buf)
{
    oauth_signer_t                    **signers;
    oauth_assertion_t                   assertion;
    ngx_http_request_t                 *r;
    const ngx_oauth_resource_t         *resource;
    const ngx_oauth_srv_conf_t         *scf;
    const ngx_oauth_main_conf_t        *mcf;
    const ngx_http_variable_value_t    *id;
    const ngx_oauth_conf_assertion_t   *conf;

    r = ctx->request;
    conf = ctx->conf->assertion;
    resource = ctx->conf->resource;
    scf = ngx_http_get_module_srv_conf(r, ngx_oauth_module);
    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);

    id = ngx_http_get_indexed_variable(r, mcf->request_id);

    if (id == NULL || id->not_found) {
        return OAUTH_NO_MEMORY;
    }

    assertion.issuer = ngx_oauth_str(&resource->url);
    assertion.issuer.len = resource->origin;
    assertion.audience = ngx_oauth_str(conf->audience.len ? &conf->audience
                                                          : &resource->url);
    assertion.transaction.data = id->data;
    assertion.transaction.len = id->len;
    assertion.ttl = conf->ttl;
    assertion.claims = conf->claims ? conf->claims->elts : NULL;
    assertion.nclaims = conf->claims ? conf->claims->nelts : 0;

    signers = scf->signers->elts;

    return oauth_assertion_sign(&assertion, ctx->token, signers[0], now, buf);
}


/* If memory is short for it, the next request mints another one. */

static void
ngx_oauth_assertion_keep(ngx_oauth_ctx_t *ctx, time_t now, oauth_str_t text)
{
    oauth_minted_use_t  use;

    use.directive = ctx->conf->assertion;
    use.resource = ctx->conf->resource;
    use.starts = now;
    use.ends = now + ctx->conf->assertion->ttl / 2;

    (void) oauth_minted_store(&ctx->token->minted, &use, text);
}


static ngx_int_t
ngx_oauth_assertion_copy(ngx_oauth_ctx_t *ctx, oauth_str_t text,
    ngx_str_t *value)
{
    value->len = text.len;
    value->data = ngx_pnalloc(ctx->request->pool, text.len);

    if (value->data == NULL) {
        return ngx_oauth_assertion_refuse(ctx, OAUTH_NO_MEMORY);
    }

    ngx_memcpy(value->data, text.data, text.len);

    return NGX_OK;
}


/*
 * The app must not get a request without an assertion that it may rely on.  A
 * client with a large token can cause this line again and again.
 */

static ngx_int_t
ngx_oauth_assertion_refuse(ngx_oauth_ctx_t *ctx, oauth_result_t result)
{
    ngx_log_t                    *log;
    ngx_uint_t                    level;
    const ngx_str_t              *url;
    const ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    log = ctx->request->connection->log;
    url = &ctx->conf->resource->url;
    level = ngx_oauth_notice_level(mcf->notices,
                               (uint64_t) ngx_crc32_long(url->data, url->len)
                               << 32 | OAUTH_REASONS, log);

    ngx_log_error(level, log, 0, "oauth: no assertion for \"%V\": %s%s", url,
                  (result == OAUTH_INVALID)
                  ? "its claims are longer than 4096 bytes: name fewer in "
                    "\"claims=\" of oauth_assertion, or have the authorization "
                    "server put less into its tokens"
                  : "memory is short",
                  ngx_oauth_notice_hint(level));

    ctx->reason = OAUTH_SERVER_ERROR;

    return NGX_DECLINED;
}
