
/*
 * The line that the error log gets about a refused request: the reason, what
 * the module found and what it expected.  The steps of the decision note the
 * reason only.  If the log's level asks for the line, the rest is looked up
 * again here, and the line is put together on the stack.
 *
 * Of a token the line shows iss, aud, scopes, acr, typ, alg and kid, which are
 * quoted and cut, times as numbers, the kind of cnf, and the thumbprint of a
 * certificate.  Of other claims it shows only names.  Of an Authorization
 * header it shows only a well-known scheme.  If the signature has not been
 * verified, the line says "token claims to".
 */


#include "ngx_oauth_explain.h"
#include "ngx_oauth_explain_line.h"
#include "ngx_oauth_notice.h"
#include "ngx_oauth_resource.h"


#define NGX_OAUTH_EXPLAIN_LINE    1408  /* bytes; nginx cuts a line at 2048   */
#define NGX_OAUTH_EXPLAIN_VALUE   134   /* 128 bytes, and room for dots       */


static ngx_uint_t ngx_oauth_explain_level(ngx_oauth_ctx_t *ctx);
static uint64_t ngx_oauth_explain_notice_key(ngx_oauth_ctx_t *ctx);
static u_char *ngx_oauth_explain_write(ngx_oauth_ctx_t *ctx, u_char *line,
    u_char *last);


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

    ngx_log_error(level, log, 0, "oauth: refused%s: %*s%s",
                  ctx->conf->dry_run ? ", dry run" : "", last - line, line,
                  ngx_oauth_notice_hint(level));
}


/*
 * Three reasons often mean that the configuration or the authorization server
 * has a mistake.  They are logged at level error, which is nginx's default.
 * But anyone can send such a token, so at that level only one line a minute is
 * written for each key below; the other lines are at level info.
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

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    return ngx_oauth_notice_level(mcf->notices,
                                  ngx_oauth_explain_notice_key(ctx),
                                  ctx->request->connection->log);
}


/*
 * A number made of the reason, the resource, and, if the token is verified, its
 * issuer.
 */

static uint64_t
ngx_oauth_explain_notice_key(ngx_oauth_ctx_t *ctx)
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

    /*
     * All values of the token may take 512 bytes together.  Of these a part is
     * set aside for the kid, which comes last.
     */

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
    ngx_oauth_explain_stale(&e);
    ngx_oauth_explain_proof(&e);
    ngx_oauth_explain_mtls(&e);
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
