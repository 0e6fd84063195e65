
/*
 * Reads the status of an issuer's keys: what this worker knows of them, what
 * all workers have counted, and what agents will trip over at the server.
 */


#include "ngx_oauth_keys_status.h"
#include "ngx_oauth_readiness.h"
#include "ngx_oauth_str.h"


static int64_t ngx_oauth_keys_status_seconds(ngx_msec_t since,
    ngx_msec_t until);
static ngx_int_t ngx_oauth_keys_status_read_counted(
    const ngx_oauth_issuer_t *issuer, oauth_status_issuer_t *status,
    ngx_pool_t *pool);


ngx_int_t
ngx_oauth_keys_status_read(ngx_oauth_keys_t *keys,
    oauth_status_issuer_t *status, ngx_pool_t *pool)
{
    ngx_int_t  rc;

    ngx_memzero(status, sizeof(oauth_status_issuer_t));

    status->name = ngx_oauth_str(&keys->issuer->name);
    status->issuer = ngx_oauth_str(&keys->issuer->issuer);
    status->age = OAUTH_STATUS_NEVER;
    status->refresh = OAUTH_STATUS_NEVER;
    status->expiry = OAUTH_STATUS_NEVER;
    status->error_age = OAUTH_STATUS_NEVER;

    if (keys->doc == NULL) {
        status->state = OAUTH_STATUS_FILE;

    } else {
        ngx_oauth_keys_update(keys);

        status->state = (keys->set == NULL) ? OAUTH_STATUS_NONE
                        : !keys->usable ? OAUTH_STATUS_EXPIRED
                        : keys->state.failures ? OAUTH_STATUS_FAILING
                        : OAUTH_STATUS_FRESH;

        status->refresh = ngx_oauth_keys_status_seconds(ngx_current_msec,
                                                        keys->due);

        if (keys->set) {
            status->age = ngx_oauth_keys_status_seconds(keys->state.fetched,
                                                        ngx_current_msec);
            status->expiry = ngx_oauth_keys_status_seconds(ngx_current_msec,
                                                           keys->expires);
        }
    }

    if (keys->set) {
        status->nkeys = keys->set->nkeys;
        status->nskipped = keys->set->nskipped;
    }

    rc = ngx_oauth_readiness_check(keys->issuer, &status->readiness,
                                   pool->log);
    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    status->checked = (rc == NGX_OK);
    status->introspects = (keys->issuer->introspect
                           != NGX_OAUTH_INTROSPECT_OFF);

    return ngx_oauth_keys_status_read_counted(keys->issuer, status, pool);
}


static int64_t
ngx_oauth_keys_status_seconds(ngx_msec_t since, ngx_msec_t until)
{
    ngx_msec_int_t  left;

    left = (ngx_msec_int_t) (until - since);

    return left > 0 ? left / 1000 : 0;
}


static ngx_int_t
ngx_oauth_keys_status_read_counted(const ngx_oauth_issuer_t *issuer,
    oauth_status_issuer_t *status, ngx_pool_t *pool)
{
    u_char                             *error;
    time_t                              time;
    const ngx_oauth_counters_issuer_t  *counted;

    counted = issuer->counted;

    if (counted == NULL || ngx_oauth_counters_is_shared(&counted->owner)) {
        return NGX_OK;
    }

    error = ngx_pnalloc(pool, NGX_OAUTH_COUNTERS_ERROR);
    if (error == NULL) {
        return NGX_ERROR;
    }

    status->counted = 1;
    ngx_oauth_counters_read_requests(&counted->requests, &status->requests);

    status->fetched = counted->fetched;
    status->failed = counted->failed;
    status->msec = counted->time;
    status->waits = counted->waits;

    status->introspection.asked = counted->questions;
    status->introspection.active = counted->active;
    status->introspection.inactive = counted->inactive;
    status->introspection.failed = counted->unanswered;
    status->introspection.msec = counted->asking;
    status->introspection.waits = counted->asking_waits;

    status->error.data = error;
    status->error.len = ngx_oauth_counters_read_error(issuer->counters,
                                                      counted, error, &time);

    if (time) {
        status->error_age = ngx_max(ngx_time() - time, 0);
    }

    return NGX_OK;
}
