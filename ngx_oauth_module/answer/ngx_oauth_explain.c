
/*
 * The line that the error log gets for a refusal: the reason, what came and
 * what was wanted.  It is put together on the stack, and only where the log's
 * level asks for it: whatever a step did not note is found again here.
 *
 * Of a token it shows iss, aud, scopes, typ, alg, kid and times, quoted and
 * cut, and nothing else.  What nobody has verified "claims to be".
 */


#include "ngx_oauth_explain.h"
#include "ngx_oauth_explain_line.h"
#include "ngx_oauth_notice.h"
#include "ngx_oauth_resource.h"


#define NGX_OAUTH_EXPLAIN_LINE    1408  /* bytes; nginx cuts a line at 2048   */
#define NGX_OAUTH_EXPLAIN_VALUE   134   /* 128 bytes, and room for dots       */


static ngx_uint_t ngx_oauth_explain_level(ngx_oauth_ctx_t *ctx);
static uint64_t ngx_oauth_explain_key(ngx_oauth_ctx_t *ctx);
static u_char *ngx_oauth_explain_write(ngx_oauth_ctx_t *ctx, u_char *line,
    u_char *last);


/* What a line at error goes on with. */

static const char  ngx_oauth_explain_hint[] =
    "; more of these appear at this level once a minute, and all of them at "
    "level info";


void
ngx_oauth_explain(ngx_oauth_ctx_t *ctx)
{
    u_char       line[NGX_OAUTH_EXPLAIN_LINE], *last;
    ngx_log_t   *log;
    ngx_uint_t   level;

    log = ctx->request->connection->log;
    level = ngx_oauth_explain_level(ctx);

    if (log->log_level < level) {
        return;
    }

    last = ngx_oauth_explain_write(ctx, line, line + sizeof(line));

    ngx_log_error(level, log, 0, "oauth: refused: %*s%s", last - line, line,
                  level == NGX_LOG_ERR ? ngx_oauth_explain_hint : "");
}


/*
 * What a mistake in the configuration, or at the authorization server, looks
 * like is logged at the level that is nginx's default, as auth_basic does with
 * a wrong password; but strangers can cause it, so not every time.
 */

static ngx_uint_t
ngx_oauth_explain_level(ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_main_conf_t  *mcf;

    if (ctx->reason != OAUTH_UNKNOWN_ISSUER
        && ctx->reason != OAUTH_WRONG_AUDIENCE
        && ctx->reason != OAUTH_MALFORMED_TOKEN)
    {
        return NGX_LOG_INFO;
    }

    if (ctx->request->connection->log->log_level < NGX_LOG_ERR) {
        return NGX_LOG_INFO;
    }

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    return ngx_oauth_notice_acquire(mcf->notices, ngx_oauth_explain_key(ctx))
           ? NGX_LOG_ERR : NGX_LOG_INFO;
}


/* The reason, the resource, and the issuer where it has signed the token. */

static uint64_t
ngx_oauth_explain_key(ngx_oauth_ctx_t *ctx)
{
    uint64_t          key;
    const ngx_str_t  *url;

    url = &ctx->conf->resource->url;
    key = (uint64_t) ngx_crc32_long(url->data, url->len) << 32;

    if (ctx->token && ctx->issuer) {
        key |= (uint64_t) (ngx_crc32_long(ctx->issuer->name.data,
                                          ctx->issuer->name.len)
                           & 0xffffff)
               << 8;
    }

    return key | ctx->reason;
}


static u_char *
ngx_oauth_explain_write(ngx_oauth_ctx_t *ctx, u_char *line, u_char *last)
{
    ngx_str_t                   name;
    oauth_str_t                 kid;
    ngx_oauth_explain_t         e;
    const oauth_reason_info_t  *reason;

    e.ctx = ctx;
    e.pos = line;
    e.last = last;

    /* 512 bytes of the token in all, a part of which is kept for the kid. */

    e.came.left = 512 - NGX_OAUTH_EXPLAIN_VALUE;
    e.came.most = NGX_OAUTH_EXPLAIN_VALUE;
    e.kid.left = NGX_OAUTH_EXPLAIN_VALUE;
    e.kid.most = NGX_OAUTH_EXPLAIN_VALUE;
    e.wanted.left = 512;
    e.wanted.most = 256;

    reason = oauth_reason_info(ctx->reason);

    ngx_oauth_explain_put(&e, "%s: %s", reason->code, reason->sentence);

    ngx_oauth_explain_form(&e);
    ngx_oauth_explain_jwt(&e);
    ngx_oauth_explain_policy(&e);

    kid = (oauth_str_t) { 0, NULL };

    if (ctx->token) {
        kid = ctx->token->kid;

    } else if (ctx->jwt) {
        kid = ctx->jwt->jws.kid;
    }

    ngx_str_null(&name);

    if ((ctx->token || ctx->jwt) && ctx->issuer) {
        name = ctx->issuer->name;
    }

    ngx_oauth_explain_put(&e, ", issuer \"%V\", kid ", &name);
    ngx_oauth_explain_value(&e, &e.kid, kid);

    return e.pos;
}
