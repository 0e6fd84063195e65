
/*
 * Tasks in nginx's thread pool.  A posted event starts a task, so that commits
 * of one turn of the event loop go together, and a completion event ends it,
 * both in the event loop.  While commits wait, a timer that is not cancelable
 * keeps a worker that shuts down alive until they are answered.
 */


#include "ngx_oauth_store_bus_run.h"
#include "ngx_oauth_store_commit.h"
#include "ngx_oauth_store_expire.h"
#include "ngx_oauth_store_job.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_STORE_JOB_HOLD   60000    /* ms                             */
#define NGX_OAUTH_STORE_JOB_PAUSE  100      /* ms, between two removals       */
#define NGX_OAUTH_STORE_JOB_SLACK  10       /* seconds by which clocks of
                                               workers and tokens may differ  */

enum {
    NGX_OAUTH_STORE_JOB_FOUND = 0,
    NGX_OAUTH_STORE_JOB_WRITE,
    NGX_OAUTH_STORE_JOB_EXPIRE,
    NGX_OAUTH_STORE_JOB_BUS
};


static void ngx_oauth_store_job_begin_handler(ngx_event_t *ev);
static void ngx_oauth_store_job_hold_handler(ngx_event_t *ev);
static void ngx_oauth_store_job_again_handler(ngx_event_t *ev);
static void ngx_oauth_store_job_choose(ngx_oauth_store_t *store);
static ngx_int_t ngx_oauth_store_job_choose_next(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_fill(ngx_oauth_store_t *store);
static ngx_int_t ngx_oauth_store_job_run(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_deny(ngx_oauth_store_t *store,
    ngx_queue_t *commits);
static void ngx_oauth_store_job_deny_bus(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_answer(ngx_oauth_store_commit_t *commit,
    ngx_oauth_store_result_t result);
static void ngx_oauth_store_job_answer_bus(ngx_oauth_store_t *store,
    ngx_oauth_store_result_t result);
#if (NGX_THREADS)
static void ngx_oauth_store_job_thread(void *data, ngx_log_t *log);
static void ngx_oauth_store_job_done_handler(ngx_event_t *ev);
static ngx_int_t ngx_oauth_store_job_resize(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_founded(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_written(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_expired(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_read(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_result(ngx_oauth_store_t *store);
#endif
static void ngx_oauth_store_job_greet(ngx_oauth_store_t *store);
static void ngx_oauth_store_job_full(ngx_oauth_store_t *store, int rc);


void
ngx_oauth_store_job_create(ngx_oauth_store_t *store, ngx_log_t *log)
{
    ngx_queue_init(&store->waiting);
    ngx_queue_init(&store->writing);

    ngx_oauth_watch_timer(&store->begin, ngx_oauth_store_job_begin_handler,
                          log);
    ngx_oauth_watch_timer(&store->hold, ngx_oauth_store_job_hold_handler, log);
    ngx_oauth_watch_timer(&store->again, ngx_oauth_store_job_again_handler,
                          log);
    store->again.cancelable = 1;

#if (NGX_THREADS)
    ngx_oauth_watch_timer(&store->task.event, ngx_oauth_store_job_done_handler,
                          log);
    store->task.handler = ngx_oauth_store_job_thread;
    store->task.ctx = store;
#endif
}


void
ngx_oauth_store_job_start(ngx_oauth_store_t *store)
{
    uint64_t  epoch;

    if (ngx_oauth_store_renew(store, &epoch) != NGX_OK) {
        return;
    }

    ngx_oauth_store_reset(store);

    if (store->db.readonly) {

        if (!store->headed) {
            ngx_oauth_store_state_fail(store,
                                       NGX_OAUTH_STORE_PROBLEM_READONLY);
            return;
        }

        store->found.adopted = !store->db.named;
        ngx_oauth_store_job_greet(store);
        return;
    }

    store->ready = store->db.named && store->headed
                   && store->longest <= store->head.longest;

    if (store->ready) {
        ngx_oauth_store_job_greet(store);

    } else {
        ngx_oauth_store_job_post(store);
    }
}


void
ngx_oauth_store_job_post(ngx_oauth_store_t *store)
{
    ngx_post_event(&store->begin, &ngx_posted_events);
}


void
ngx_oauth_store_write(ngx_oauth_store_t *store,
    ngx_oauth_store_commit_t *commit)
{
    ngx_queue_insert_tail(&store->waiting, &commit->queue);

    ngx_oauth_store_job_hold(store);
}


void
ngx_oauth_store_job_hold(ngx_oauth_store_t *store)
{
    if (!store->hold.timer_set) {
        ngx_add_timer(&store->hold, NGX_OAUTH_STORE_JOB_HOLD);
    }

    ngx_oauth_store_job_post(store);
}


static void
ngx_oauth_store_job_hold_handler(ngx_event_t *ev)
{
    ngx_add_timer(ev, NGX_OAUTH_STORE_JOB_HOLD);
}


static void
ngx_oauth_store_job_again_handler(ngx_event_t *ev)
{
    ngx_oauth_store_t  *store;

    store = ngx_oauth_container(ev, ngx_oauth_store_t, again);

    store->table->expired = (ngx_atomic_uint_t) ngx_time();
    store->expire = 1;
    ngx_oauth_store_job_post(store);
}


static void
ngx_oauth_store_job_begin_handler(ngx_event_t *ev)
{
    ngx_oauth_store_t  *store;

    store = ngx_oauth_container(ev, ngx_oauth_store_t, begin);

    if (!store->busy) {
        ngx_oauth_store_job_choose(store);
    }

    if (ngx_queue_empty(&store->waiting) && ngx_queue_empty(&store->writing)
        && store->bus == NULL && store->hold.timer_set)
    {
        ngx_del_timer(&store->hold);
    }
}


static void
ngx_oauth_store_job_choose(ngx_oauth_store_t *store)
{
    if (store->problem || store->db.readonly) {
        ngx_oauth_store_job_deny(store, &store->waiting);
        ngx_oauth_store_job_deny_bus(store);
        store->expire = 0;
        return;
    }

    if (ngx_oauth_store_job_choose_next(store) == NGX_OK
        && ngx_oauth_store_job_run(store) != NGX_OK)
    {
        ngx_oauth_store_job_deny(store, &store->writing);
        ngx_oauth_store_job_deny(store, &store->waiting);
        ngx_oauth_store_job_deny_bus(store);
    }
}


/*
 * Commits are written in every second task at least.  What is removed and what
 * has come from the bus take turns between them.
 */

static ngx_int_t
ngx_oauth_store_job_choose_next(ngx_oauth_store_t *store)
{
    ngx_uint_t  waits;

    waits = !ngx_queue_empty(&store->waiting);

    if (!store->ready) {
        store->job = NGX_OAUTH_STORE_JOB_FOUND;
        store->found.longest = store->longest;
        return NGX_OK;
    }

    if (waits && (store->job != NGX_OAUTH_STORE_JOB_WRITE
                  || (!store->expire && store->bus == NULL)))
    {
        store->job = NGX_OAUTH_STORE_JOB_WRITE;
        ngx_oauth_store_job_fill(store);
        return NGX_OK;
    }

    if (!store->expire && store->bus == NULL) {
        return NGX_DECLINED;
    }

    store->now = (int64_t) ngx_time() - NGX_OAUTH_STORE_JOB_SLACK;

    if (store->expire && (store->bus == NULL
                          || store->other != NGX_OAUTH_STORE_JOB_EXPIRE))
    {
        store->job = NGX_OAUTH_STORE_JOB_EXPIRE;
        store->expire = 0;

    } else {
        store->job = NGX_OAUTH_STORE_JOB_BUS;
        store->bus->sent = 0;
        store->bus->news = 0;
        store->bus->ended = 0;
    }

    store->other = store->job;

    return NGX_OK;
}


/* Moves as many commits as there is room for into the batch. */

static void
ngx_oauth_store_job_fill(ngx_oauth_store_t *store)
{
    ngx_queue_t               *q;
    ngx_oauth_store_commit_t  *commit;

    ngx_oauth_store_batch_start(store->batch, &store->db, store->longest,
                                store->fleet);

    while (!ngx_queue_empty(&store->waiting)) {

        q = ngx_queue_head(&store->waiting);
        commit = ngx_queue_data(q, ngx_oauth_store_commit_t, queue);

        if (ngx_oauth_store_batch_add(store->batch, commit, store->unit + 1)
            != NGX_OK)
        {
            break;
        }

        store->unit++;

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&store->writing, q);
    }
}


static ngx_int_t
ngx_oauth_store_job_run(ngx_oauth_store_t *store)
{
#if (NGX_THREADS)

    store->task.event.complete = 0;

    if (ngx_thread_task_post(store->pool, &store->task) == NGX_OK) {
        store->busy = 1;
        return NGX_OK;
    }

#endif

    return NGX_ERROR;
}


/* Handlers may hand in other commits, which stay for the next time. */

static void
ngx_oauth_store_job_deny(ngx_oauth_store_t *store, ngx_queue_t *commits)
{
    ngx_queue_t                denied, *q;
    ngx_oauth_store_commit_t  *commit;

    if (ngx_queue_empty(commits)) {
        return;
    }

    if (store->problem == 0 && store->db.readonly
        && store->logged != NGX_OAUTH_STORE_PROBLEM_READONLY)
    {
        store->logged = NGX_OAUTH_STORE_PROBLEM_READONLY;
        ngx_oauth_store_state_log(store, NGX_LOG_ERR,
                                  "cannot take revocations",
                                  NGX_OAUTH_STORE_PROBLEM_READONLY);
    }

    ngx_queue_init(&denied);
    ngx_queue_add(&denied, commits);
    ngx_queue_init(commits);

    while (!ngx_queue_empty(&denied)) {
        q = ngx_queue_head(&denied);
        ngx_queue_remove(q);

        commit = ngx_queue_data(q, ngx_oauth_store_commit_t, queue);
        ngx_oauth_store_job_answer(commit, NGX_OAUTH_STORE_UNUSABLE);
    }
}


static void
ngx_oauth_store_job_deny_bus(ngx_oauth_store_t *store)
{
    if (store->bus) {
        ngx_oauth_store_job_answer_bus(store, NGX_OAUTH_STORE_UNUSABLE);
    }
}


static void
ngx_oauth_store_job_answer(ngx_oauth_store_commit_t *commit,
    ngx_oauth_store_result_t result)
{
    commit->result = result;
    commit->handler(commit);
}


/* The handler may hand in the next one. */

static void
ngx_oauth_store_job_answer_bus(ngx_oauth_store_t *store,
    ngx_oauth_store_result_t result)
{
    ngx_oauth_store_bus_commit_t  *commit;

    commit = store->bus;
    store->bus = NULL;

    commit->result = result;
    commit->handler(commit);
}


#if (NGX_THREADS)

/* In the thread. */

static void
ngx_oauth_store_job_thread(void *data, ngx_log_t *log)
{
    ngx_oauth_store_t          *store;
    ngx_oauth_store_bus_run_t   run;

    store = data;

    switch (store->job) {

    case NGX_OAUTH_STORE_JOB_FOUND:
        store->rc = ngx_oauth_store_found_run(&store->db, &store->found);
        break;

    case NGX_OAUTH_STORE_JOB_WRITE:
        ngx_oauth_store_batch_wait(store->batch);
        store->rc = ngx_oauth_store_commit_run(&store->db, store->table,
                                               store->batch);
        break;

    case NGX_OAUTH_STORE_JOB_BUS:
        run.commit = store->bus;
        run.longest = store->longest;
        run.now = store->now;
        store->rc = ngx_oauth_store_bus_run(&store->db, store->table, &run);
        break;

    default: /* NGX_OAUTH_STORE_JOB_EXPIRE */
        store->rc = ngx_oauth_store_expire_run(&store->db, store->longest,
                                               store->now, &store->more);
    }
}


static void
ngx_oauth_store_job_done_handler(ngx_event_t *ev)
{
    ngx_oauth_store_t  *store;

    store = ngx_oauth_container(ev, ngx_oauth_store_t, task.event);

    store->busy = 0;

    if (store->rc == MDB_MAP_RESIZED
        && ngx_oauth_store_job_resize(store) == NGX_OK)
    {
        return;
    }

    switch (store->job) {

    case NGX_OAUTH_STORE_JOB_FOUND:
        ngx_oauth_store_job_founded(store);
        break;

    case NGX_OAUTH_STORE_JOB_WRITE:
        ngx_oauth_store_job_written(store);
        break;

    case NGX_OAUTH_STORE_JOB_BUS:
        ngx_oauth_store_job_read(store);
        break;

    default: /* NGX_OAUTH_STORE_JOB_EXPIRE */
        ngx_oauth_store_job_expired(store);
    }

    ngx_oauth_store_job_post(store);
}


/*
 * Another process has made the map larger; LMDB lets this one follow while none
 * of its transactions is open.  The task is done again.
 */

static ngx_int_t
ngx_oauth_store_job_resize(ngx_oauth_store_t *store)
{
    if (mdb_env_set_mapsize(store->db.env, 0) != 0) {
        return NGX_ERROR;
    }

    return ngx_oauth_store_job_run(store);
}


static void
ngx_oauth_store_job_founded(ngx_oauth_store_t *store)
{
    uint64_t  epoch;

    if (store->rc != 0
        && !(store->db.named && ngx_oauth_store_problem_is_full(store->rc)))
    {
        ngx_oauth_store_state_fail(store, store->rc);
        return;
    }

    /*
     * If there is no room to write down a longer lifetime, entries can still be
     * written, and the timer tries again.
     */

    store->ready = 1;

    if (store->rc != 0) {
        ngx_oauth_store_job_full(store, store->rc);
        return;
    }

    store->db.named = 1;

    if (ngx_oauth_store_renew(store, &epoch) == NGX_OK) {
        ngx_oauth_store_reset(store);
        ngx_oauth_store_job_greet(store);
    }
}


static void
ngx_oauth_store_job_written(ngx_oauth_store_t *store)
{
    ngx_uint_t                 i;
    ngx_queue_t                written, *q;
    ngx_oauth_store_commit_t  *commit;

    if (store->rc == 0) {
        store->full = 0;
    }

    ngx_oauth_store_job_result(store);

    ngx_queue_init(&written);
    ngx_queue_add(&written, &store->writing);
    ngx_queue_init(&store->writing);

    /* No task begins before the next event, so the batch stays as it is. */

    for (i = 0; !ngx_queue_empty(&written); i++) {
        q = ngx_queue_head(&written);
        ngx_queue_remove(q);

        commit = ngx_queue_data(q, ngx_oauth_store_commit_t, queue);
        ngx_oauth_store_job_answer(commit, store->batch->units[i].result);
    }
}


/* If there was nothing to write, there may still be no room. */

static void
ngx_oauth_store_job_read(ngx_oauth_store_t *store)
{
    ngx_oauth_store_result_t  result;

    result = NGX_OAUTH_STORE_DONE;

    if (store->rc == 0) {
        if (store->bus->news) {
            store->full = 0;
        }

    } else {
        store->bus->sent = 0;
        store->bus->news = 0;
        store->bus->ended = 0;

        result = ngx_oauth_store_problem_is_full(store->rc)
                 ? NGX_OAUTH_STORE_FULL : NGX_OAUTH_STORE_UNUSABLE;
    }

    ngx_oauth_store_job_result(store);
    ngx_oauth_store_job_answer_bus(store, result);
}


/* Says in the log why something was not written. */

static void
ngx_oauth_store_job_result(ngx_oauth_store_t *store)
{
    if (store->rc == 0) {
        return;
    }

    if (ngx_oauth_store_problem_is_full(store->rc)) {
        ngx_oauth_store_job_full(store, store->rc);

    } else if (store->rc == ENOMEM) {

        /* The next commit may have enough memory. */

        ngx_oauth_store_state_log(store, NGX_LOG_ERR,
                                  "cannot take revocations", store->rc);

    } else {
        ngx_oauth_store_state_fail(store, store->rc);
    }
}


static void
ngx_oauth_store_job_expired(ngx_oauth_store_t *store)
{
    if (store->rc == 0) {
        if (store->more) {
            ngx_add_timer(&store->again, NGX_OAUTH_STORE_JOB_PAUSE);
        }

        return;
    }

    if (store->rc == NGX_OAUTH_STORE_PROBLEM_MOVED
        || store->rc == NGX_OAUTH_STORE_PROBLEM_CUT
        || store->rc == MDB_PANIC)
    {
        ngx_oauth_store_state_fail(store, store->rc);
        return;
    }

    ngx_oauth_store_state_log(store, NGX_LOG_ERR,
                              "cannot remove old revocations", store->rc);
}

#endif


/* One line, for one worker, since nginx was started. */

static void
ngx_oauth_store_job_greet(ngx_oauth_store_t *store)
{
    uint64_t  n;

    n = ngx_oauth_store_row_sum(&store->head);

    if (ngx_atomic_cmp_set(&store->table->greeted, 0, 1)) {
        ngx_log_error(NGX_LOG_NOTICE, store->log, 0,
                      "oauth: the revocation store \"%V\" holds %uL entries",
                      &store->folder, n);
    }

    if (store->found.adopted) {
        store->found.adopted = 0;

        ngx_log_error(NGX_LOG_CRIT, store->log, 0,
                      "oauth: the revocation store \"%V\" had no file "
                      "\"identity\", so it is used with the %uL entries that "
                      "it holds; if it came from a backup, what was revoked "
                      "since then must be revoked again", &store->folder, n);
    }
}


/* Once until there is room again. */

static void
ngx_oauth_store_job_full(ngx_oauth_store_t *store, int rc)
{
    if (!store->full) {
        store->full = 1;
        ngx_oauth_store_state_log(store, NGX_LOG_CRIT,
                                  "cannot take revocations", rc);
    }
}
