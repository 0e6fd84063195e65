
/*
 * A table in the zone of what was told within the last minute.  It has a fixed
 * size: a place whose minute is over is free, and while none is free nothing
 * more is told.  A worker that dies between two stores leaves a place that is
 * free or is taken for a minute.
 */


#include "ngx_oauth_notice.h"


#define NGX_OAUTH_NOTICE_TIME  60000    /* ms                                 */


static ngx_oauth_zone_notice_t *ngx_oauth_notice_lookup(
    ngx_oauth_zone_t *zone, uint64_t key);
static ngx_uint_t ngx_oauth_notice_is_over(ngx_oauth_zone_notice_t *notice);


ngx_uint_t
ngx_oauth_notice_acquire(ngx_oauth_zone_t *zone, uint64_t key)
{
    ngx_oauth_zone_notice_t  *notice;

    /* Most ask in vain, and should not wait for each other to learn that. */

    if (ngx_oauth_notice_lookup(zone, key) == NULL) {
        return 0;
    }

    ngx_shmtx_lock(&zone->pool->mutex);

    notice = ngx_oauth_notice_lookup(zone, key);

    if (notice) {
        notice->time = ngx_current_msec;
        notice->key = key;
    }

    ngx_shmtx_unlock(&zone->pool->mutex);

    return notice != NULL;
}


/* The place for a new notice of this key; NULL: there is to be none. */

static ngx_oauth_zone_notice_t *
ngx_oauth_notice_lookup(ngx_oauth_zone_t *zone, uint64_t key)
{
    ngx_uint_t                i;
    ngx_oauth_zone_notice_t  *notice, *over;

    over = NULL;

    for (i = 0; i < NGX_OAUTH_ZONE_NOTICES; i++) {

        notice = &zone->notices[i];

        if (notice->key == key) {
            return ngx_oauth_notice_is_over(notice) ? notice : NULL;
        }

        if (over == NULL && ngx_oauth_notice_is_over(notice)) {
            over = notice;
        }
    }

    return over;
}


/* Other workers' clocks are a little ahead of or behind this one's. */

static ngx_uint_t
ngx_oauth_notice_is_over(ngx_oauth_zone_notice_t *notice)
{
    return notice->key == 0
           || (ngx_current_msec - notice->time >= NGX_OAUTH_NOTICE_TIME
               && notice->time - ngx_current_msec >= NGX_OAUTH_NOTICE_TIME);
}
