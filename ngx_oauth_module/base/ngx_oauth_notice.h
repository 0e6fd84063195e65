
/*
 * Log lines that strangers, or a server that fails, can cause again and again.
 * All workers together write each of them at most once a minute at the level
 * error, which is nginx's default, so that nobody can fill the log with them.
 */


#ifndef NGX_OAUTH_NOTICE_H_INCLUDED
#define NGX_OAUTH_NOTICE_H_INCLUDED


#include "ngx_oauth_zone.h"


#define NGX_OAUTH_NOTICES  56


/* One configuration's view of the table of notices. */

typedef struct {
    ngx_oauth_zone_root_t  root;        /* NGX_OAUTH_NOTICES of them          */
} ngx_oauth_notice_table_t;


/*
 * In the master: registers the table as a root of the zone.  The view lives in
 * the pool.  NULL: no memory.
 */

ngx_oauth_notice_table_t *ngx_oauth_notice_register(ngx_oauth_zone_t *zone,
    ngx_pool_t *pool);

/*
 * 1 if the line may be written now; the caller then has to write it.  key: what
 * the line is about, not 0, and computed from the configuration and the reason
 * alone, so that clients cannot make up new ones.  Within a minute at most
 * NGX_OAUTH_NOTICES different keys get a 1.
 */

ngx_uint_t ngx_oauth_notice_acquire(ngx_oauth_notice_table_t *table,
    uint64_t key);

/*
 * The level at which the caller has to write the line: NGX_LOG_ERR if the line
 * may be written now, with ngx_oauth_notice_hint() at its end, and otherwise
 * NGX_LOG_INFO.  If the log shows no errors, the line's turn is not used up.
 */

ngx_uint_t ngx_oauth_notice_level(ngx_oauth_notice_table_t *table,
    uint64_t key, const ngx_log_t *log);

#define ngx_oauth_notice_hint(level)                                          \
    ((level) == NGX_LOG_ERR                                                   \
     ? "; at most one such line a minute appears at this level, all of them " \
       "at level info"                                                        \
     : "")


#endif /* NGX_OAUTH_NOTICE_H_INCLUDED */
