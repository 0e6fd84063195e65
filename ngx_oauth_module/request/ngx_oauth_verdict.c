
/*
 * The one place in the code where the verdict about a request is known to be
 * final.  The handlers note in the context what they have done with the
 * request.  When nginx destroys the request's pool, which the context is in,
 * the last of these notes is the verdict.  It is counted and written to the
 * debug log.
 */


#include "ngx_oauth_resource.h"
#include "ngx_oauth_trace.h"
#include "ngx_oauth_verdict.h"


static void ngx_oauth_verdict_count(const ngx_oauth_ctx_t *ctx,
    ngx_oauth_counters_t *counters);
static void ngx_oauth_verdict_count_request(const ngx_oauth_ctx_t *ctx,
    ngx_oauth_counters_requests_t *requests);


void
ngx_oauth_verdict_done(const ngx_oauth_ctx_t *ctx)
{
    const ngx_oauth_main_conf_t  *mcf;

    if (ctx->verdict == NGX_OAUTH_VERDICT_NONE) {
        return;
    }

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    if (mcf->counters) {
        ngx_oauth_verdict_count(ctx, mcf->counters);
    }

    if (ngx_oauth_trace_is_on(ctx->request)) {
        ngx_oauth_trace_verdict(ctx);
    }
}


static void
ngx_oauth_verdict_count(const ngx_oauth_ctx_t *ctx,
    ngx_oauth_counters_t *counters)
{
    ngx_oauth_counters_table_t  *table;

    table = counters->table;

    ngx_oauth_verdict_count_request(ctx, &table->requests);

    if (ctx->verdict_conf->resource) {
        ngx_oauth_verdict_count_request(ctx,
                            &ctx->verdict_conf->resource->counted->requests);
    }

    if (ctx->verdict_issuer) {
        ngx_oauth_verdict_count_request(ctx,
                                     &ctx->verdict_issuer->counted->requests);
    }

    if (ctx->verdict == NGX_OAUTH_VERDICT_REFUSED) {
        ngx_oauth_counters_add(&table->reasons[ctx->verdict_reason], 1);
        ngx_oauth_counters_add_refusal(counters);

    } else if (ctx->verdict == NGX_OAUTH_VERDICT_DRY_RUN) {
        ngx_oauth_counters_add(&table->dry_reasons[ctx->verdict_reason], 1);
    }

    if (ctx->known) {
        ngx_oauth_counters_add(&table->hits, 1);

    } else if (ctx->verified) {
        ngx_oauth_counters_add(&table->misses, 1);
    }
}


static void
ngx_oauth_verdict_count_request(const ngx_oauth_ctx_t *ctx,
    ngx_oauth_counters_requests_t *requests)
{
    switch (ctx->verdict) {

    case NGX_OAUTH_VERDICT_ADMITTED:
        ngx_oauth_counters_add(&requests->admitted, 1);
        break;

    case NGX_OAUTH_VERDICT_REFUSED:
        ngx_oauth_counters_add(&requests->refused, 1);
        break;

    case NGX_OAUTH_VERDICT_DRY_RUN:
        ngx_oauth_counters_add(&requests->dry, 1);
        break;

    default:    /* NGX_OAUTH_VERDICT_OVERRULED */
        ngx_oauth_counters_add(&requests->overruled, 1);
        break;
    }
}
