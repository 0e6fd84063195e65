
/*
 * The life of a store: created with the configuration, opened by a worker,
 * looked after by a timer, closed when the worker exits.  A store that cannot
 * be used is opened again by the timer, so that whoever repairs it need not
 * reload nginx.
 */


#include "ngx_oauth_store_folder.h"
#include "ngx_oauth_store_job.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_watch.h"
#include "oauth_secret.h"


#define NGX_OAUTH_STORE_TICK    10000           /* ms                         */
#define NGX_OAUTH_STORE_EXPIRE  60              /* seconds between removals   */
#define NGX_OAUTH_STORE_TRIES   100             /* to open a new store, before
                                                   the event loop runs        */

#define NGX_OAUTH_STORE_ZONE                                                  \
    (ngx_align(sizeof(ngx_oauth_store_batch_table_t), ngx_pagesize)           \
     + sizeof(ngx_oauth_store_batch_table_t) / 64 + 16 * ngx_pagesize)


static ngx_int_t ngx_oauth_store_init(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);
static void ngx_oauth_store_tick_handler(ngx_event_t *ev);
static void ngx_oauth_store_open(ngx_oauth_store_t *store, ngx_uint_t tries);
static void ngx_oauth_store_open_again(ngx_oauth_store_t *store);
static ngx_int_t ngx_oauth_store_prepare(ngx_oauth_store_t *store,
    ngx_cycle_t *cycle);
static void ngx_oauth_store_expire(ngx_oauth_store_t *store);


ngx_oauth_store_t *
ngx_oauth_store_create(ngx_conf_t *cf, const ngx_str_t *folder, size_t size,
    const ngx_oauth_place_t *place, void *tag)
{
    ngx_oauth_store_t  *store;

    static ngx_str_t    name = ngx_string("oauth_revocation");

    store = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_store_t));
    if (store == NULL) {
        return NULL;
    }

    store->folder = *folder;
    store->place = *place;
    store->cycle = cf->cycle;
    store->log = cf->log;
    store->problem = NGX_OAUTH_STORE_PROBLEM_UNOPENED;
    store->db.size = ngx_align(size, ngx_pagesize);

#if !(NGX_THREADS)
    ngx_oauth_place_error(cf, &store->place,
                          "\"oauth_revocation_store\" needs an nginx that is "
                          "built with --with-threads");
    return NULL;
#else
    if (ngx_thread_pool_add(cf, NULL) == NULL) {
        return NULL;
    }
#endif

    if (ngx_oauth_store_db_create(&store->db, cf->pool, &store->folder)
        != NGX_OK)
    {
        return NULL;
    }

    ngx_oauth_store_job_create(store, cf->log);
    ngx_oauth_watch_timer(&store->tick, ngx_oauth_store_tick_handler, cf->log);
    store->tick.cancelable = 1;

    store->root.size = sizeof(ngx_oauth_store_batch_table_t);
    store->root.handler = ngx_oauth_store_init;

    return (ngx_oauth_zone_create_for(cf, &name, NGX_OAUTH_STORE_ZONE, place,
                                      tag, &store->root)
            == NGX_OK)
           ? store : NULL;
}


/* The whole configuration was read: the user of the workers is known. */

static ngx_int_t
ngx_oauth_store_init(ngx_oauth_zone_root_t *root, ngx_log_t *log)
{
    ngx_oauth_store_t  *store;

    store = (ngx_oauth_store_t *) root;
    store->table = root->memory;

    if (root->zone->fresh) {
        ngx_memzero(store->table, sizeof(ngx_oauth_store_batch_table_t));
    }

    return ngx_oauth_store_folder_check(store->cycle, &store->folder,
                                        &store->place, log);
}


void
ngx_oauth_store_start(ngx_oauth_store_t *store, ngx_cycle_t *cycle,
    int64_t longest)
{
    store->log = cycle->log;
    store->longest = ngx_max(longest, 0);
    store->begin.log = cycle->log;
    store->hold.log = cycle->log;
    store->again.log = cycle->log;
    store->tick.log = cycle->log;

    if (ngx_oauth_store_prepare(store, cycle) != NGX_OK) {
        ngx_oauth_store_state_fail(store, NGX_OAUTH_STORE_PROBLEM_UNOPENED);
        return;
    }

    if (ngx_event_actions.notify == NULL) {
        ngx_oauth_store_state_fail(store, NGX_OAUTH_STORE_PROBLEM_EVENTS);
        return;
    }

    ngx_add_timer(&store->tick, NGX_OAUTH_STORE_TICK);
    ngx_oauth_store_open(store, NGX_OAUTH_STORE_TRIES);
}


