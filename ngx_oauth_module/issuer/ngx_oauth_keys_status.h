
/*
 * The status of one issuer's keys, for those who watch: their state, their
 * times, and the numbers of all workers together.
 */


#ifndef NGX_OAUTH_KEYS_STATUS_H_INCLUDED
#define NGX_OAUTH_KEYS_STATUS_H_INCLUDED


#include "ngx_oauth_keys.h"
#include "oauth_status.h"


/*
 * Fills in the status, as ngx_oauth_provider_status says.  Brings the keys up
 * to date, for which it takes the lock.
 */

ngx_int_t ngx_oauth_keys_status_read(ngx_oauth_keys_t *keys,
    oauth_status_issuer_t *status, ngx_pool_t *pool);


#endif /* NGX_OAUTH_KEYS_STATUS_H_INCLUDED */
