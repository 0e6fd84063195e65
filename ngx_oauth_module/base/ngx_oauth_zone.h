
/*
 * A shared memory zone: "oauth_zone", and "oauth_status" where the counters are
 * shown.  It holds bytes, numbers and offsets.  Its content belongs to no pool:
 * it outlives the workers and, as long as name and size stay the same, every
 * reload.
 *
 * A zone does not know what it holds.  Each of its users registers a root:
 * a piece of the memory whose form only this user knows.  The only lock is the
 * slab pool's mutex, which nginx releases for a worker that died.  Whoever
 * holds it neither parses nor logs, and allocates from no pool.
 *
 * A configuration may still be refused while nginx reads it.  So nobody writes
 * to a zone that is kept before the new configuration is in force.
 */


#ifndef NGX_OAUTH_ZONE_H_INCLUDED
#define NGX_OAUTH_ZONE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_oauth_place.h"


typedef struct ngx_oauth_zone_s       ngx_oauth_zone_t;
typedef struct ngx_oauth_zone_root_s  ngx_oauth_zone_root_t;

/*
 * Called once in the master, when the memory of the zone is there.  It may
 * write to root->memory only if root->zone->fresh is set.  NGX_ERROR refuses
 * the configuration; the handler has logged why.
 */

typedef ngx_int_t (*ngx_oauth_zone_pt)(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);


/*
 * One user's piece of the zone, as one configuration sees it.  The user fills
 * in size and handler, and keeps the structure in the configuration's pool.
 */

struct ngx_oauth_zone_root_s {
    size_t                   size;      /* bytes; 0: all that the others leave,
                                           for one root of the zone           */
    ngx_oauth_zone_pt        handler;

    ngx_queue_t              queue;     /* the zone's                         */
    ngx_oauth_zone_t        *zone;
    void                    *memory;    /* NULL until the handler is called   */
};


/* One configuration's view of the zone, in that configuration's pool. */

struct ngx_oauth_zone_s {
    ngx_str_t                name;
    size_t                   size;      /* as configured                      */
    ngx_oauth_place_t        place;     /* of the directive oauth_zone        */
    ngx_slab_pool_t         *pool;
    void                    *memory;    /* the piece that the roots divide    */
    size_t                   memory_size;
    ngx_uint_t               fresh;     /* nothing was kept: it is empty      */

    ngx_queue_t              roots;     /* in the order of registration       */
    size_t                   fixed;     /* the sizes of those that have one   */
};


#define ngx_oauth_zone_lock(zone)    ngx_shmtx_lock(&(zone)->pool->mutex)
#define ngx_oauth_zone_unlock(zone)  ngx_shmtx_unlock(&(zone)->pool->mutex)


/*
 * Adds a zone to a configuration.  name: a constant.  place: of the directive
 * that has its size; errors name it; line 0: there is no such directive.  tag:
 * the address that tells nginx whose zone it is.  NULL: an error, which is
 * logged.
 */

ngx_oauth_zone_t *ngx_oauth_zone_create(ngx_conf_t *cf, ngx_str_t *name,
    size_t size, const ngx_oauth_place_t *place, void *tag);

/*
 * Writes the place of oauth_zone, as the end of a message; or, if the directive
 * was not written, the text "otherwise".  Returns the end of what is written.
 */

u_char *ngx_oauth_zone_write_place(const ngx_oauth_zone_t *zone, u_char *p,
    u_char *last, const char *otherwise);

/* For messages that name a size which would be enough. */

#define NGX_OAUTH_ZONE_MISSING                                                \
    ": write \"oauth_zone\" with that size in the http block"

/*
 * Gives the root a piece of the zone.  Every configuration registers the same
 * roots in the same order, so that each finds its own piece after a reload.
 */

void ngx_oauth_zone_register(ngx_oauth_zone_t *zone,
    ngx_oauth_zone_root_t *root);

/*
 * Creates a zone for this one root, whose size and handler the caller has
 * filled in.  place: NULL: no directive has the size.  Otherwise as
 * ngx_oauth_zone_create.  NGX_ERROR: an error, which is logged.
 */

ngx_int_t ngx_oauth_zone_create_for(ngx_conf_t *cf, ngx_str_t *name,
    size_t size, const ngx_oauth_place_t *place, void *tag,
    ngx_oauth_zone_root_t *root);

/*
 * Fills len bytes of a root that is fresh with random ones.  NGX_ERROR: OpenSSL
 * has none, which is logged; the zone cannot be used.
 */

ngx_int_t ngx_oauth_zone_create_secret(const ngx_oauth_zone_root_t *root,
    u_char *secret, size_t len, ngx_log_t *log);

/*
 * Called when the configuration is in force.  Logs a notice if another size
 * has made the zone lose its content.
 */

void ngx_oauth_zone_log(ngx_oauth_zone_t *zone, ngx_log_t *log);


/*
 * The least number of bytes that the root without a size of its own gets, if
 * the zone has this size.
 */

size_t ngx_oauth_zone_room(ngx_oauth_zone_t *zone, size_t size);

/* The next larger size to try, when looking for one that is large enough. */

#define ngx_oauth_zone_larger(size)                                           \
    ngx_align((size) + 1, (size_t) 64 * 1024)


#endif /* NGX_OAUTH_ZONE_H_INCLUDED */
