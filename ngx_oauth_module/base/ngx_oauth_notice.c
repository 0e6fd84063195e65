
/*
 * A table in the zone of the log lines that were written within the last
 * minute.  Its size is fixed: an entry whose minute is over is free, and while
 * no entry is free, no other line is written.  A worker that dies between the
 * two stores of an entry leaves it free, or taken for one minute.
 */


#include "ngx_oauth_notice.h"


#define NGX_OAUTH_NOTICE_TIME  60000    /* ms                                 */


typedef struct {
    uint64_t              key;          /* 0: never used                      */
    ngx_msec_t            time;
} ngx_oauth_notice_t;


static ngx_int_t ngx_oauth_notice_init(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);
static ngx_oauth_notice_t *ngx_oauth_notice_lookup(
    ngx_oauth_notice_table_t *table, uint64_t key);
static ngx_uint_t ngx_oauth_notice_is_over(ngx_oauth_notice_t *notice);


ngx_oauth_notice_table_t *
ngx_oauth_notice_register(ngx_oauth_zone_t *zone, ngx_pool_t *pool)
{
    ngx_oauth_notice_table_t  *table;

    table = ngx_pcalloc(pool, sizeof(ngx_oauth_notice_table_t));
    if (table == NULL) {
        return NULL;
    }

    table->root.size = NGX_OAUTH_NOTICES * sizeof(ngx_oauth_notice_t);
    table->root.handler = ngx_oauth_notice_init;

    ngx_oauth_zone_register(zone, &table->root);

    return table;
}


static ngx_int_t
ngx_oauth_notice_init(ngx_oauth_zone_root_t *root, ngx_log_t *log)
{
    if (root->zone->fresh) {
        ngx_memzero(root->memory, root->size);
    }

    return NGX_OK;
}


ngx_uint_t
ngx_oauth_notice_acquire(ngx_oauth_notice_table_t *table, uint64_t key)
{
    ngx_oauth_zone_t    *zone;
    ngx_oauth_notice_t  *notice;

    zone = table->root.zone;

    /*
     * Most callers get a 0.  They look without the lock, so that they do not
     * wait for each other.
     */

    if (ngx_oauth_notice_lookup(table, key) == NULL) {
        return 0;
    }

    ngx_oauth_zone_lock(zone);

    notice = ngx_oauth_notice_lookup(table, key);

    if (notice) {
        notice->time = ngx_current_msec;
        notice->key = key;
    }

    ngx_oauth_zone_unlock(zone);

    return notice != NULL;
}


ngx_uint_t
ngx_oauth_notice_level(ngx_oauth_notice_table_t *table, uint64_t key,
    const ngx_log_t *log)
{
    return log->log_level >= NGX_LOG_ERR
           && ngx_oauth_notice_acquire(table, key)
           ? NGX_LOG_ERR : NGX_LOG_INFO;
}


/* The entry for a new notice of this key; NULL: there is to be no line. */

static ngx_oauth_notice_t *
ngx_oauth_notice_lookup(ngx_oauth_notice_table_t *table, uint64_t key)
{
    ngx_uint_t           i;
    ngx_oauth_notice_t  *notice, *over;

    over = NULL;
    notice = table->root.memory;

    for (i = 0; i < NGX_OAUTH_NOTICES; i++, notice++) {

        if (notice->key == key) {
            return ngx_oauth_notice_is_over(notice) ? notice : NULL;
        }

        if (over == NULL && ngx_oauth_notice_is_over(notice)) {
            over = notice;
        }
    }

    return over;
}


/* Another worker's clock may be a little ahead of this one's, or behind it. */

static ngx_uint_t
ngx_oauth_notice_is_over(ngx_oauth_notice_t *notice)
{
    return notice->key == 0
           || (ngx_current_msec - notice->time >= NGX_OAUTH_NOTICE_TIME
               && notice->time - ngx_current_msec >= NGX_OAUTH_NOTICE_TIME);
}
