
/*
 * The life of an issuer's keys.  All workers share the record in the zone
 * (ngx_oauth_doc).  The state follows from the numbers in it and the clock:
 *
 *   none      a fetch is due at once
 *   fresh     a fetch is due after 80 to 90 % of the keys' lifetime
 *   failing   a fetch is due after 1 s, then 2 s, doubling up to 60 s; the keys
 *             stay usable
 *   expired   keys that are older than key_stale are not usable any more
 *
 * The worker that fetches holds the lease of the record.  When it has ended,
 * the record's version changes.  Parsed sets belong to the worker and do not
 * refer to the zone.
 */


#include "ngx_oauth_keys.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_readiness.h"
#include "ngx_oauth_str.h"
#include "oauth_quote.h"


#define NGX_OAUTH_KEYS_BACKOFF      1000        /* ms; the first              */
#define NGX_OAUTH_KEYS_BACKOFF_MAX  60000       /* ms                         */
#define NGX_OAUTH_KEYS_AGE_MIN      60          /* s; of max-age              */
#define NGX_OAUTH_KEYS_AGE_MAX      86400       /* s                          */
#define NGX_OAUTH_KEYS_QUOTED       80          /* characters of a kid        */
#define NGX_OAUTH_KEYS_NOTICE       1           /* kind: a failed fetch       */


static void ngx_oauth_keys_parse(ngx_oauth_keys_t *keys);
static void ngx_oauth_keys_adopt(ngx_oauth_keys_t *keys, oauth_jwks_t *set,
    ngx_uint_t generation);
#if (NGX_DEBUG)
static void ngx_oauth_keys_debug(const ngx_oauth_keys_t *keys);
#endif
static void ngx_oauth_keys_set_times(ngx_oauth_keys_t *keys);
static ngx_msec_t ngx_oauth_keys_lifetime(const ngx_oauth_keys_t *keys);
static void ngx_oauth_keys_set_usable(ngx_oauth_keys_t *keys);

static ngx_uint_t ngx_oauth_keys_may_refetch(const ngx_oauth_keys_t *keys);
static ngx_oauth_refresh_t *ngx_oauth_keys_start(ngx_oauth_keys_t *keys);
static void ngx_oauth_keys_refreshed(ngx_oauth_refresh_t *refresh);
static void ngx_oauth_keys_store(ngx_oauth_keys_t *keys,
    ngx_oauth_refresh_t *refresh);
static void ngx_oauth_keys_fail_room(ngx_oauth_keys_t *keys, size_t size,
    const ngx_oauth_doc_stored_t *stored);
static void ngx_oauth_keys_fail(ngx_oauth_keys_t *keys, const u_char *error);
static void ngx_oauth_keys_count(const ngx_oauth_keys_t *keys,
    ngx_uint_t fetched);
static ngx_msec_t ngx_oauth_keys_backoff(ngx_uint_t failures);
static void ngx_oauth_keys_log(const ngx_oauth_keys_t *keys,
    const oauth_jwks_t *set);


void
ngx_oauth_keys_create(ngx_oauth_keys_t *keys, const ngx_oauth_issuer_t *issuer,
    ngx_oauth_keys_pt handler, ngx_log_t *log)
{
    keys->issuer = issuer;
    keys->doc = issuer->doc;
    keys->handler = handler;
    keys->log = log;
    keys->generation = 1;

    if (keys->doc == NULL) {
        keys->set = issuer->keys;
        keys->usable = (issuer->keys != NULL);
        return;
    }

    /* a dead worker may have held it with the same process id as ours */
    ngx_oauth_doc_release(keys->doc);

    ngx_oauth_keys_update(keys);
}


void
ngx_oauth_keys_free(ngx_oauth_keys_t *keys)
{
    if (keys->doc == NULL) {
        return;
    }

    if (keys->refresh) {
        ngx_oauth_refresh_done(keys->refresh);
        keys->refresh = NULL;

        ngx_oauth_doc_release(keys->doc);

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                       "oauth: issuer \"%V\": the worker ends, lease given "
                       "back", &keys->issuer->name);
    }

    oauth_jwks_free(keys->set);
    oauth_jwks_free(keys->retired);
}


