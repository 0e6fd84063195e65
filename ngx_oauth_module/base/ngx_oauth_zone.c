
/*
 * The shared memory zone: creation, and what happens to it on reload.
 *
 * A reload with the same size keeps the memory (old workers use it at the
 * same time); another size starts with an empty zone.  The view of it
 * (ngx_oauth_zone_t) belongs to the configuration's pool.
 *
 * nginx initialises zones before it opens listening sockets, which may fail:
 * a view of memory that is kept is made without a write to it.
 */


#include "ngx_oauth_zone.h"


#define NGX_OAUTH_ZONE_NOTICES_SIZE                                           \
    (NGX_OAUTH_ZONE_NOTICES * sizeof(ngx_oauth_zone_notice_t))


static ngx_int_t ngx_oauth_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_oauth_zone_init_fresh(ngx_oauth_zone_t *zone);
static size_t ngx_oauth_zone_size_before(ngx_str_t *name);


ngx_oauth_zone_t *
ngx_oauth_zone_create(ngx_conf_t *cf, size_t size, void *tag,
    ngx_oauth_zone_pt handler, void *data)
{
    ngx_shm_zone_t    *shm_zone;
    ngx_oauth_zone_t  *zone;

    static ngx_str_t   name = ngx_string("oauth_zone");

    if (size < (size_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "oauth_zone of %uz bytes is too small, "
                           "it needs at least %uzk",
                           size, (size_t) (8 * ngx_pagesize) / 1024);
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    zone->name = name;
    zone->size = size;
    zone->handler = handler;
    zone->data = data;

    ngx_queue_init(&zone->docs);

    shm_zone = ngx_shared_memory_add(cf, &name, size, tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is already bound", &name);
        return NULL;
    }

    shm_zone->init = ngx_oauth_zone_init;
    shm_zone->data = zone;

    return zone;
}


static ngx_int_t
ngx_oauth_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_oauth_zone_t  *zone, *before;

    zone = shm_zone->data;
    before = data;

    if (before) {
        zone->pool = before->pool;
        zone->notices = before->notices;
        zone->room = before->room;
        zone->room_size = before->room_size;

    } else {
        zone->pool = (ngx_slab_pool_t *) shm_zone->shm.addr;

        if (ngx_oauth_zone_init_fresh(zone) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return zone->handler(zone, shm_zone->shm.log);
}


static ngx_int_t
ngx_oauth_zone_init_fresh(ngx_oauth_zone_t *zone)
{
    size_t  size;

    zone->fresh = 1;

    size = zone->pool->pfree * ngx_pagesize;

    zone->notices = ngx_slab_alloc(zone->pool, size);
    if (zone->notices == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(zone->notices, NGX_OAUTH_ZONE_NOTICES_SIZE);

    zone->room = (u_char *) zone->notices + NGX_OAUTH_ZONE_NOTICES_SIZE;
    zone->room_size = size - NGX_OAUTH_ZONE_NOTICES_SIZE;

    return NGX_OK;
}


void
ngx_oauth_zone_log(ngx_oauth_zone_t *zone, ngx_log_t *log)
{
    size_t  before;

    if (!zone->fresh) {
        return;
    }

    before = ngx_oauth_zone_size_before(&zone->name);

    if (before && before != zone->size) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "oauth: the size of zone \"%V\" changed from %uzk to "
                      "%uzk, it starts empty", &zone->name, before / 1024,
                      zone->size / 1024);
    }
}


/* While modules are initialised, ngx_cycle is still the one before. */

static size_t
ngx_oauth_zone_size_before(ngx_str_t *name)
{
    ngx_uint_t        i;
    ngx_shm_zone_t   *shm_zone;
    ngx_list_part_t  *part;

    part = (ngx_list_part_t *) &ngx_cycle->shared_memory.part;

    for ( /* void */ ; part; part = part->next) {
        shm_zone = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (shm_zone[i].shm.name.len == name->len
                && ngx_memcmp(shm_zone[i].shm.name.data, name->data, name->len)
                   == 0)
            {
                return shm_zone[i].shm.size;
            }
        }
    }

    return 0;
}


/* What nginx's slab pool keeps for itself, and a page for its alignment. */

size_t
ngx_oauth_zone_room(size_t size)
{
    size_t  own;

    own = sizeof(ngx_slab_pool_t)
          + ngx_pagesize_shift * (sizeof(ngx_slab_page_t)
                                  + sizeof(ngx_slab_stat_t));

    return ((size - own) / (ngx_pagesize + sizeof(ngx_slab_page_t)) - 1)
           * ngx_pagesize - NGX_OAUTH_ZONE_NOTICES_SIZE;
}
