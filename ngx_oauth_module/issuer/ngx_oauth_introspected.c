
/*
 * A table of fixed size.  A key may be in one of a few places that follow from
 * its first bytes.  A place is taken under the mutex: it becomes invalid first
 * and valid last, so that a worker may be killed at any instruction.
 */


#include "ngx_oauth_introspected.h"
#include "ngx_oauth_event.h"


#define NGX_OAUTH_INTROSPECTED_SETS    512
#define NGX_OAUTH_INTROSPECTED_PLACES  4        /* of one set                 */


typedef struct {
    ngx_atomic_t                      valid;
    u_char                            key[OAUTH_SECRET_HASH];
    ngx_oauth_introspected_content_t  content;
} ngx_oauth_introspected_place_t;


struct ngx_oauth_introspected_table_s {
    u_char                            secret[OAUTH_SECRET_HASH];
    ngx_oauth_introspected_place_t    places[NGX_OAUTH_INTROSPECTED_SETS]
                                            [NGX_OAUTH_INTROSPECTED_PLACES];
};


#define NGX_OAUTH_INTROSPECTED_ZONE                                           \
    (ngx_align(sizeof(ngx_oauth_introspected_table_t), ngx_pagesize)          \
     + 16 * ngx_pagesize)


static ngx_int_t ngx_oauth_introspected_init(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);
static ngx_oauth_introspected_place_t *ngx_oauth_introspected_find(
    ngx_oauth_introspected_place_t *set, const u_char *key);
static ngx_oauth_introspected_place_t *ngx_oauth_introspected_choose(
    ngx_oauth_introspected_place_t *set);
static ngx_uint_t ngx_oauth_introspected_worth(
    const ngx_oauth_introspected_place_t *place);
static ngx_oauth_introspected_place_t *ngx_oauth_introspected_set(
    ngx_oauth_introspected_t *introspected, const u_char *key);


ngx_oauth_introspected_t *
ngx_oauth_introspected_create(ngx_conf_t *cf, void *tag)
{
    ngx_oauth_introspected_t  *introspected;

    static ngx_str_t           name = ngx_string("oauth_introspection");

    introspected = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_introspected_t));
    if (introspected == NULL) {
        return NULL;
    }

    introspected->root.size = sizeof(ngx_oauth_introspected_table_t);
    introspected->root.handler = ngx_oauth_introspected_init;

    return (ngx_oauth_zone_create_for(cf, &name, NGX_OAUTH_INTROSPECTED_ZONE,
                                      NULL, tag, &introspected->root)
            == NGX_OK)
           ? introspected : NULL;
}


static ngx_int_t
ngx_oauth_introspected_init(ngx_oauth_zone_root_t *root, ngx_log_t *log)
{
    ngx_oauth_introspected_t  *introspected;

    introspected = (ngx_oauth_introspected_t *) root;
    introspected->table = root->memory;

    if (!root->zone->fresh) {
        return NGX_OK;
    }

    ngx_memzero(introspected->table, sizeof(ngx_oauth_introspected_table_t));

    return ngx_oauth_zone_create_secret(root, introspected->table->secret,
                                        OAUTH_SECRET_HASH, log);
}


ngx_int_t
ngx_oauth_introspected_write_key(const ngx_oauth_introspected_t *introspected,
    const u_char *id, oauth_str_t text, u_char key[OAUTH_SECRET_HASH])
{
    oauth_str_t  name;

    name.data = id;
    name.len = NGX_OAUTH_DOC_ID;

    return (oauth_secret_hash(introspected->table->secret, name, text, key)
            == 0)
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_oauth_introspected_lookup(ngx_oauth_introspected_t *introspected,
    const u_char *key, ngx_oauth_introspected_content_t *content)
{
    ngx_oauth_introspected_place_t  *place;

    content->kind = 0;

    ngx_oauth_zone_lock(introspected->root.zone);

    place = ngx_oauth_introspected_find(
                         ngx_oauth_introspected_set(introspected, key), key);

    if (place
        && !ngx_oauth_msec_passed(place->content.expires))
    {
        content->kind = place->content.kind;
        content->expires = place->content.expires;
        content->received = place->content.received;
        content->len = ngx_min(place->content.len,
                               NGX_OAUTH_INTROSPECTED_BODY);
        ngx_memcpy(content->body, place->content.body, content->len);
    }

    ngx_oauth_zone_unlock(introspected->root.zone);

    return content->kind ? NGX_OK : NGX_DECLINED;
}


void
ngx_oauth_introspected_store(ngx_oauth_introspected_t *introspected,
    const u_char *key, const ngx_oauth_introspected_content_t *content)
{
    ngx_oauth_introspected_place_t  *set, *place;

    set = ngx_oauth_introspected_set(introspected, key);

    ngx_oauth_zone_lock(introspected->root.zone);

    place = ngx_oauth_introspected_find(set, key);

    if (place == NULL) {
        place = ngx_oauth_introspected_choose(set);
    }

    place->valid = 0;
    ngx_memory_barrier();

    ngx_memcpy(place->key, key, OAUTH_SECRET_HASH);
    place->content.kind = content->kind;
    place->content.expires = content->expires;
    place->content.received = content->received;
    place->content.len = content->len;
    ngx_memcpy(place->content.body, content->body, content->len);

    ngx_memory_barrier();
    place->valid = 1;

    ngx_oauth_zone_unlock(introspected->root.zone);
}


/* A set of all places that the key may be in; the keys are random bytes. */

static ngx_oauth_introspected_place_t *
ngx_oauth_introspected_set(ngx_oauth_introspected_t *introspected,
    const u_char *key)
{
    ngx_uint_t  i;

    i = (key[0] << 8 | key[1]) % NGX_OAUTH_INTROSPECTED_SETS;

    return introspected->table->places[i];
}


static ngx_oauth_introspected_place_t *
ngx_oauth_introspected_find(ngx_oauth_introspected_place_t *set,
    const u_char *key)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_OAUTH_INTROSPECTED_PLACES; i++) {
        if (set[i].valid
            && ngx_memcmp(set[i].key, key, OAUTH_SECRET_HASH) == 0)
        {
            return &set[i];
        }
    }

    return NULL;
}


/*
 * Strangers can fill the table with "inactive", so that goes before what is
 * known of good tokens.
 */

static ngx_oauth_introspected_place_t *
ngx_oauth_introspected_choose(ngx_oauth_introspected_place_t *set)
{
    ngx_uint_t  i, worth, least;

    ngx_oauth_introspected_place_t  *place;

    place = set;
    least = ngx_oauth_introspected_worth(set);

    for (i = 1; i < NGX_OAUTH_INTROSPECTED_PLACES; i++) {

        worth = ngx_oauth_introspected_worth(&set[i]);

        if (worth < least
            || (worth == least
                && (ngx_msec_int_t) (set[i].content.expires
                                     - place->content.expires) < 0))
        {
            place = &set[i];
            least = worth;
        }
    }

    return place;
}


static ngx_uint_t
ngx_oauth_introspected_worth(const ngx_oauth_introspected_place_t *place)
{
    if (!place->valid
        || ngx_oauth_msec_passed(place->content.expires))
    {
        return 0;
    }

    return (place->content.kind == NGX_OAUTH_INTROSPECTED_INACTIVE) ? 1 : 2;
}
