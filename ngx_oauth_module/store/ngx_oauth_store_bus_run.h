
/*
 * Writes what the leader has read from the bus, in a thread.  Nothing here
 * touches the event loop, a pool or the log.
 */


#ifndef NGX_OAUTH_STORE_BUS_RUN_H_INCLUDED
#define NGX_OAUTH_STORE_BUS_RUN_H_INCLUDED


#include "ngx_oauth_store_batch.h"
#include "ngx_oauth_store_bus.h"


typedef struct {
    ngx_oauth_store_bus_commit_t  *commit;
    int64_t                        longest; /* see ngx_oauth_store_start      */
    int64_t                        now;     /* what has ended before this is
                                               left out                       */
} ngx_oauth_store_bus_run_t;


/*
 * Writes all of it, or nothing.  Sets the numbers in the commit.  Returns 0 or
 * an error.
 */

int ngx_oauth_store_bus_run(const ngx_oauth_store_db_t *db,
    ngx_oauth_store_batch_table_t *table,
    const ngx_oauth_store_bus_run_t *run);


#endif /* NGX_OAUTH_STORE_BUS_RUN_H_INCLUDED */
