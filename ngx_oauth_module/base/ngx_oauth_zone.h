
/*
 * The one shared memory zone, "oauth_zone".  It holds bytes, numbers and
 * offsets; what lies in it belongs to nobody's pool and outlives workers and,
 * where name and size stay the same, reloads.
 *
 * Its memory is a table of notices and one piece, which its user divides.  Its
 * only lock is the slab pool's mutex, which nginx frees when a worker dies.
 * Under it there is no parsing, no logging and no pool allocation.
 *
 * While a configuration is read it may still be refused: nothing is written
 * to a zone that is kept before the configuration is in force.
 */


#ifndef NGX_OAUTH_ZONE_H_INCLUDED
#define NGX_OAUTH_ZONE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct ngx_oauth_zone_s  ngx_oauth_zone_t;

/*
 * Called in the master when the memory is there: may write to it if it is
 * fresh, and refuse the configuration.
 */

typedef ngx_int_t (*ngx_oauth_zone_pt)(ngx_oauth_zone_t *zone,
    ngx_log_t *log);


/* What the log was told, and when; see ngx_oauth_notice.h. */

#define NGX_OAUTH_ZONE_NOTICES  56

typedef struct {
    uint64_t              key;          /* 0: nothing yet                     */
    ngx_msec_t            time;
} ngx_oauth_zone_notice_t;


/* One configuration's view of the zone, in that configuration's pool. */

struct ngx_oauth_zone_s {
    ngx_str_t             name;
    size_t                size;         /* as configured                      */
    ngx_slab_pool_t      *pool;
    ngx_oauth_zone_notice_t  *notices;  /* NGX_OAUTH_ZONE_NOTICES             */
    void                 *room;         /* the piece                          */
    size_t                room_size;
    ngx_uint_t            fresh;        /* not kept from the one before       */

    ngx_queue_t           docs;         /* this configuration's documents     */

    ngx_oauth_zone_pt     handler;
    void                 *data;
};


/* Adds the zone to a configuration.  NULL: an error, which is logged. */

ngx_oauth_zone_t *ngx_oauth_zone_create(ngx_conf_t *cf, size_t size,
    void *tag, ngx_oauth_zone_pt handler, void *data);

/* When the configuration is in force: says so where all was forgotten. */

void ngx_oauth_zone_log(ngx_oauth_zone_t *zone, ngx_log_t *log);


/* The least piece of memory that a zone of this size offers. */

size_t ngx_oauth_zone_room(size_t size);

/* The next size to try, for who looks for one that suffices. */

#define ngx_oauth_zone_larger(size)                                           \
    ngx_align((size) + 1, (size_t) 64 * 1024)


#endif /* NGX_OAUTH_ZONE_H_INCLUDED */
