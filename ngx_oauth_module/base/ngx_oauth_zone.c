
/*
 * The shared memory zone: how it is created, and what a reload does to it.
 *
 * A reload with the same size keeps the memory, which the workers of the old
 * configuration go on using.  Another size starts with an empty zone.  The
 * view of the zone (ngx_oauth_zone_t) and its roots belong to the
 * configuration's pool.
 *
 * nginx initialises zones before it opens listening sockets, which may fail.
 * So the view of memory that is kept is made without writing to that memory.
 */


#include "ngx_oauth_zone.h"
#include "oauth_secret.h"


static ngx_int_t ngx_oauth_zone_init(ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_oauth_zone_init_fresh(ngx_oauth_zone_t *zone);
static void ngx_oauth_zone_divide(ngx_oauth_zone_t *zone);
static size_t ngx_oauth_zone_size_before(ngx_str_t *name);


ngx_oauth_zone_t *
ngx_oauth_zone_create(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    const ngx_oauth_place_t *place, void *tag)
{
    ngx_conf_t         at;
    ngx_conf_file_t    file;
    ngx_shm_zone_t    *shm_zone;
    ngx_oauth_zone_t  *zone;

    /* Errors of nginx's, too, are to name the line of the directive. */

    at = *cf;

    if (place->line) {
        file = *cf->conf_file;
        file.file.name = place->file;
        file.line = place->line;
        at.conf_file = &file;
    }

    if (size < (size_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, &at, 0,
                           "%V of %uz bytes is too small, "
                           "it needs at least %uzk",
                           name, size, (size_t) (8 * ngx_pagesize) / 1024);
        return NULL;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_zone_t));
    if (zone == NULL) {
        return NULL;
    }

    zone->name = *name;
    zone->size = size;
    zone->place = *place;

    ngx_queue_init(&zone->roots);

    shm_zone = ngx_shared_memory_add(&at, name, size, tag);
    if (shm_zone == NULL) {
        return NULL;
    }

    if (shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, &at, 0,
                           "zone \"%V\" is already bound", name);
        return NULL;
    }

    shm_zone->init = ngx_oauth_zone_init;
    shm_zone->data = zone;

    return zone;
}


ngx_int_t
ngx_oauth_zone_create_for(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    const ngx_oauth_place_t *place, void *tag, ngx_oauth_zone_root_t *root)
{
    ngx_oauth_zone_t   *zone;
    ngx_oauth_place_t   nowhere;

    ngx_memzero(&nowhere, sizeof(ngx_oauth_place_t));

    zone = ngx_oauth_zone_create(cf, name, size, place ? place : &nowhere,
                                 tag);
    if (zone == NULL) {
        return NGX_ERROR;
    }

    ngx_oauth_zone_register(zone, root);

    return NGX_OK;
}


u_char *
ngx_oauth_zone_write_place(const ngx_oauth_zone_t *zone, u_char *p,
    u_char *last, const char *otherwise)
{
    return zone->place.line
           ? ngx_slprintf(p, last, " in %V:%ui", &zone->place.file,
                          zone->place.line)
           : ngx_slprintf(p, last, "%s", otherwise);
}


void
ngx_oauth_zone_register(ngx_oauth_zone_t *zone, ngx_oauth_zone_root_t *root)
{
    root->zone = zone;
    root->size = ngx_align(root->size, NGX_ALIGNMENT);
    zone->fixed += root->size;

    ngx_queue_insert_tail(&zone->roots, &root->queue);
}


static ngx_int_t
ngx_oauth_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_queue_t            *q;
    ngx_oauth_zone_t       *zone, *before;
    ngx_oauth_zone_root_t  *root;

    zone = shm_zone->data;
    before = data;

    if (before) {
        zone->pool = before->pool;
        zone->memory = before->memory;
        zone->memory_size = before->memory_size;

    } else {
        zone->pool = (ngx_slab_pool_t *) shm_zone->shm.addr;

        if (ngx_oauth_zone_init_fresh(zone) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    ngx_oauth_zone_divide(zone);

    for (q = ngx_queue_head(&zone->roots);
         q != ngx_queue_sentinel(&zone->roots);
         q = ngx_queue_next(q))
    {
        root = ngx_queue_data(q, ngx_oauth_zone_root_t, queue);

        if (root->handler(root, shm_zone->shm.log) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_zone_init_fresh(ngx_oauth_zone_t *zone)
{
    zone->fresh = 1;

    zone->memory_size = zone->pool->pfree * ngx_pagesize;
    zone->memory = ngx_slab_alloc(zone->pool, zone->memory_size);

    return zone->memory ? NGX_OK : NGX_ERROR;
}


static void
ngx_oauth_zone_divide(ngx_oauth_zone_t *zone)
{
    u_char                 *p;
    ngx_queue_t            *q;
    ngx_oauth_zone_root_t  *root;

    p = zone->memory;

    for (q = ngx_queue_head(&zone->roots);
         q != ngx_queue_sentinel(&zone->roots);
         q = ngx_queue_next(q))
    {
        root = ngx_queue_data(q, ngx_oauth_zone_root_t, queue);

        if (root->size == 0) {
            root->size = zone->memory_size - zone->fixed;
        }

        root->memory = p;
        p += root->size;
    }
}


ngx_int_t
ngx_oauth_zone_create_secret(const ngx_oauth_zone_root_t *root, u_char *secret,
    size_t len, ngx_log_t *log)
{
    if (oauth_secret_create(secret, len) == 0) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, log, 0,
                  "oauth: OpenSSL has no random bytes for zone \"%V\": "
                  "look whether /dev/urandom can be read", &root->zone->name);

    return NGX_ERROR;
}


void
ngx_oauth_zone_log(ngx_oauth_zone_t *zone, ngx_log_t *log)
{
    size_t  before;
    u_char  place[NGX_MAX_CONF_ERRSTR], *p;

    if (!zone->fresh) {
        return;
    }

    before = ngx_oauth_zone_size_before(&zone->name);

    if (before && before != zone->size) {

        p = ngx_oauth_zone_write_place(zone, place, place + sizeof(place), "");

        ngx_log_error(NGX_LOG_NOTICE, log, 0,
                      "oauth: the size of zone \"%V\" changed from %uzk to "
                      "%uzk, it starts empty%*s", &zone->name, before / 1024,
                      zone->size / 1024, p - place, place);
    }
}


/*
 * The size in the configuration before this one, 0: it had no such zone.
 * While nginx initialises modules, ngx_cycle is still that of before.
 */

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


/*
 * nginx's slab pool keeps its own structures in the zone, and up to one page to
 * align the others.
 */

size_t
ngx_oauth_zone_room(ngx_oauth_zone_t *zone, size_t size)
{
    size_t  own;

    own = sizeof(ngx_slab_pool_t)
          + ngx_pagesize_shift * (sizeof(ngx_slab_page_t)
                                  + sizeof(ngx_slab_stat_t));

    return ((size - own) / (ngx_pagesize + sizeof(ngx_slab_page_t)) - 1)
           * ngx_pagesize - zone->fixed;
}
