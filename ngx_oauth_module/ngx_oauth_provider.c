
/*
 * An issuer's life in one worker.  What all workers share is the record in
 * the zone (ngx_oauth_doc); a worker adds its parsed keys and the requests
 * that wait.  The states follow from the record's numbers and the clock:
 *
 *   none      no keys yet        a fetch is due at once
 *   fresh     keys               due at 80 - 90 % of their lifetime
 *   failing   failures > 0       due after a backoff of 1 s doubling to 60 s;
 *                                keys, if there are any, stay usable
 *   expired   keys older than    not usable any more
 *             key_stale
 *
 * In each a fetch may be under way: somebody holds the lease.  When it ends,
 * well or badly, the record's version changes; whoever sees that takes over
 * the keys and wakes the requests.
 *
 * Providers belong to the cycle's pool, their keys to the worker.
 */


#include "ngx_oauth_provider.h"
#include "ngx_oauth_compat.h"
#include "ngx_oauth_fetch.h"
#include "ngx_oauth_refresh.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_PROVIDER_WAIT      5000       /* ms; a request waits        */
#define NGX_OAUTH_PROVIDER_POLL      100        /* ms; while requests wait    */
#define NGX_OAUTH_PROVIDER_IDLE      1000       /* ms                         */
#define NGX_OAUTH_PROVIDER_BACKOFF   1000       /* ms; the first              */
#define NGX_OAUTH_PROVIDER_BACKOFFS  60000      /* ms; the longest            */
#define NGX_OAUTH_PROVIDER_AGE_MIN   60         /* s; of max-age              */
#define NGX_OAUTH_PROVIDER_AGE_MAX   86400      /* s                          */


struct ngx_oauth_provider_s {
    ngx_oauth_issuer_t     *issuer;
    ngx_oauth_doc_state_t   state;      /* the record's, as last seen         */

    oauth_jwks_t           *keys;
    oauth_jwks_t           *retired;    /* may still be in a caller's hands   */
    ngx_uint_t              parsed;     /* the record's generation of keys    */
    ngx_uint_t              generation; /* of what this worker hands out      */
    ngx_msec_t              due;        /* of the next scheduled fetch        */
    ngx_msec_t              expires;    /* of the keys                        */
    ngx_uint_t              jitter;     /* percent                            */

    ngx_oauth_refresh_t    *refresh;    /* ours, under way                    */
    ngx_oauth_doc_cause_t   cause;      /* of that                            */

    ngx_queue_t             waits;
    ngx_event_t             wake;
    ngx_event_t             timer;
    ngx_log_t              *log;
    unsigned                usable:1;
};


static ngx_int_t ngx_oauth_provider_init_zone(ngx_oauth_zone_t *zone,
    ngx_log_t *log);
static ngx_oauth_doc_t *ngx_oauth_provider_create_doc(ngx_oauth_zone_t *zone,
    ngx_pool_t *pool, ngx_oauth_issuer_t *issuer, ngx_log_t *log);
static ngx_int_t ngx_oauth_provider_create(ngx_cycle_t *cycle,
    ngx_oauth_issuer_t *issuer);
static void ngx_oauth_provider_free(ngx_oauth_provider_t *provider);

