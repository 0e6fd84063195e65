
/*
 * A store as one configuration and one worker see it; the type of
 * ngx_oauth_store.h for the files of this folder.  It is in the configuration's
 * pool.  The second half belongs to the worker's event loop.  While a task
 * runs, its thread also uses db, table and batch, and the last part, where it
 * leaves its result; the event loop changes none of these then.
 */


#ifndef NGX_OAUTH_STORE_STATE_H_INCLUDED
#define NGX_OAUTH_STORE_STATE_H_INCLUDED


#include <ngx_event.h>

#include "ngx_oauth_store_batch.h"
#include "ngx_oauth_store_bus.h"
#include "ngx_oauth_store_found.h"
#include "ngx_oauth_zone.h"

#if (NGX_THREADS)
#include <ngx_thread_pool.h>
#endif


struct ngx_oauth_store_s {
    ngx_oauth_zone_root_t           root;
    ngx_str_t                       folder;
    ngx_oauth_place_t               place;
    ngx_cycle_t                    *cycle;
    ngx_uint_t                      fleet;  /* as of
                                               ngx_oauth_store_bus_create     */
    ngx_oauth_store_batch_table_t  *table;  /* NULL until the zone is there   */

    /* of the worker */

    ngx_log_t                      *log;
    ngx_oauth_store_db_t            db;
    int64_t                         longest;

    int                             problem;    /* why it cannot be used, 0   */
    int                             logged;     /* the problem that was       */
    time_t                          checked;    /* when its files were        */
    ngx_uint_t                      reading;    /* between renew and reset    */

    uint64_t                        opened;     /* how often it was           */
    uint64_t                        epoch;      /* of the head, 0: none       */
    ngx_uint_t                      headed;     /* there was one              */
    ngx_oauth_store_row_head_t      head;
    oauth_revocation_kinds_t        kinds;

    ngx_queue_t                     waiting;    /* commits for the next task  */
    ngx_queue_t                     writing;    /* those of this task         */
    ngx_oauth_store_bus_commit_t   *bus;        /* is to be written, NULL: it
                                                   was                        */
    ngx_oauth_store_batch_t        *batch;
    ngx_uint_t                      shared;     /* the batch is               */
    uint64_t                        unit;       /* the last id                */
    ngx_uint_t                      full;       /* was logged                 */

    ngx_event_t                     begin;      /* posted: starts a task      */
    ngx_event_t                     hold;       /* timer: commits wait        */
    ngx_event_t                     tick;       /* timer: looks after it all  */
    ngx_event_t                     again;      /* timer: goes on removing    */

#if (NGX_THREADS)
    ngx_thread_pool_t              *pool;
    ngx_thread_task_t               task;
#endif

    ngx_uint_t                      busy;       /* a task runs                */
    ngx_uint_t                      expire;     /* removal is due             */
    ngx_uint_t                      ready;      /* nothing is to be founded   */

    /* what the task does, and its result */

    ngx_uint_t                      job;
    ngx_uint_t                      other;      /* the last that was not to
                                                   write commits              */
    int                             rc;
    int64_t                         now;
    ngx_uint_t                      more;
    ngx_oauth_store_found_t         found;
};


/*
 * From now on the store cannot be used; each problem is logged once.  It stays
 * open until control is back in the event loop.
 */

void ngx_oauth_store_state_fail(ngx_oauth_store_t *store, int problem);

/* Logs a line about the store that ends with the sentence of the problem. */

void ngx_oauth_store_state_log(ngx_oauth_store_t *store, ngx_uint_t level,
    const char *what, int problem);


#endif /* NGX_OAUTH_STORE_STATE_H_INCLUDED */