/* Every request comes here, so without news there are two comparisons only. */

void
ngx_oauth_keys_update_if_changed(ngx_oauth_keys_t *keys)
{
    if (keys->doc == NULL) {
        return;
    }

    if (ngx_oauth_doc_changed(keys->doc, keys->state.version)) {
        ngx_oauth_keys_update(keys);

    } else {
        ngx_oauth_keys_set_usable(keys);
    }
}


void
ngx_oauth_keys_update(ngx_oauth_keys_t *keys)
{
    ngx_msec_t  refreshed;
    ngx_uint_t  version;

    version = keys->state.version;
    refreshed = keys->state.refreshed;

    ngx_oauth_doc_state(keys->doc, &keys->state);

    if (keys->jitter == 0 || keys->state.refreshed != refreshed) {
        keys->jitter = 80 + ngx_random() % 11;
    }

    if (keys->state.generation && keys->state.generation != keys->parsed) {
        ngx_oauth_keys_parse(keys);
    }

    ngx_oauth_keys_set_times(keys);
    ngx_oauth_keys_set_usable(keys);

    if (keys->state.version != version) {

        ngx_log_debug5(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                       "oauth: issuer \"%V\": record has changed: version %ui, "
                       "generation %ui, failures %ui, the next is due in %i ms",
                       &keys->issuer->name, keys->state.version,
                       keys->state.generation, keys->state.failures,
                       (ngx_int_t) (keys->due - ngx_current_msec));

        keys->handler(keys);
    }
}


/*
 * Parses what another worker has stored, without the lock.  That worker could
 * parse it, so if this one cannot, its memory is short: it keeps its last set,
 * and the next update tries again.  A worker that has fetched a set itself does
 * not come here, because it has parsed the set already.
 */

static void
ngx_oauth_keys_parse(ngx_oauth_keys_t *keys)
{
    const char               *error;
    oauth_jwks_t             *set;
    ngx_oauth_doc_content_t   content;

    if (ngx_oauth_doc_lookup(keys->doc, 1, &content, keys->log) != NGX_OK) {
        return;
    }

    error = NULL;

    /* A server that only introspects has no key set, and no address of one. */

    set = (content.uri.len ? oauth_jwks_parse : oauth_jwks_read)(
                              ngx_oauth_str(&content.keys),
                              keys->issuer->rules.algorithms, &error);

    ngx_oauth_doc_free(&content);

    if (set == NULL) {
        ngx_log_error(NGX_LOG_WARN, keys->log, 0,
                      "oauth: issuer \"%V\": the stored keys are not usable: "
                      "%s", &keys->issuer->name, error);
        return;
    }

    ngx_oauth_keys_adopt(keys, set, content.generation);
}


/* Takes over a set that has this generation in the record. */

static void
ngx_oauth_keys_adopt(ngx_oauth_keys_t *keys, oauth_jwks_t *set,
    ngx_uint_t generation)
{
    oauth_buf_free(&set->text);
    oauth_jwks_free(keys->retired);

    keys->parsed = generation;
    keys->retired = keys->set;
    keys->set = set;
    keys->generation++;

#if (NGX_DEBUG)
    ngx_oauth_keys_debug(keys);
#endif
}


#if (NGX_DEBUG)

/* The key ids are the server's text. */

static void
ngx_oauth_keys_debug(const ngx_oauth_keys_t *keys)
{
    size_t        i;
    u_char       *last, kid[NGX_OAUTH_KEYS_QUOTED];
    oauth_str_t   name;

    if (!(keys->log->log_level & NGX_LOG_DEBUG_HTTP)) {
        return;
    }

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                   "oauth: issuer \"%V\": keys parsed: %uz usable, "
                   "generation %ui", &keys->issuer->name, keys->set->nkeys,
                   keys->parsed);

    for (i = 0; i < keys->set->nkeys; i++) {
        name = keys->set->keys[i].kid;
        last = oauth_quote_write(kid, kid + sizeof(kid), name);

        ngx_log_debug4(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                       "oauth: issuer \"%V\": key %uz is usable, kid \"%*s\"",
                       &keys->issuer->name, i, (size_t) (last - kid), kid);
    }
}

