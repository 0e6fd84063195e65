
/*
 * The shared memory zone: creation, and what happens to it on reload.
 *
 * A reload with the same size keeps the memory (old workers use it at the
 * same time); another size starts with an empty zone.  The view of it
 * (ngx_oauth_zone_t) belongs to the configuration's pool.
 */


#include "ngx_oauth_zone.h"


#define NGX_OAUTH_ZONE_ROUND  (64 * 1024)


static ngx_int_t ngx_oauth_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_oauth_zone_init_fresh(ngx_oauth_zone_t *zone,
    ngx_shm_zone_t *shm_zone);
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

    zone->size = size;
    zone->handler = handler;
    zone->data = data;

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
        zone->sh = before->sh;

    } else {
        zone->pool = (ngx_slab_pool_t *) shm_zone->shm.addr;

        if (shm_zone->shm.exists) {
            zone->sh = zone->pool->data;

        } else if (ngx_oauth_zone_init_fresh(zone, shm_zone) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_shmtx_lock(&zone->pool->mutex);
    zone->sh->cycle++;
    ngx_shmtx_unlock(&zone->pool->mutex);

    return zone->handler(zone, shm_zone->shm.log);
}


static ngx_int_t
ngx_oauth_zone_init_fresh(ngx_oauth_zone_t *zone, ngx_shm_zone_t *shm_zone)
{
    size_t  before;

    zone->sh = ngx_slab_calloc(zone->pool, sizeof(ngx_oauth_zone_sh_t));
    if (zone->sh == NULL) {
        return NGX_ERROR;
    }

    zone->pool->data = zone->sh;

    /* a full zone is reported by those who know what did not fit */
    zone->pool->log_nomem = 0;

    before = ngx_oauth_zone_size_before(&shm_zone->shm.name);

    if (before) {
        ngx_log_error(NGX_LOG_NOTICE, shm_zone->shm.log, 0,
                      "oauth: the size of zone \"%V\" changed from %uzk to "
                      "%uzk, it starts empty", &shm_zone->shm.name,
                      before / 1024, zone->size / 1024);
    }

    return NGX_OK;
}


/* While zones are initialised, ngx_cycle is still the one before. */

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


size_t
ngx_oauth_zone_size_for(ngx_oauth_zone_t *zone, size_t more)
{
    size_t  size;

    size = zone->size + ngx_align(more, (size_t) ngx_pagesize);

    return ngx_align(size, (size_t) NGX_OAUTH_ZONE_ROUND);
}
