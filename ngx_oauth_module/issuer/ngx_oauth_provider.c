
/*
 * An issuer in one worker: its place in the configuration and in the zone,
 * its keys (ngx_oauth_keys has their life), and the requests that wait.
 *
 * Requests wait only while a fetch is under way somewhere.  When it ends they
 * are woken one by one from a posted event; when its worker died, one of
 * those that wait for it takes over.
 *
 * Providers belong to the cycle's pool; a wait belongs to its request.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_md5.h>

#include "ngx_oauth_provider.h"
#include "ngx_oauth_compat.h"
#include "ngx_oauth_doc_table.h"
#include "ngx_oauth_fetch.h"
#include "ngx_oauth_keys.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_PROVIDER_WAIT  5000           /* ms; a request waits        */
#define NGX_OAUTH_PROVIDER_POLL  100            /* ms; while requests wait    */
#define NGX_OAUTH_PROVIDER_IDLE  1000           /* ms                         */


struct ngx_oauth_provider_s {
    ngx_oauth_keys_t        keys;

    ngx_queue_t             waits;      /* for the end of a fetch             */
    ngx_queue_t             woken;      /* their turn comes in "wake"         */
    ngx_event_t             wake;
    ngx_event_t             timer;
};


static void ngx_oauth_provider_id(const ngx_oauth_issuer_t *issuer, u_char *id);
static ngx_uint_t ngx_oauth_provider_needs_store(ngx_oauth_issuer_t *issuer);
static void ngx_oauth_provider_digest(ngx_md5_t *md5, const ngx_str_t *part);
static ngx_int_t ngx_oauth_provider_create(ngx_cycle_t *cycle,
    ngx_oauth_issuer_t *issuer);
static void ngx_oauth_provider_free(ngx_oauth_provider_t *provider);