#endif


static void
ngx_oauth_keys_set_times(ngx_oauth_keys_t *keys)
{
    ngx_oauth_doc_state_t  *state;

    state = &keys->state;

    keys->expires = state->fetched + keys->issuer->stale;

    if (state->failures) {
        keys->due = state->retry;

    } else if (state->generation == 0) {
        keys->due = ngx_current_msec;

    } else {
        keys->due = state->refreshed + ngx_oauth_keys_lifetime(keys) / 100
                                       * keys->jitter;
    }
}


/* How long the last response counts as current, in milliseconds. */

static ngx_msec_t
ngx_oauth_keys_lifetime(const ngx_oauth_keys_t *keys)
{
    time_t      age;
    ngx_msec_t  lifetime;

    age = keys->state.max_age;

    if (age < 0) {
        lifetime = keys->issuer->refresh;

    } else {
        age = ngx_max(age, NGX_OAUTH_KEYS_AGE_MIN);
        age = ngx_min(age, NGX_OAUTH_KEYS_AGE_MAX);
        lifetime = (ngx_msec_t) age * 1000;
    }

    return ngx_min(lifetime, keys->issuer->stale);
}


static void
ngx_oauth_keys_set_usable(ngx_oauth_keys_t *keys)
{
    ngx_uint_t  usable;

    usable = keys->set
             && !ngx_oauth_msec_passed(keys->expires);

    if (usable != keys->usable) {
        keys->usable = usable;
        keys->generation++;

        ngx_log_debug2(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                       "oauth: issuer \"%V\": keys are %s",
                       &keys->issuer->name, usable ? "usable" : "not usable");
    }
}


void
ngx_oauth_keys_reclaim(ngx_oauth_keys_t *keys)
{
    ngx_pid_t  pid;

    pid = ngx_oauth_doc_reclaim(keys->doc);

    if (pid) {
        ngx_log_error(NGX_LOG_WARN, keys->log, 0,
                      "oauth: issuer \"%V\": worker %P did not end its fetch "
                      "of keys", &keys->issuer->name, pid);
    }
}


ngx_uint_t
ngx_oauth_keys_is_fetching(const ngx_oauth_keys_t *keys)
{
    return keys->refresh != NULL || keys->state.holder != 0;
}


ngx_uint_t
ngx_oauth_keys_fetch(ngx_oauth_keys_t *keys, ngx_uint_t unknown_key)
{
    ngx_int_t  rc;

    if (ngx_oauth_msec_passed(keys->due)) {
        keys->cause = NGX_OAUTH_DOC_SCHEDULED;

    } else if (unknown_key && ngx_oauth_keys_may_refetch(keys)) {
        keys->cause = NGX_OAUTH_DOC_REFETCH;

    } else {
        return 0;
    }

    rc = ngx_oauth_doc_acquire(keys->doc, keys->state.version, keys->cause,
                               ngx_oauth_refresh_time(keys->issuer));

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                   "oauth: issuer \"%V\": %s for %s", &keys->issuer->name,
                   rc == NGX_OK ? "lease taken"
                       : rc == NGX_BUSY ? "lease not taken, held or just "
                                          "released by another worker,"
                       : "lease not taken, the record is gone,",
                   keys->cause == NGX_OAUTH_DOC_REFETCH
                       ? "an unknown key" : "a fetch that is due");

    if (rc != NGX_OK) {
        return rc == NGX_BUSY;
    }

    keys->started = ngx_current_msec;
    keys->refresh = ngx_oauth_keys_start(keys);

    if (keys->refresh == NULL) {
        ngx_oauth_keys_fail(keys, (u_char *) "memory is short");
        return 0;
    }

    return 1;
}


/* After failures the schedule alone decides: it tries often enough then. */