static void ngx_oauth_provider_lookup(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_update(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_parse(ngx_oauth_provider_t *provider);
static ngx_msec_t ngx_oauth_provider_lifetime(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_expire(ngx_oauth_provider_t *provider);

static ngx_uint_t ngx_oauth_provider_is_due(ngx_oauth_provider_t *provider);
static ngx_uint_t ngx_oauth_provider_may_refetch(
    ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_refresh(ngx_oauth_provider_t *provider,
    ngx_oauth_doc_cause_t cause);
static ngx_oauth_refresh_t *ngx_oauth_provider_refresh_start(
    ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_refreshed(ngx_oauth_refresh_t *refresh);
static void ngx_oauth_provider_store(ngx_oauth_provider_t *provider,
    ngx_oauth_refresh_t *refresh);
static void ngx_oauth_provider_fail(ngx_oauth_provider_t *provider,
    const u_char *error);
static ngx_msec_t ngx_oauth_provider_backoff(ngx_uint_t failures);
static void ngx_oauth_provider_log_keys(ngx_oauth_provider_t *provider,
    oauth_jwks_t *keys);

static void ngx_oauth_provider_schedule(ngx_oauth_provider_t *provider);
static void ngx_oauth_provider_timer(ngx_event_t *ev);
static void ngx_oauth_provider_wake(ngx_event_t *ev);
static void ngx_oauth_provider_unlink(ngx_oauth_wait_t *wait);
static void ngx_oauth_provider_wait_timer(ngx_event_t *ev);


/* Those of this worker, while it runs. */

static ngx_array_t  *ngx_oauth_provider_issuers;


ngx_int_t
ngx_oauth_provider_conf(ngx_conf_t *cf, ngx_array_t *issuers, size_t zone_size,
    void *tag)
{
    if (ngx_oauth_zone_create(cf, zone_size, tag, ngx_oauth_provider_init_zone,
                              issuers)
        == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_provider_init_zone(ngx_oauth_zone_t *zone, ngx_log_t *log)
{
    ngx_uint_t            i;
    ngx_array_t          *issuers;
    ngx_oauth_issuer_t  **issuer;

    issuers = zone->data;
    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        if (issuer[i]->jwks_file.len) {
            continue;
        }

        issuer[i]->doc = ngx_oauth_provider_create_doc(zone, issuers->pool,
                                                       issuer[i], log);
        if (issuer[i]->doc == NULL) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * The documents belong to what they were fetched from, not to the name: an
 * issuer that is changed in the configuration starts without any.
 */

static ngx_oauth_doc_t *
ngx_oauth_provider_create_doc(ngx_oauth_zone_t *zone, ngx_pool_t *pool,
    ngx_oauth_issuer_t *issuer, ngx_log_t *log)
{
    size_t            need;
    ngx_str_t         id;
    ngx_oauth_doc_t  *doc;

    id.len = issuer->issuer.len + 1 + issuer->config_url.len + 1
             + issuer->jwks_uri.len;

    id.data = ngx_pnalloc(pool, id.len);
    if (id.data == NULL) {
        return NULL;
    }

    id.len = ngx_sprintf(id.data, "%V%Z%V%Z%V", &issuer->issuer,
                         &issuer->config_url, &issuer->jwks_uri)
             - id.data;

    doc = ngx_oauth_doc_create(zone, pool, &id, &need);

    if (doc == NULL) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "oauth: issuer \"%V\": oauth_zone of %uzk is too small, "
                      "it needs at least %uzk", &issuer->name,
                      zone->size / 1024, need / 1024);
    }

    return doc;
}


ngx_int_t
ngx_oauth_provider_start(ngx_cycle_t *cycle, ngx_array_t *issuers)
{
    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuer;

    if (ngx_oauth_fetch_create(cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_oauth_provider_issuers = issuers;
    issuer = issuers->elts;

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

    provider->issuer = issuer;
    provider->log = cycle->log;
    provider->generation = 1;

    ngx_queue_init(&provider->waits);

    ngx_oauth_watch_timer(&provider->wake, ngx_oauth_provider_wake,
                          cycle->log);
    ngx_oauth_watch_timer(&provider->timer, ngx_oauth_provider_timer,
                          cycle->log);
    provider->timer.cancelable = 1;

    issuer->provider = provider;

    if (issuer->doc == NULL) {
        provider->keys = issuer->keys;
        provider->usable = (issuer->keys != NULL);
        return NGX_OK;
    }

    /* the lease of a dead worker whose pid is ours now */
    ngx_oauth_doc_release(issuer->doc, 0);

    ngx_oauth_provider_timer(&provider->timer);

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
    ngx_queue_t  *q;

    while (!ngx_queue_empty(&provider->waits)) {
        q = ngx_queue_head(&provider->waits);
        ngx_oauth_provider_unlink(ngx_queue_data(q, ngx_oauth_wait_t, queue));
    }

    if (provider->timer.timer_set) {
        ngx_del_timer(&provider->timer);
    }

    if (provider->wake.posted) {
        ngx_delete_posted_event(&provider->wake);
    }

    if (provider->issuer->doc == NULL) {
        return;
    }

    if (provider->refresh) {
        ngx_oauth_refresh_done(provider->refresh);
        ngx_oauth_doc_release(provider->issuer->doc, 0);
    }

    oauth_jwks_free(provider->keys);
    oauth_jwks_free(provider->retired);
}


const oauth_jwks_t *
ngx_oauth_provider_keys(ngx_oauth_provider_t *provider)
{
    ngx_oauth_provider_lookup(provider);

    return provider->usable ? provider->keys : NULL;
}


ngx_uint_t
ngx_oauth_provider_generation(ngx_oauth_provider_t *provider)
{
    ngx_oauth_provider_lookup(provider);

    return provider->generation;
}


/* On each request's way: two compares without a lock unless there is news. */

static void
ngx_oauth_provider_lookup(ngx_oauth_provider_t *provider)
{
    if (provider->issuer->doc == NULL) {
        return;
    }

    if (ngx_oauth_doc_changed(provider->issuer->doc,
                              provider->state.version))
    {
        ngx_oauth_provider_update(provider);

    } else {
        ngx_oauth_provider_expire(provider);
    }
}


static void
ngx_oauth_provider_update(ngx_oauth_provider_t *provider)
{
    ngx_msec_t              lifetime, refreshed;
    ngx_uint_t              version;
    ngx_oauth_doc_state_t  *state;

    state = &provider->state;
    version = state->version;
    refreshed = state->refreshed;

    ngx_oauth_doc_state(provider->issuer->doc, state);

    if (state->version != version && !ngx_queue_empty(&provider->waits)) {
        ngx_post_event(&provider->wake, &ngx_posted_events);
    }

    if (state->generation && state->generation != provider->parsed) {
        ngx_oauth_provider_parse(provider);
    }

    if (provider->jitter == 0 || state->refreshed != refreshed) {
        provider->jitter = 80 + ngx_random() % 11;
    }

    if (state->failures) {
        provider->due = state->retry;

    } else if (state->generation) {
        lifetime = ngx_oauth_provider_lifetime(provider);
        provider->due = state->refreshed + lifetime / 100 * provider->jitter;

    } else {
        provider->due = ngx_current_msec;
    }

    provider->expires = state->fetched + provider->issuer->stale;

    ngx_oauth_provider_expire(provider);
}


/* Outside the lock.  What another worker stored was parsed there first. */

static void
ngx_oauth_provider_parse(ngx_oauth_provider_t *provider)
{
    oauth_str_t               text;
    const char               *error;
    oauth_jwks_t             *keys;
    ngx_oauth_issuer_t       *issuer;
    ngx_oauth_doc_content_t   content;

    issuer = provider->issuer;

    if (ngx_oauth_doc_lookup(issuer->doc, &content, provider->log) != NGX_OK) {
        return;
    }

    text.data = content.keys.data;
    text.len = content.keys.len;
    error = NULL;

    keys = oauth_jwks_parse(text, issuer->policy.algorithms, &error);

    provider->parsed = content.generation;
    ngx_oauth_doc_free(&content);

    if (keys == NULL) {
        ngx_log_error(NGX_LOG_WARN, provider->log, 0,
                      "oauth: issuer \"%V\": the stored keys are not usable: "
                      "%s", &issuer->name, error ? error : "no memory");
    }

    oauth_jwks_free(provider->retired);

    provider->retired = provider->keys;
    provider->keys = keys;
    provider->usable = (keys != NULL);
    provider->generation++;
}


/* How long the last answer is to be taken for current, in ms. */

static ngx_msec_t
ngx_oauth_provider_lifetime(ngx_oauth_provider_t *provider)
{
    time_t      age;
    ngx_msec_t  lifetime;

    age = provider->state.max_age;

    if (age < 0) {
        lifetime = provider->issuer->refresh;

    } else {
        age = ngx_max(age, NGX_OAUTH_PROVIDER_AGE_MIN);
        age = ngx_min(age, NGX_OAUTH_PROVIDER_AGE_MAX);
        lifetime = (ngx_msec_t) age * 1000;
    }

    return ngx_min(lifetime, provider->issuer->stale);
}


static void
ngx_oauth_provider_expire(ngx_oauth_provider_t *provider)
{
    ngx_uint_t  usable;

    usable = provider->keys
             && !ngx_oauth_msec_passed(provider->expires, ngx_current_msec);

    if (usable != provider->usable) {
        provider->usable = usable;
        provider->generation++;
    }
}


ngx_int_t
ngx_oauth_provider_wait(ngx_oauth_provider_t *provider,
    ngx_uint_t unknown_key, ngx_oauth_wait_t *wait)
{
    ngx_uint_t        generation;
    ngx_msec_int_t    left;
    ngx_oauth_doc_t  *doc;

    doc = provider->issuer->doc;

    if (doc == NULL) {
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

    generation = provider->generation;

    (void) ngx_oauth_doc_expire(doc);
    ngx_oauth_provider_update(provider);

    if (provider->generation != generation) {
        /* there is news since the caller looked: go round the loop */
        ngx_post_event(&provider->wake, &ngx_posted_events);

    } else if (provider->refresh == NULL && provider->state.holder == 0) {

        if (ngx_oauth_provider_is_due(provider)) {
            ngx_oauth_provider_refresh(provider, NGX_OAUTH_DOC_SCHEDULED);

        } else if (unknown_key && ngx_oauth_provider_may_refetch(provider)) {
            ngx_oauth_provider_refresh(provider, NGX_OAUTH_DOC_REFETCH);

        } else {
            return NGX_DECLINED;
        }
    }

    wait->log = provider->log;

    ngx_oauth_watch_timer(&wait->timer, ngx_oauth_provider_wait_timer,
                          wait->log);
    ngx_add_timer(&wait->timer, left);

    ngx_queue_insert_tail(&provider->waits, &wait->queue);
    wait->linked = 1;

    ngx_oauth_provider_schedule(provider);

    return NGX_AGAIN;
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
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (provider->due - ngx_current_msec);

    if (provider->state.failures == 0 || left < 1000) {
        return 1;
    }

    return (left + 999) / 1000;
}


static ngx_uint_t
ngx_oauth_provider_is_due(ngx_oauth_provider_t *provider)
{
    return ngx_oauth_msec_passed(provider->due, ngx_current_msec);
}


/* Not in the backoff: the issuer is tried often enough then. */

static ngx_uint_t
ngx_oauth_provider_may_refetch(ngx_oauth_provider_t *provider)
{
    ngx_oauth_doc_state_t  *state;

    state = &provider->state;

    if (state->failures) {
        return 0;
    }

    return state->refetches == 0
           || ngx_oauth_msec_passed(state->refetched
                                    + provider->issuer->refetch,
                                    ngx_current_msec);
}


/*
 * Starts a fetch unless another worker was faster: its end is then waited for.
 * That a fetch could not start shows as a new version, as any end does.
 */

static void
ngx_oauth_provider_refresh(ngx_oauth_provider_t *provider,
    ngx_oauth_doc_cause_t cause)
{
    ngx_oauth_issuer_t  *issuer;

    issuer = provider->issuer;

    if (ngx_oauth_doc_acquire(issuer->doc, provider->state.version, cause,
                              ngx_oauth_refresh_time(issuer))
        != NGX_OK)
    {
        return;
    }

    provider->cause = cause;
    provider->refresh = ngx_oauth_provider_refresh_start(provider);

    if (provider->refresh == NULL) {
        ngx_oauth_provider_fail(provider, (u_char *) "no memory");
    }
}


/* For an unknown key only the key set is fetched, where its address is known. */

static ngx_oauth_refresh_t *
ngx_oauth_provider_refresh_start(ngx_oauth_provider_t *provider)
{
    ngx_str_t                 uri;
    ngx_oauth_issuer_t       *issuer;
    ngx_oauth_refresh_t      *refresh;
    ngx_oauth_doc_content_t   content;

    issuer = provider->issuer;
    uri = issuer->jwks_uri;

    if (uri.len
        || provider->cause == NGX_OAUTH_DOC_SCHEDULED
        || ngx_oauth_doc_lookup(issuer->doc, &content, provider->log)
           != NGX_OK)
    {
        return ngx_oauth_refresh_start(issuer, &uri,
                                       ngx_oauth_provider_refreshed, provider);
    }

    refresh = ngx_oauth_refresh_start(issuer, &content.uri,
                                      ngx_oauth_provider_refreshed, provider);
    ngx_oauth_doc_free(&content);

    return refresh;
}


static void
ngx_oauth_provider_refreshed(ngx_oauth_refresh_t *refresh)
{
    ngx_oauth_provider_t  *provider;

    provider = refresh->data;

    if (refresh->keys) {
        ngx_oauth_provider_store(provider, refresh);

    } else {
        ngx_oauth_provider_fail(provider, refresh->error);
    }

    provider->refresh = NULL;
    ngx_oauth_refresh_done(refresh);

    ngx_oauth_provider_update(provider);
    ngx_oauth_provider_schedule(provider);
}


static void
ngx_oauth_provider_store(ngx_oauth_provider_t *provider,
    ngx_oauth_refresh_t *refresh)
{
    size_t                    need;
    u_char                    error[128];
    ngx_int_t                 rc;
    ngx_uint_t                generation, failures;
    ngx_oauth_issuer_t       *issuer;
    ngx_oauth_doc_content_t   content;

    issuer = provider->issuer;
    generation = provider->generation;
    failures = provider->state.failures;

    content.keys = refresh->text;
    content.uri = refresh->uri;

    rc = ngx_oauth_doc_store(issuer->doc, &content, provider->cause,
                             refresh->max_age, &need);

    if (rc == NGX_ERROR) {
        *ngx_snprintf(error, sizeof(error) - 1, "the documents of %uz bytes "
                      "do not fit, oauth_zone needs at least %uzk",
                      content.keys.len + content.uri.len, need / 1024)
            = '\0';
        ngx_oauth_provider_fail(provider, error);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_INFO, provider->log, 0,
                      "oauth: issuer \"%V\": keys were fetched too late, "
                      "another worker took over", &issuer->name);
        return;
    }

    ngx_oauth_provider_update(provider);

    if (provider->generation != generation) {
        ngx_oauth_provider_log_keys(provider, refresh->keys);

    } else if (failures) {
        ngx_log_error(NGX_LOG_NOTICE, provider->log, 0,
                      "oauth: issuer \"%V\": keys fetched again, unchanged",
                      &issuer->name);
    }
}


/* A refetch for an unknown key that fails leaves the schedule as it is. */

static void
ngx_oauth_provider_fail(ngx_oauth_provider_t *provider, const u_char *error)
{
    ngx_msec_t   retry;
    const char  *keys;

    keys = provider->usable ? "the last good ones stay" : "there are none";

    if (provider->cause == NGX_OAUTH_DOC_REFETCH) {
        ngx_log_error(NGX_LOG_WARN, provider->log, 0,
                      "oauth: issuer \"%V\": cannot fetch keys for an unknown "
                      "key id, %s: %s", &provider->issuer->name, keys, error);

        ngx_oauth_doc_release(provider->issuer->doc, 0);
        return;
    }

    retry = ngx_oauth_provider_backoff(provider->state.failures);

    ngx_log_error(NGX_LOG_WARN, provider->log, 0,
                  "oauth: issuer \"%V\": cannot fetch keys, %s, next attempt "
                  "in %M ms: %s",
                  &provider->issuer->name, keys, retry, error);

    ngx_oauth_doc_release(provider->issuer->doc, retry);
}


static ngx_msec_t
ngx_oauth_provider_backoff(ngx_uint_t failures)
{
    ngx_msec_t  backoff;

    backoff = NGX_OAUTH_PROVIDER_BACKOFF << ngx_min(failures, 6);
    backoff = ngx_min(backoff, NGX_OAUTH_PROVIDER_BACKOFFS);

    return backoff - ngx_random() % (backoff / 5);
}


static void
ngx_oauth_provider_log_keys(ngx_oauth_provider_t *provider, oauth_jwks_t *keys)
{
    size_t      i, n;
    ngx_str_t  *name;

    name = &provider->issuer->name;
    n = ngx_min(keys->nskipped, OAUTH_JWKS_SKIPPED);

    for (i = 0; i < n; i++) {
        ngx_log_error(NGX_LOG_NOTICE, provider->log, 0,
                      "oauth: issuer \"%V\": key %uz of the set is not used: "
                      "%s", name, keys->skipped[i].index,
                      keys->skipped[i].why);
    }

    ngx_log_error(NGX_LOG_NOTICE, provider->log, 0,
                  "oauth: issuer \"%V\": keys fetched: %uz usable, %uz not "
                  "used", name, keys->nkeys, keys->nskipped);
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

    left = (ngx_msec_int_t) (provider->due - ngx_current_msec);

    if (left > 0 && left < delay) {
        delay = left;
    }

    ngx_add_timer(&provider->timer, delay);
}


static void
ngx_oauth_provider_timer(ngx_event_t *ev)
{
    ngx_pid_t              pid;
    ngx_oauth_provider_t  *provider;

    provider = ngx_oauth_container(ev, ngx_oauth_provider_t, timer);

    pid = ngx_oauth_doc_expire(provider->issuer->doc);

    if (pid) {
        ngx_log_error(NGX_LOG_WARN, provider->log, 0,
                      "oauth: issuer \"%V\": worker %P did not end its fetch",
                      &provider->issuer->name, pid);
    }

    ngx_oauth_provider_update(provider);

    if (provider->refresh == NULL
        && provider->state.holder == 0
        && ngx_oauth_provider_is_due(provider)
        && !(ngx_exiting && ngx_queue_empty(&provider->waits)))
    {
        ngx_oauth_provider_refresh(provider, NGX_OAUTH_DOC_SCHEDULED);
    }

    ngx_oauth_provider_schedule(provider);
}


/* A handler may cancel other waits, and wait again: that one is not called. */

static void
ngx_oauth_provider_wake(ngx_event_t *ev)
{
    ngx_queue_t            waits;
    ngx_oauth_wait_t      *wait;
    ngx_oauth_provider_t  *provider;

    provider = ngx_oauth_container(ev, ngx_oauth_provider_t, wake);

    if (ngx_queue_empty(&provider->waits)) {
        return;
    }

    waits = provider->waits;
    waits.next->prev = &waits;
    waits.prev->next = &waits;
    ngx_queue_init(&provider->waits);

    while (!ngx_queue_empty(&waits)) {
        wait = ngx_queue_data(ngx_queue_head(&waits), ngx_oauth_wait_t, queue);

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
ngx_oauth_provider_wait_timer(ngx_event_t *ev)
{
    ngx_oauth_wait_t  *wait;

    wait = ngx_oauth_container(ev, ngx_oauth_wait_t, timer);

    ngx_oauth_provider_unlink(wait);
    wait->handler(wait);
}