static void ngx_oauth_provider_schedule(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_timer(ngx_event_t *ev);
static void ngx_oauth_provider_fetched(ngx_oauth_keys_t *keys);
static void ngx_oauth_provider_wake(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_wake_handler(ngx_event_t *ev);
static void ngx_oauth_provider_unlink(ngx_oauth_wait_t *wait);
static void ngx_oauth_provider_unlink_all(ngx_queue_t *queue);
static void ngx_oauth_provider_wait_timer(ngx_event_t *ev);


/* Those of this worker, while it runs. */

static ngx_array_t  *ngx_oauth_provider_issuers;


ngx_oauth_doc_list_t *
ngx_oauth_provider_register(ngx_oauth_zone_t *zone, ngx_array_t *issuers)
{
    u_char                 id[NGX_OAUTH_DOC_ID];
    ngx_uint_t             i;
    ngx_oauth_issuer_t   **issuer;
    ngx_oauth_doc_list_t  *docs;

    docs = ngx_oauth_doc_table_register(zone, issuers->pool);
    if (docs == NULL) {
        return NULL;
    }

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        if (issuer[i]->jwks_file.len) {
            continue;
        }

        ngx_oauth_provider_id(issuer[i], id);

        issuer[i]->doc = ngx_oauth_doc_create(docs, issuers->pool, id);
        if (issuer[i]->doc == NULL) {
            return NULL;
        }
    }

    return docs;
}


/*
 * The documents belong to one oauth_issuer block and to all that decides where
 * they come from and whether they are believed: a block that is changed in the
 * configuration starts without any, two blocks never share a lease.
 */

static void
ngx_oauth_provider_id(const ngx_oauth_issuer_t *issuer, u_char *id)
{
    ngx_md5_t  md5;

    ngx_md5_init(&md5);

    ngx_oauth_provider_digest(&md5, &issuer->name);
    ngx_oauth_provider_digest(&md5, &issuer->issuer);
    ngx_oauth_provider_digest(&md5, &issuer->config_url);
    ngx_oauth_provider_digest(&md5, &issuer->jwks_uri);
    ngx_oauth_provider_digest(&md5, &issuer->certificates);
    ngx_md5_update(&md5, &issuer->policy.algorithms, sizeof(oauth_algs_t));
    ngx_md5_update(&md5, &issuer->allow_http, sizeof(ngx_flag_t));

    ngx_md5_final(id, &md5);
}


static void
ngx_oauth_provider_digest(ngx_md5_t *md5, const ngx_str_t *part)
{
    ngx_md5_update(md5, &part->len, sizeof(size_t));

    if (part->len) {
        ngx_md5_update(md5, part->data, part->len);
    }
}


ngx_int_t
ngx_oauth_provider_start(ngx_cycle_t *cycle, ngx_array_t *issuers)
{
    ngx_uint_t            i, https;
    ngx_oauth_issuer_t  **issuer;

    https = 0;
    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {
        https |= ngx_oauth_provider_needs_store(issuer[i]);
    }

    if (ngx_oauth_fetch_create(https, cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_oauth_provider_issuers = issuers;

    for (i = 0; i < issuers->nelts; i++) {
        if (ngx_oauth_provider_create(cycle, issuer[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* 1 when the system's certificates will be asked about this issuer. */

static ngx_uint_t
ngx_oauth_provider_needs_store(ngx_oauth_issuer_t *issuer)
{
    return issuer->doc
           && issuer->certificates.len == 0
           && issuer->issuer.len > sizeof("https:") - 1
           && ngx_strncmp(issuer->issuer.data, "https:", 6) == 0;
}


static ngx_int_t
ngx_oauth_provider_create(ngx_cycle_t *cycle, ngx_oauth_issuer_t *issuer)
{
    ngx_oauth_provider_t  *provider;

    provider = ngx_pcalloc(cycle->pool, sizeof(ngx_oauth_provider_t));
    if (provider == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&provider->waits);
    ngx_queue_init(&provider->woken);

    ngx_oauth_watch_timer(&provider->wake, ngx_oauth_provider_wake_handler,
                          cycle->log);
    ngx_oauth_watch_timer(&provider->timer, ngx_oauth_provider_timer,
                          cycle->log);
    provider->timer.cancelable = 1;

    ngx_oauth_keys_create(&provider->keys, issuer, ngx_oauth_provider_fetched,
                          cycle->log);

    issuer->provider = provider;

    if (provider->keys.doc) {
        ngx_oauth_provider_timer(&provider->timer);
    }

    return NGX_OK;
}


void
ngx_oauth_provider_done(ngx_cycle_t *cycle)
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
}


static void
ngx_oauth_provider_free(ngx_oauth_provider_t *provider)
{
    ngx_oauth_provider_unlink_all(&provider->waits);
    ngx_oauth_provider_unlink_all(&provider->woken);

    if (provider->timer.timer_set) {
        ngx_del_timer(&provider->timer);
    }

    if (provider->wake.posted) {
        ngx_delete_posted_event(&provider->wake);
    }

    ngx_oauth_keys_free(&provider->keys);
}


const oauth_jwks_t *
ngx_oauth_provider_keys(ngx_oauth_provider_t *provider)
{
    ngx_oauth_keys_lookup(&provider->keys);

    return provider->keys.usable ? provider->keys.set : NULL;
}


ngx_uint_t
ngx_oauth_provider_generation(ngx_oauth_provider_t *provider)
{
    return provider->keys.generation;
}


ngx_int_t
ngx_oauth_provider_wait(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key, ngx_oauth_wait_t *wait)
{
    ngx_uint_t         news, generation;
    ngx_msec_int_t     left;
    ngx_oauth_keys_t  *keys;

    keys = &provider->keys;

    if (keys->doc == NULL) {
        return NGX_DECLINED;
    }

    if (!wait->started) {
        wait->started = 1;
        wait->deadline = ngx_current_msec + NGX_OAUTH_PROVIDER_WAIT;
    }

    left = (ngx_msec_int_t) (wait->deadline - ngx_current_msec);

    if (left <= 0) {
        return NGX_DECLINED;
    }

    generation = keys->generation;

    ngx_oauth_keys_expire(keys);
    ngx_oauth_keys_update(keys);

    /* other keys than the caller saw: it comes again at once */

    news = (keys->generation != generation);

    if (!news
        && !ngx_oauth_keys_is_fetching(keys)
        && !ngx_oauth_keys_fetch(keys, unknown_key))
    {
        return NGX_DECLINED;
    }

    wait->log = keys->log;

    ngx_oauth_watch_timer(&wait->timer, ngx_oauth_provider_wait_timer,
                          wait->log);
    ngx_add_timer(&wait->timer, left);

    ngx_queue_insert_tail(&provider->waits, &wait->queue);
    wait->linked = 1;

    if (news) {
        ngx_oauth_provider_wake(provider);
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

    ngx_oauth_keys_expire(keys);
    ngx_oauth_keys_update(keys);

    if (!ngx_oauth_keys_is_fetching(keys)) {
        (void) ngx_oauth_keys_fetch(keys, unknown_key);
    }
}


void
ngx_oauth_provider_cancel(ngx_oauth_wait_t *wait)
{
    if (wait->linked) {
        ngx_oauth_provider_unlink(wait);
    }
}


time_t
ngx_oauth_provider_retry_after(ngx_oauth_provider_t *provider)
{
    ngx_msec_int_t     left;
    ngx_oauth_keys_t  *keys;

    keys = &provider->keys;
    left = (ngx_msec_int_t) (keys->due - ngx_current_msec);

    if (keys->state.failures == 0 || left < 1000) {
        return 1;
    }

    return (left + 999) / 1000;
}


/* While requests wait for another worker, its end is looked for often. */

static void
ngx_oauth_provider_schedule(ngx_oauth_provider_t *provider)
{
    ngx_msec_int_t  delay, left;

    if (provider->timer.timer_set) {
        ngx_del_timer(&provider->timer);
    }

    delay = NGX_OAUTH_PROVIDER_IDLE;

    if (!ngx_queue_empty(&provider->waits)) {
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

    ngx_oauth_keys_expire(keys);
    ngx_oauth_keys_update(keys);

    waiting = !ngx_queue_empty(&provider->waits);

    /*
     * Those whose fetch ended have been woken by the update: who still waits
     * while there is no fetch has seen its worker die.
     */

    if (!ngx_oauth_keys_is_fetching(keys)
        && (waiting || !ngx_exiting)
        && !ngx_oauth_keys_fetch(keys, waiting)
        && waiting)
    {
        ngx_oauth_provider_wake(provider);
    }

    ngx_oauth_provider_schedule(provider);
}


static void
ngx_oauth_provider_fetched(ngx_oauth_keys_t *keys)
{
    ngx_oauth_provider_t  *provider;

    provider = ngx_oauth_container(keys, ngx_oauth_provider_t, keys);

    ngx_oauth_provider_wake(provider);
    ngx_oauth_provider_schedule(provider);
}


/* Those that begin to wait later, wait for another fetch. */

static void
ngx_oauth_provider_wake(ngx_oauth_provider_t *provider)
{
    if (ngx_queue_empty(&provider->waits)) {
        return;
    }

    ngx_queue_add(&provider->woken, &provider->waits);
    ngx_queue_init(&provider->waits);

    ngx_post_event(&provider->wake, &ngx_posted_events);
}


/* A handler may cancel other waits, and wait again. */

static void
ngx_oauth_provider_wake_handler(ngx_event_t *ev)
{
    ngx_queue_t           *q;
    ngx_oauth_wait_t      *wait;
    ngx_oauth_provider_t  *provider;

    provider = ngx_oauth_container(ev, ngx_oauth_provider_t, wake);

    while (!ngx_queue_empty(&provider->woken)) {
        q = ngx_queue_head(&provider->woken);
        wait = ngx_queue_data(q, ngx_oauth_wait_t, queue);

        ngx_oauth_provider_unlink(wait);
        wait->handler(wait);
    }
}


static void
ngx_oauth_provider_unlink(ngx_oauth_wait_t *wait)
{
    ngx_queue_remove(&wait->queue);
    wait->linked = 0;

    if (wait->timer.timer_set) {
        ngx_del_timer(&wait->timer);
    }
}


static void
ngx_oauth_provider_unlink_all(ngx_queue_t *queue)
{
    ngx_queue_t  *q;

    while (!ngx_queue_empty(queue)) {
        q = ngx_queue_head(queue);
        ngx_oauth_provider_unlink(ngx_queue_data(q, ngx_oauth_wait_t, queue));
    }
}


static void
ngx_oauth_provider_wait_timer(ngx_event_t *ev)
{
    ngx_oauth_wait_t  *wait;

    wait = ngx_oauth_container(ev, ngx_oauth_wait_t, timer);

    ngx_oauth_provider_unlink(wait);
    wait->handler(wait);
}
