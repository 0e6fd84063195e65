
/*
 * What a worker has its thread do: found the store, write commits, write what
 * has come from the bus, remove entries.  A worker has one task at a time; what
 * arrives meanwhile is written together by the next one.
 */


#ifndef NGX_OAUTH_STORE_JOB_H_INCLUDED
#define NGX_OAUTH_STORE_JOB_H_INCLUDED


#include "ngx_oauth_store_state.h"


/* Once, when the store is created: prepares the events and queues. */

void ngx_oauth_store_job_create(ngx_oauth_store_t *store, ngx_log_t *log);

/* The store was opened: founds it, unless it is. */

void ngx_oauth_store_job_start(ngx_oauth_store_t *store);

/* There is something to do. */

void ngx_oauth_store_job_post(ngx_oauth_store_t *store);

/* The same, and a worker that shuts down stays until it is done. */

void ngx_oauth_store_job_hold(ngx_oauth_store_t *store);


#endif /* NGX_OAUTH_STORE_JOB_H_INCLUDED */
