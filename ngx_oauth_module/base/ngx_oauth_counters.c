
/*
 * The table of counters and its zone.  Only the master gives entries to owners,
 * when a configuration comes into force; a worker of an earlier configuration
 * may then add a little to an entry that has become another's.
 */


#include "ngx_oauth_counters.h"


/* The table and what nginx needs to keep it, in pages of this machine. */

#define NGX_OAUTH_COUNTERS_ZONE                                               \
    (ngx_align(sizeof(ngx_oauth_counters_table_t), ngx_pagesize)              \
     + 16 * ngx_pagesize)


/* The entries of issuers, or those of resources. */

typedef struct {
    ngx_uint_t               cycle;
    u_char                  *entries;
    size_t                   size;      /* of one of them                     */
    ngx_uint_t               n;         /* of those that may have an owner    */
} ngx_oauth_counters_list_t;


static ngx_int_t ngx_oauth_counters_init(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);
static ngx_oauth_counters_list_t ngx_oauth_counters_list(
    ngx_oauth_counters_table_t *table, ngx_oauth_counters_kind_t kind);
static void *ngx_oauth_counters_keep_owner(
    const ngx_oauth_counters_list_t *list, const u_char *id);


ngx_oauth_counters_t *
ngx_oauth_counters_create(ngx_conf_t *cf, void *tag)
{
    ngx_oauth_counters_t  *counters;

    static ngx_str_t       name = ngx_string("oauth_status");

    counters = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_counters_t));
    if (counters == NULL) {
        return NULL;
    }

    counters->root.size = sizeof(ngx_oauth_counters_table_t);
    counters->root.handler = ngx_oauth_counters_init;

    return (ngx_oauth_zone_create_for(cf, &name, NGX_OAUTH_COUNTERS_ZONE, NULL,
                                      tag, &counters->root)
            == NGX_OK)
           ? counters : NULL;
}


static ngx_int_t
ngx_oauth_counters_init(ngx_oauth_zone_root_t *root, ngx_log_t *log)
{
    ngx_oauth_counters_t  *counters;

    counters = (ngx_oauth_counters_t *) root;
    counters->table = root->memory;

    if (root->zone->fresh) {
        ngx_memzero(counters->table, sizeof(ngx_oauth_counters_table_t));
        counters->table->started = ngx_time();
    }

    return NGX_OK;
}


void
ngx_oauth_counters_claim(ngx_oauth_counters_t *counters)
{
    counters->table->cycle++;
}


void
ngx_oauth_counters_keep(ngx_oauth_counters_t *counters,
    ngx_oauth_counters_kind_t kind, const u_char *id)
{
    ngx_oauth_counters_list_t  list;

    list = ngx_oauth_counters_list(counters->table, kind);

    (void) ngx_oauth_counters_keep_owner(&list, id);
}


static ngx_oauth_counters_list_t
ngx_oauth_counters_list(ngx_oauth_counters_table_t *table,
    ngx_oauth_counters_kind_t kind)
{
    ngx_oauth_counters_list_t  list;

    list.cycle = table->cycle;

    if (kind == NGX_OAUTH_COUNTERS_ISSUER) {
        list.entries = (u_char *) table->issuers;
        list.size = sizeof(ngx_oauth_counters_issuer_t);
        list.n = NGX_OAUTH_COUNTERS_ISSUERS;

    } else {
        list.entries = (u_char *) table->resources;
        list.size = sizeof(ngx_oauth_counters_resource_t);
        list.n = NGX_OAUTH_COUNTERS_RESOURCES;
    }

    return list;
}


/* NULL: no entry has this id. */

static void *
ngx_oauth_counters_keep_owner(const ngx_oauth_counters_list_t *list,
    const u_char *id)
{
    ngx_uint_t                   i;
    ngx_oauth_counters_owner_t  *owner;

    for (i = 0; i < list->n; i++) {
        owner = (ngx_oauth_counters_owner_t *) (list->entries + i * list->size);

        if (owner->cycle
            && ngx_memcmp(owner->id, id, NGX_OAUTH_COUNTERS_ID) == 0)
        {
            owner->cycle = list->cycle;
            return owner;
        }
    }

    return NULL;
}


