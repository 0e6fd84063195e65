
/*
 * An issuer in one worker: when its keys are looked at again
 * (ngx_oauth_keys has their states), and whom a change wakes.
 *
 * Requests wait only while some worker fetches.  The end of the fetch wakes
 * them.  If that worker died, a worker in which requests wait takes over.
 *
 * Providers live in the cycle's pool.
 */


#include "ngx_oauth_provider.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_doc_table.h"
#include "ngx_oauth_fetch.h"
#include "ngx_oauth_fetch_store.h"
#include "ngx_oauth_keys_status.h"
#include "ngx_oauth_readiness.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_PROVIDER_POLL  100            /* ms; while requests wait    */
#define NGX_OAUTH_PROVIDER_IDLE  1000           /* ms                         */


struct ngx_oauth_provider_s {
    ngx_oauth_keys_t         keys;
    ngx_oauth_wait_queue_t   waits;     /* for the end of a fetch             */
    ngx_event_t              timer;
};


static ngx_int_t ngx_oauth_provider_create(ngx_cycle_t *cycle,
    ngx_oauth_issuer_t *issuer);
static void ngx_oauth_provider_free(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_schedule(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_timer(ngx_event_t *ev);
static void ngx_oauth_provider_fetched(ngx_oauth_keys_t *keys);


/* The issuers of this worker, while it runs. */

static ngx_array_t  *ngx_oauth_provider_issuers;


ngx_oauth_doc_list_t *
ngx_oauth_provider_register(ngx_oauth_zone_t *zone, ngx_array_t *issuers)
{
    u_char                     id[NGX_OAUTH_DOC_ID];
    ngx_uint_t                 i;
    ngx_oauth_issuer_t       **issuer;
    ngx_oauth_doc_list_t      *docs;
    ngx_oauth_notice_table_t  *notices;

    /*
     * The table is not the one of refusals, which strangers can fill for a
     * minute.
     */

    notices = ngx_oauth_notice_register(zone, issuers->pool);
    docs = ngx_oauth_doc_table_register(zone, issuers->pool);

    if (notices == NULL || docs == NULL) {
        return NULL;
    }

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        issuer[i]->notices = notices;

        if (issuer[i]->jwks_file.len) {
            continue;
        }

        ngx_oauth_issuer_write_id(issuer[i], id);

        issuer[i]->doc = ngx_oauth_doc_create(docs, issuers->pool, id);
        if (issuer[i]->doc == NULL) {
            return NULL;
        }
    }

    return docs;
}


ngx_int_t
ngx_oauth_provider_start(ngx_cycle_t *cycle, ngx_array_t *issuers)
{
    ngx_uint_t            i, store;
    ngx_oauth_issuer_t  **issuer;

    store = 0;
    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        store |= ngx_oauth_issuer_uses_store(issuer[i]);
    }

    if (ngx_oauth_fetch_create(cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    if (store) {
        ngx_oauth_fetch_store_start();
    }

    ngx_oauth_provider_issuers = issuers;

    for (i = 0; i < issuers->nelts; i++) {
        if (ngx_oauth_provider_create(cycle, issuer[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_provider_create(ngx_cycle_t *cycle, ngx_oauth_issuer_t *issuer)
{
    ngx_oauth_provider_t  *provider;

    provider = ngx_pcalloc(cycle->pool, sizeof(ngx_oauth_provider_t));
    if (provider == NULL) {
        return NGX_ERROR;
    }

    ngx_oauth_wait_queue_create(&provider->waits, cycle->log);

    ngx_oauth_watch_timer(&provider->timer, ngx_oauth_provider_timer,
                          cycle->log);
    provider->timer.cancelable = 1;

    ngx_oauth_keys_create(&provider->keys, issuer, ngx_oauth_provider_fetched,
                          cycle->log);

    issuer->provider = provider;

    if (provider->keys.doc) {

        /* The configuration may have changed while the metadata has not. */

        ngx_oauth_readiness_log(issuer, cycle->log);

        ngx_oauth_provider_timer(&provider->timer);
    }

    return NGX_OK;
}


void
ngx_oauth_provider_done(void)
{
    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuer;

    if (ngx_oauth_provider_issuers == NULL) {
        return;
    }

    issuer = ngx_oauth_provider_issuers->elts;

    for (i = 0; i < ngx_oauth_provider_issuers->nelts; i++) {
        if (issuer[i]->provider) {
            ngx_oauth_provider_free(issuer[i]->provider);
            issuer[i]->provider = NULL;
        }
    }

    ngx_oauth_provider_issuers = NULL;

    ngx_oauth_fetch_free();
    ngx_oauth_fetch_store_done();
}


static void
ngx_oauth_provider_free(ngx_oauth_provider_t *provider)
{
    ngx_oauth_wait_queue_free(&provider->waits);

    if (provider->timer.timer_set) {
        ngx_del_timer(&provider->timer);
    }

    ngx_oauth_keys_free(&provider->keys);
}


const oauth_jwks_t *
ngx_oauth_provider_keys(ngx_oauth_provider_t *provider)
{
    ngx_oauth_keys_update_if_changed(&provider->keys);

    return provider->keys.usable ? provider->keys.set : NULL;
}


ngx_int_t
ngx_oauth_provider_status(ngx_oauth_provider_t *provider,
    oauth_status_issuer_t *status, ngx_pool_t *pool)
{
    return ngx_oauth_keys_status_read(&provider->keys, status, pool);
}


ngx_uint_t
ngx_oauth_provider_generation(const ngx_oauth_provider_t *provider)
{
    return provider->keys.generation;
}


ngx_int_t
ngx_oauth_provider_wait(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key, ngx_oauth_wait_t *wait)
{
    ngx_uint_t         news, generation;
    ngx_oauth_keys_t  *keys;

    keys = &provider->keys;

    if (keys->doc == NULL || ngx_oauth_wait_left(wait) == 0) {
        return NGX_DECLINED;
    }

    generation = keys->generation;

    ngx_oauth_keys_reclaim(keys);
    ngx_oauth_keys_update(keys);

    /* the caller has not seen these keys: wake it at once */

    news = (keys->generation != generation);

    if (!news
        && !ngx_oauth_keys_is_fetching(keys)
        && !ngx_oauth_keys_fetch(keys, unknown_key))
    {
        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wait->log, 0,
                       "oauth: issuer \"%V\": the request does not wait, no "
                       "fetch%s may start yet", &keys->issuer->name,
                       unknown_key ? " for an unknown key" : "");

        return NGX_DECLINED;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, wait->log, 0,
                   "oauth: issuer \"%V\": the request waits for %s, %M ms at "
                   "most", &keys->issuer->name,
                   news ? "its turn because keys have come"
                        : "the end of a fetch",
                   ngx_oauth_wait_left(wait));

    ngx_oauth_wait_start(&provider->waits, wait);

    if (keys->issuer->counted) {
        ngx_oauth_counters_add(&keys->issuer->counted->waits, 1);
    }

    if (news) {
        ngx_oauth_wait_queue_wake(&provider->waits);
    }

    ngx_oauth_provider_schedule(provider);

    return NGX_AGAIN;
}


void
ngx_oauth_provider_fetch(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key)
{
    ngx_oauth_keys_t  *keys;

    keys = &provider->keys;

    if (keys->doc == NULL) {
        return;
    }

    ngx_oauth_keys_reclaim(keys);
    ngx_oauth_keys_update(keys);

    if (!ngx_oauth_keys_is_fetching(keys)) {
        (void) ngx_oauth_keys_fetch(keys, unknown_key);
    }
}


time_t
ngx_oauth_provider_retry_after(const ngx_oauth_provider_t *provider)
{
    ngx_msec_int_t           left;
    const ngx_oauth_keys_t  *keys;

    keys = &provider->keys;
    left = (ngx_msec_int_t) (keys->due - ngx_current_msec);

    if (keys->state.failures == 0 || left < 1000) {
        return 1;
    }

    return (left + 999) / 1000;
}


/*
 * Sets the time of the next look at the zone.  While requests wait, another
 * worker may fetch for them, and this one looks often whether it has ended.
 */

static void
ngx_oauth_provider_schedule(ngx_oauth_provider_t *provider)
{
    ngx_msec_int_t  delay, left;

    if (provider->timer.timer_set) {
        ngx_del_timer(&provider->timer);
    }

    delay = NGX_OAUTH_PROVIDER_IDLE;

    if (!ngx_oauth_wait_queue_is_empty(&provider->waits)) {
        delay = NGX_OAUTH_PROVIDER_POLL;

    } else if (ngx_exiting) {
        return;
    }

    left = (ngx_msec_int_t) (provider->keys.due - ngx_current_msec);

    if (left > 0 && left < delay) {
        delay = left;
    }

    ngx_add_timer(&provider->timer, delay);
}


static void
ngx_oauth_provider_timer(ngx_event_t *ev)
{
    ngx_uint_t             waiting;
    ngx_oauth_keys_t      *keys;
    ngx_oauth_provider_t  *provider;

    provider = ngx_oauth_container(ev, ngx_oauth_provider_t, timer);
    keys = &provider->keys;

    ngx_oauth_keys_reclaim(keys);
    ngx_oauth_keys_update(keys);

    waiting = !ngx_oauth_wait_queue_is_empty(&provider->waits);

    /*
     * The update has woken those whose fetch has ended.  If a request still
     * waits, but nobody fetches, then the worker that did has died.
     */

    if (!ngx_oauth_keys_is_fetching(keys)
        && (waiting || !ngx_exiting)
        && !ngx_oauth_keys_fetch(keys, waiting)
        && waiting)
    {
        ngx_oauth_wait_queue_wake(&provider->waits);
    }

    ngx_oauth_provider_schedule(provider);
}


static void
ngx_oauth_provider_fetched(ngx_oauth_keys_t *keys)
{
    ngx_oauth_provider_t  *provider;

    provider = ngx_oauth_container(keys, ngx_oauth_provider_t, keys);

    ngx_oauth_wait_queue_wake(&provider->waits);
    ngx_oauth_provider_schedule(provider);
}