static ngx_uint_t
ngx_oauth_keys_may_refetch(const ngx_oauth_keys_t *keys)
{
    const ngx_oauth_doc_state_t  *state;

    state = &keys->state;

    if (state->failures) {
        return 0;
    }

    return state->refetches == 0
           || ngx_oauth_msec_passed(state->refetched + keys->issuer->refetch);
}


/* For an unknown key only the key set is fetched, if its address is known. */

static ngx_oauth_refresh_t *
ngx_oauth_keys_start(ngx_oauth_keys_t *keys)
{
    ngx_oauth_refresh_t       *refresh;
    ngx_oauth_doc_content_t    content;
    const ngx_oauth_issuer_t  *issuer;

    issuer = keys->issuer;

    if (issuer->jwks_uri.len
        || keys->cause == NGX_OAUTH_DOC_SCHEDULED
        || ngx_oauth_doc_lookup(keys->doc, 0, &content, keys->log) != NGX_OK)
    {
        return ngx_oauth_refresh_start(issuer, NULL, ngx_oauth_keys_refreshed,
                                       keys);
    }

    refresh = ngx_oauth_refresh_start(issuer, &content,
                                      ngx_oauth_keys_refreshed, keys);
    ngx_oauth_doc_free(&content);

    return refresh;
}


static void
ngx_oauth_keys_refreshed(ngx_oauth_refresh_t *refresh)
{
    ngx_oauth_keys_t  *keys;

    keys = refresh->data;

    if (refresh->keys) {
        ngx_oauth_keys_store(keys, refresh);

    } else {
        ngx_oauth_keys_fail(keys, refresh->error);
    }

    keys->refresh = NULL;
    ngx_oauth_refresh_done(refresh);

    ngx_oauth_keys_update(keys);
}


static void
ngx_oauth_keys_store(ngx_oauth_keys_t *keys, ngx_oauth_refresh_t *refresh)
{
    uint32_t                  checksum;
    ngx_int_t                 rc;
    ngx_oauth_doc_stored_t    stored;
    ngx_oauth_doc_content_t   content;

    content.keys.data = refresh->keys->text.data;
    content.keys.len = refresh->keys->text.len;
    content.uri = refresh->uri;
    content.metadata = refresh->metadata;

    checksum = ngx_crc32_long(refresh->text.data, refresh->text.len);

    rc = ngx_oauth_doc_store(keys->doc, &content, checksum, keys->cause,
                             refresh->max_age, &stored);

    if (rc == NGX_ERROR) {
        ngx_oauth_keys_fail_room(keys, content.keys.len + content.uri.len,
                                 &stored);
        return;
    }

    if (rc == NGX_DECLINED) {
        ngx_log_error(NGX_LOG_INFO, keys->log, 0,
                      "oauth: issuer \"%V\": keys were fetched too late, "
                      "another worker took over", &keys->issuer->name);
        return;
    }

    ngx_oauth_keys_count(keys, 1);

    ngx_log_debug4(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                   "oauth: issuer \"%V\": keys stored and lease given back: "
                   "%uz bytes, generation %ui, max-age %T",
                   &keys->issuer->name, content.keys.len, stored.generation,
                   refresh->max_age);

    if (stored.news) {
        ngx_oauth_keys_log(keys, refresh->keys);

    } else if (keys->state.failures) {
        ngx_log_error(NGX_LOG_NOTICE, keys->log, 0,
                      "oauth: issuer \"%V\": keys fetched again, unchanged",
                      &keys->issuer->name);
    }

    if (stored.generation != keys->parsed) {
        ngx_oauth_keys_adopt(keys, refresh->keys, stored.generation);
        refresh->keys = NULL;
    }

    ngx_oauth_readiness_log(keys->issuer, keys->log);
}


/* The keys are good, but the zone is too small for them. */

