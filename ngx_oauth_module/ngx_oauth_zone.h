
/*
 * The one shared memory zone, "oauth_zone".  It holds bytes, numbers and
 * offsets; what lies in it belongs to nobody's pool and outlives workers and,
 * where name and size stay the same, reloads.
 *
 * Its only lock is the slab pool's mutex, which nginx frees when a worker
 * dies.  Under it there is no parsing, no logging and no pool allocation.
 */


#ifndef NGX_OAUTH_ZONE_H_INCLUDED
#define NGX_OAUTH_ZONE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


/* Who keeps what in the zone: the numbers of the roots. */

#define NGX_OAUTH_ZONE_DOCS    0
#define NGX_OAUTH_ZONE_ROOTS   8


typedef struct ngx_oauth_zone_s  ngx_oauth_zone_t;

/* Called in the master when the zone is there, fresh or kept. */

typedef ngx_int_t (*ngx_oauth_zone_pt)(ngx_oauth_zone_t *zone,
    ngx_log_t *log);


typedef struct {
    ngx_uint_t            cycle;        /* counts the configurations          */
    void                 *roots[NGX_OAUTH_ZONE_ROOTS];
} ngx_oauth_zone_sh_t;


/* One configuration's view of the zone, in that configuration's pool. */

struct ngx_oauth_zone_s {
    ngx_slab_pool_t      *pool;
    ngx_oauth_zone_sh_t  *sh;
    size_t                size;

    ngx_oauth_zone_pt     handler;
    void                 *data;
};


/*
 * Adds the zone to a configuration; pool and sh are set before the handler is
 * called.  NULL: an error, which is logged.
 */

ngx_oauth_zone_t *ngx_oauth_zone_create(ngx_conf_t *cf, size_t size,
    void *tag, ngx_oauth_zone_pt handler, void *data);

/* The size that a zone needs to take "more" bytes than it can now. */

size_t ngx_oauth_zone_size_for(ngx_oauth_zone_t *zone, size_t more);


#endif /* NGX_OAUTH_ZONE_H_INCLUDED */