/*
 * A worker without a batch in the shared memory has one of its own, with which
 * it commits for itself.
 */

static ngx_int_t
ngx_oauth_store_prepare(ngx_oauth_store_t *store, ngx_cycle_t *cycle)
{
#if (NGX_THREADS)
    static ngx_str_t  name = ngx_string("default");

    store->pool = ngx_thread_pool_get(cycle, &name);

    if (store->pool == NULL) {
        return NGX_ERROR;
    }
#endif

    if (oauth_secret_create((u_char *) &store->unit, sizeof(store->unit)) != 0
        || oauth_secret_create(store->found.id, NGX_OAUTH_STORE_ROW_ID) != 0)
    {
        return NGX_ERROR;
    }

    store->batch = ngx_oauth_store_batch_acquire(store->table);
    store->shared = (store->batch != NULL);

    if (store->batch == NULL) {
        store->batch = ngx_pcalloc(cycle->pool,
                                   sizeof(ngx_oauth_store_batch_t));
    }

    return store->batch ? NGX_OK : NGX_ERROR;
}


static void
ngx_oauth_store_open(ngx_oauth_store_t *store, ngx_uint_t tries)
{
    int  rc;

    store->epoch = 0;
    store->headed = 0;
    store->ready = 0;
    store->opened++;

    rc = ngx_oauth_store_db_start(&store->db, tries);

    if (rc != 0) {
        ngx_oauth_store_state_fail(store, rc);
        return;
    }

    store->problem = 0;
    store->checked = ngx_time();

    ngx_oauth_store_job_start(store);
}


static void
ngx_oauth_store_tick_handler(ngx_event_t *ev)
{
    int                 rc;
    ngx_oauth_store_t  *store;

    store = ngx_oauth_container(ev, ngx_oauth_store_t, tick);

    ngx_add_timer(&store->tick, NGX_OAUTH_STORE_TICK);

    if (store->problem) {
        ngx_oauth_store_open_again(store);
        return;
    }

    rc = ngx_oauth_store_db_follow(&store->db);
    if (rc != 0) {
        ngx_oauth_store_state_fail(store, rc);
        return;
    }

    if (store->db.readonly) {
        return;
    }

    if (store->headed && store->longest > store->head.longest) {
        store->ready = 0;
        ngx_oauth_store_job_post(store);
    }

    ngx_oauth_store_expire(store);
}


/*
 * A file that is damaged is not opened again before it was replaced.  While a
 * task runs, its thread uses the environment.
 */

static void
ngx_oauth_store_open_again(ngx_oauth_store_t *store)
{
    if (store->busy
        || (ngx_oauth_store_problem_is_damage(store->problem)
            && store->db.env && ngx_oauth_store_db_check(&store->db) == 0))
    {
        return;
    }

    ngx_oauth_store_db_done(&store->db);
    ngx_oauth_store_open(store, 1);

    if (store->problem == 0) {
        store->logged = 0;

        ngx_log_error(NGX_LOG_NOTICE, store->log, 0,
                      "oauth: the revocation store \"%V\" can be used again",
                      &store->folder);
    }
}


/* Whichever worker comes first after a minute removes what has ended. */

static void
ngx_oauth_store_expire(ngx_oauth_store_t *store)
{
    ngx_atomic_uint_t  last, now;

    last = store->table->expired;
    now = (ngx_atomic_uint_t) ngx_time();

    if ((now >= last && now - last < NGX_OAUTH_STORE_EXPIRE)
        || !ngx_atomic_cmp_set(&store->table->expired, last, now))
    {
        return;
    }

    store->expire = 1;
    ngx_oauth_store_job_post(store);
}


void
ngx_oauth_store_done(ngx_oauth_store_t *store)
{
    /* nginx has waited for its threads before, so no task runs any more. */

    ngx_oauth_store_reset(store);
    ngx_oauth_store_db_done(&store->db);

    if (store->shared) {
        ngx_oauth_store_batch_release(store->batch);
        store->shared = 0;
    }
}