static void
ngx_oauth_keys_fail_room(ngx_oauth_keys_t *keys, size_t size,
    const ngx_oauth_doc_stored_t *stored)
{
    u_char  error[NGX_MAX_CONF_ERRSTR], *p;

    p = ngx_snprintf(error, sizeof(error) - 1, "usable keys of %uz bytes do "
                     "not fit into this issuer's share, oauth_zone needs at "
                     "least %uzk", size, stored->need / 1024);

    *ngx_oauth_zone_write_place(stored->zone, p, error + sizeof(error) - 1,
                                NGX_OAUTH_ZONE_MISSING)
        = '\0';

    ngx_oauth_keys_fail(keys, error);
}


/*
 * A failed fetch for an unknown key does not change the schedule.  While a
 * server is down there are many failures: one a minute is logged at the level
 * that is visible by default.
 */

static void
ngx_oauth_keys_fail(ngx_oauth_keys_t *keys, const u_char *error)
{
    uint64_t          notice;
    ngx_uint_t        level;
    ngx_msec_t        retry;
    const char       *hint, *state;
    const ngx_str_t  *name;

    name = &keys->issuer->name;
    state = keys->usable ? "the last good ones stay" : "there are none";

    notice = (uint64_t) ngx_crc32_long(name->data, name->len) << 32
             | NGX_OAUTH_KEYS_NOTICE;
    level = ngx_oauth_notice_level(keys->issuer->notices, notice, keys->log);
    hint = ngx_oauth_notice_hint(level);

    if (keys->cause == NGX_OAUTH_DOC_REFETCH) {
        ngx_log_error(level, keys->log, 0,
                      "oauth: issuer \"%V\": cannot fetch keys for an "
                      "unknown key id, %s: %s%s", name, state, error, hint);

        retry = 0;

    } else {
        retry = ngx_oauth_keys_backoff(keys->state.failures);

        ngx_log_error(level, keys->log, 0,
                      "oauth: issuer \"%V\": cannot fetch keys, %s, next "
                      "attempt in %M ms: %s%s", name, state, retry, error,
                      hint);
    }

    ngx_oauth_doc_store_failure(keys->doc, retry);
    ngx_oauth_keys_count(keys, 0);

    if (keys->issuer->counters) {
        ngx_oauth_counters_store_error(keys->issuer->counters,
                                       keys->issuer->counted, error,
                                       ngx_strlen(error));
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, keys->log, 0,
                   "oauth: issuer \"%V\": lease given back without keys",
                   name);
}


static void
ngx_oauth_keys_count(const ngx_oauth_keys_t *keys, ngx_uint_t fetched)
{
    ngx_oauth_counters_issuer_t  *counted;

    counted = keys->issuer->counted;

    if (counted == NULL) {
        return;
    }

    ngx_oauth_counters_add(fetched ? &counted->fetched : &counted->failed, 1);
    ngx_oauth_counters_add(&counted->time, ngx_current_msec - keys->started);
}


/* Up to 20 % less, at random, so that servers are not asked in step. */

static ngx_msec_t
ngx_oauth_keys_backoff(ngx_uint_t failures)
{
    ngx_msec_t  backoff;

    backoff = NGX_OAUTH_KEYS_BACKOFF << ngx_min(failures, 6);
    backoff = ngx_min(backoff, NGX_OAUTH_KEYS_BACKOFF_MAX);

    return backoff - ngx_random() % (backoff / 5);
}


/* The new set of an issuer, and which of its keys are not used. */

static void
ngx_oauth_keys_log(const ngx_oauth_keys_t *keys, const oauth_jwks_t *set)
{
    size_t            i, n;
    const ngx_str_t  *name;

    name = &keys->issuer->name;
    n = ngx_min(set->nskipped, OAUTH_JWKS_SKIPPED);

    for (i = 0; i < n; i++) {
        ngx_log_error(NGX_LOG_NOTICE, keys->log, 0,
                      "oauth: issuer \"%V\": key %uz of the set is not used: "
                      "%s", name, set->skipped[i].index, set->skipped[i].why);
    }

    ngx_log_error(NGX_LOG_NOTICE, keys->log, 0,
                  "oauth: issuer \"%V\": keys fetched: %uz usable, %uz not "
                  "used", name, set->nkeys, set->nskipped);
}