/*
 * An entry begins with its owner.  Entry n, the last one, is never owned.  An
 * entry whose owner left the configuration the longest ago is taken away from
 * it first; one that was never used has the cycle 0.
 */

void *
ngx_oauth_counters_claim_entry(ngx_oauth_counters_t *counters,
    ngx_oauth_counters_kind_t kind, const u_char *id)
{
    void                        *kept;
    ngx_uint_t                   i;
    ngx_oauth_counters_list_t    list;
    ngx_oauth_counters_owner_t  *owner, *oldest;

    list = ngx_oauth_counters_list(counters->table, kind);

    kept = ngx_oauth_counters_keep_owner(&list, id);
    if (kept) {
        return kept;
    }

    oldest = NULL;

    for (i = 0; i < list.n; i++) {
        owner = (ngx_oauth_counters_owner_t *) (list.entries + i * list.size);

        if (owner->cycle < list.cycle
            && (oldest == NULL || owner->cycle < oldest->cycle))
        {
            oldest = owner;
        }
    }

    if (oldest == NULL) {
        return list.entries + list.n * list.size;
    }

    ngx_memzero(oldest, list.size);
    ngx_memcpy(oldest->id, id, NGX_OAUTH_COUNTERS_ID);
    oldest->cycle = list.cycle;

    return oldest;
}


ngx_uint_t
ngx_oauth_counters_is_shared(const ngx_oauth_counters_owner_t *owner)
{
    return owner->cycle == 0;
}


void
ngx_oauth_counters_read_requests(const ngx_oauth_counters_requests_t *counted,
    oauth_status_requests_t *requests)
{
    requests->admitted = counted->admitted;
    requests->refused = counted->refused;
    requests->dry = counted->dry;
    requests->overruled = counted->overruled;
}


/*
 * The first refusal of a minute clears what was counted an hour ago.  A refusal
 * that another worker counts at that instant may be lost.
 */

void
ngx_oauth_counters_add_refusal(ngx_oauth_counters_t *counters)
{
    ngx_atomic_uint_t             minute, before;
    ngx_oauth_counters_minute_t  *slot;

    minute = (ngx_atomic_uint_t) (ngx_time() / 60);
    slot = &counters->table->minutes[minute % NGX_OAUTH_COUNTERS_MINUTES];
    before = slot->minute;

    if (before != minute
        && ngx_atomic_cmp_set(&slot->minute, before, minute))
    {
        slot->refused = 0;
    }

    ngx_oauth_counters_add(&slot->refused, 1);
}


void
ngx_oauth_counters_read_refusals(const ngx_oauth_counters_t *counters,
    uint64_t *refused)
{
    ngx_uint_t                          i;
    ngx_atomic_uint_t                   minute;
    const ngx_oauth_counters_minute_t  *slot;

    minute = (ngx_atomic_uint_t) (ngx_time() / 60)
             - (NGX_OAUTH_COUNTERS_MINUTES - 1);

    for (i = 0; i < NGX_OAUTH_COUNTERS_MINUTES; i++, minute++) {
        slot = &counters->table->minutes[minute % NGX_OAUTH_COUNTERS_MINUTES];
        refused[i] = (slot->minute == minute) ? slot->refused : 0;
    }
}


void
ngx_oauth_counters_store_error(ngx_oauth_counters_t *counters,
    ngx_oauth_counters_issuer_t *issuer, const u_char *text, size_t len)
{
    len = ngx_min(len, NGX_OAUTH_COUNTERS_ERROR);

    ngx_oauth_zone_lock(counters->root.zone);

    ngx_memcpy(issuer->error, text, len);
    issuer->error_len = len;
    issuer->error_time = ngx_time();

    ngx_oauth_zone_unlock(counters->root.zone);
}


size_t
ngx_oauth_counters_read_error(ngx_oauth_counters_t *counters,
    const ngx_oauth_counters_issuer_t *issuer, u_char *text, time_t *time)
{
    size_t  len;

    ngx_oauth_zone_lock(counters->root.zone);

    len = issuer->error_len;
    *time = issuer->error_time;
    ngx_memcpy(text, issuer->error, len);

    ngx_oauth_zone_unlock(counters->root.zone);

    return len;
}
