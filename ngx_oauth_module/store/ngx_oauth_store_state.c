
/*
 * How a worker notes that its store cannot be used, and what it logs about it.
 * A timer (ngx_oauth_store.c) tries to open the store again.
 */


#include "ngx_oauth_store_state.h"


#define NGX_OAUTH_STORE_STATE_SOON  100     /* ms                             */


void
ngx_oauth_store_state_fail(ngx_oauth_store_t *store, int problem)
{
    store->problem = problem;

    if (store->logged != problem) {
        store->logged = problem;

        ngx_oauth_store_state_log(store, NGX_LOG_CRIT, "cannot be used",
                                  problem);
    }

    /* After these, it can be used as soon as it is opened again, or soon. */

    if ((problem == MDB_PANIC || problem == MDB_MAP_RESIZED
         || problem == NGX_OAUTH_STORE_PROBLEM_LOCKED)
        && store->tick.timer_set)
    {
        ngx_add_timer(&store->tick, NGX_OAUTH_STORE_STATE_SOON);
    }
}


void
ngx_oauth_store_state_log(ngx_oauth_store_t *store, ngx_uint_t level,
    const char *what, int problem)
{
    u_char  text[NGX_MAX_ERROR_STR], *p;

    p = ngx_oauth_store_problem_write(problem, text, text + sizeof(text));

    ngx_log_error(level, store->log, 0,
                  "oauth: the revocation store \"%V\" %s: %*s",
                  &store->folder, what, p - text, text);
}
