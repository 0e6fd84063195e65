
/*
 * Decides whether a token that the cache has found may be used for a request.
 * The cache (oauth_cache) compares bytes.  It knows nothing of issuers, of keys
 * and of the clock, so these are looked at here.  The cache belongs to the
 * worker.
 */


#include "ngx_oauth_event.h"
#include "ngx_oauth_known.h"
#include "oauth_secret.h"
#include "oauth_siphash.h"


/*
 * The stamp of a known token.  Its 16 low bits are the generation of the
 * issuer's keys; an opaque token depends on no keys, and has generation 0.  The
 * others are the value of ngx_current_msec, in this worker, until which the
 * issuer's answer about the token may be used; NGX_OAUTH_KNOWN_ALWAYS: nobody
 * was asked, and the token may be used as long as it is valid.
 */

#define NGX_OAUTH_KNOWN_BITS    16
#define NGX_OAUTH_KNOWN_KEYS    (((uint64_t) 1 << NGX_OAUTH_KNOWN_BITS) - 1)
#define NGX_OAUTH_KNOWN_ALWAYS  (~(uint64_t) 0 >> NGX_OAUTH_KNOWN_BITS)


static uint64_t ngx_oauth_known_generation(const oauth_token_t *token,
    ngx_oauth_provider_t *provider);


oauth_cache_t *
ngx_oauth_known_create(size_t entries, ngx_log_t *log)
{
    u_char          secret[OAUTH_SIPHASH_KEY];
    oauth_cache_t  *cache;

    cache = NULL;

    if (oauth_secret_create(secret, sizeof(secret)) == 0) {
        cache = oauth_cache_create(entries, secret);
    }

    if (cache == NULL) {
        ngx_log_error(NGX_LOG_ALERT, log, 0,
                      "oauth: memory is short for oauth_cache, this worker "
                      "verifies every token anew");
    }

    return cache;
}


/*
 * The token's times are checked again.  It may have expired, and if the clock
 * was set back, it may not be valid yet.
 */

oauth_token_t *
ngx_oauth_known_lookup(const ngx_oauth_ctx_t *ctx)
{
    uint64_t                      stamp;
    oauth_token_t                *token;
    ngx_oauth_issuer_t           *issuer;
    ngx_oauth_provider_t         *provider;
    const ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    if (mcf->cache == NULL) {
        return NULL;
    }

    token = oauth_cache_lookup(mcf->cache, ctx->credentials.text,
                               ngx_oauth_known_accepts, ctx->conf->issuers,
                               &stamp);
    if (token == NULL) {
        return NULL;
    }

    issuer = ngx_oauth_container(token->rules, ngx_oauth_issuer_t, rules);
    provider = issuer->provider;

    if (provider
        && (token->opaque || ngx_oauth_provider_keys(provider))
        && ngx_oauth_known_generation(token, provider)
           == (stamp & NGX_OAUTH_KNOWN_KEYS)
        && (uint64_t) ngx_current_msec < stamp >> NGX_OAUTH_KNOWN_BITS
        && oauth_token_is_current(token, ngx_time()))
    {
        return oauth_token_acquire(token);
    }

    oauth_cache_expire(mcf->cache, token);

    return NULL;
}


void
ngx_oauth_known_store(const ngx_oauth_ctx_t *ctx)
{
    uint64_t                      until;
    const ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(ctx->request, ngx_oauth_module);

    if (mcf->cache == NULL) {
        return;
    }

    until = ctx->settled ? (uint64_t) ctx->believed
                              : NGX_OAUTH_KNOWN_ALWAYS;

    if (until <= ngx_current_msec) {
        return;
    }

    oauth_cache_store(mcf->cache, ctx->token,
                      until << NGX_OAUTH_KNOWN_BITS
                      | ngx_oauth_known_generation(ctx->token,
                                                   ctx->issuer->provider),
                      ngx_time());
}


static uint64_t
ngx_oauth_known_generation(const oauth_token_t *token,
    ngx_oauth_provider_t *provider)
{
    return token->opaque ? 0 : (ngx_oauth_provider_generation(provider)
                                & NGX_OAUTH_KNOWN_KEYS);
}


int
ngx_oauth_known_accepts(const oauth_token_rules_t *rules, const void *issuers)
{
    const ngx_array_t *array = issuers;

    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuer;

    issuer = array->elts;

    for (i = 0; i < array->nelts; i++) {
        if (&issuer[i]->rules == rules) {
            return 1;
        }
    }

    return 0;
}
