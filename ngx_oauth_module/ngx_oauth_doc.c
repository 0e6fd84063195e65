
/*
 * A record in the zone and its documents.
 *
 * A worker can be killed at any instruction, also while it holds the mutex.
 * So documents are copied into a block of their own, with their generation,
 * and published by storing one pointer.  The version is only a hint that is
 * read without the lock.
 *
 * Records are never freed: workers of an earlier configuration use them until
 * they exit, and an issuer that comes back finds its own.  They are small, and
 * grow with the issuers ever configured only.  Documents are large; those of
 * issuers that left the configuration make room when the zone is full.  This
 * is safe at any time: they are read under the mutex only.
 */


#include "ngx_oauth_doc.h"
#include "ngx_oauth_compat.h"


typedef struct {
    ngx_uint_t              generation;
    size_t                  keys_len;
    size_t                  uri_len;
    u_char                  data[1];    /* the keys, then the address         */
} ngx_oauth_doc_block_t;


typedef struct {
    ngx_queue_t             queue;
    ngx_atomic_t            version;
    ngx_oauth_doc_state_t   state;      /* but for version and generation     */
    ngx_uint_t              generation; /* the last one given                 */
    ngx_oauth_doc_block_t  *block;      /* NULL: no documents                 */
    ngx_uint_t              cycle;      /* the last configuration to name it  */
    size_t                  len;
    u_char                  id[1];
} ngx_oauth_doc_record_t;


struct ngx_oauth_doc_s {
    ngx_oauth_zone_t        *zone;
    ngx_oauth_doc_record_t  *record;
};


static ngx_oauth_doc_record_t *ngx_oauth_doc_record_locked(
    ngx_oauth_zone_t *zone, ngx_str_t *id);
static ngx_oauth_doc_record_t *ngx_oauth_doc_create_locked(
    ngx_oauth_zone_t *zone, ngx_str_t *id);
static ngx_uint_t ngx_oauth_doc_equal_locked(ngx_oauth_doc_record_t *record,
    ngx_oauth_doc_content_t *content, ngx_uint_t *same_keys);
static ngx_int_t ngx_oauth_doc_store_locked(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_content_t *content);
static void *ngx_oauth_doc_alloc_locked(ngx_oauth_zone_t *zone, size_t size);
static ngx_uint_t ngx_oauth_doc_evict_locked(ngx_oauth_zone_t *zone);
static void ngx_oauth_doc_release_locked(ngx_oauth_doc_record_t *record);
static void ngx_oauth_doc_end_locked(ngx_oauth_doc_record_t *record);


#define ngx_oauth_doc_lock(doc)                                               \
    ngx_shmtx_lock(&(doc)->zone->pool->mutex)

#define ngx_oauth_doc_unlock(doc)                                             \
    ngx_shmtx_unlock(&(doc)->zone->pool->mutex)


ngx_oauth_doc_t *
ngx_oauth_doc_create(ngx_oauth_zone_t *zone, ngx_pool_t *pool, ngx_str_t *id,
    size_t *need)
{
    ngx_oauth_doc_t  *doc;

    *need = zone->size;

    doc = ngx_palloc(pool, sizeof(ngx_oauth_doc_t));
    if (doc == NULL) {
        return NULL;
    }

    doc->zone = zone;

    ngx_oauth_doc_lock(doc);

    doc->record = ngx_oauth_doc_record_locked(zone, id);

    if (doc->record) {
        doc->record->cycle = zone->sh->cycle;
    }

    ngx_oauth_doc_unlock(doc);

    if (doc->record == NULL) {
        *need = ngx_oauth_zone_size_for(zone, sizeof(ngx_oauth_doc_record_t)
                                              + id->len);
        return NULL;
    }

    return doc;
}


static ngx_oauth_doc_record_t *
ngx_oauth_doc_record_locked(ngx_oauth_zone_t *zone, ngx_str_t *id)
{
    ngx_queue_t             *q, *records;
    ngx_oauth_doc_record_t  *record;

    records = zone->sh->roots[NGX_OAUTH_ZONE_DOCS];

    if (records == NULL) {
        records = ngx_slab_alloc_locked(zone->pool, sizeof(ngx_queue_t));
        if (records == NULL) {
            return NULL;
        }

        ngx_queue_init(records);
        zone->sh->roots[NGX_OAUTH_ZONE_DOCS] = records;
    }

    for (q = ngx_queue_head(records);
         q != ngx_queue_sentinel(records);
         q = ngx_queue_next(q))
    {
        record = ngx_queue_data(q, ngx_oauth_doc_record_t, queue);

        if (record->len == id->len
            && ngx_memcmp(record->id, id->data, id->len) == 0)
        {
            return record;
        }
    }

    record = ngx_oauth_doc_create_locked(zone, id);

    if (record) {
        ngx_queue_insert_tail(records, &record->queue);
    }

    return record;
}


static ngx_oauth_doc_record_t *
ngx_oauth_doc_create_locked(ngx_oauth_zone_t *zone, ngx_str_t *id)
{
    ngx_oauth_doc_record_t  *record;

    record = ngx_oauth_doc_alloc_locked(zone, sizeof(ngx_oauth_doc_record_t)
                                              + id->len);
    if (record == NULL) {
        return NULL;
    }

    ngx_memzero(record, sizeof(ngx_oauth_doc_record_t));

    record->version = 1;
    record->state.max_age = -1;
    record->len = id->len;
    ngx_memcpy(record->id, id->data, id->len);

    return record;
}


ngx_uint_t
ngx_oauth_doc_changed(ngx_oauth_doc_t *doc, ngx_uint_t version)
{
    return doc->record->version != version;
}


void
ngx_oauth_doc_state(ngx_oauth_doc_t *doc, ngx_oauth_doc_state_t *state)
{
    ngx_oauth_doc_record_t  *record;

    record = doc->record;

    ngx_oauth_doc_lock(doc);

    *state = record->state;
    state->version = record->version;
    state->generation = record->block ? record->block->generation : 0;

    ngx_oauth_doc_unlock(doc);
}


/* The length is learned first: there is no allocation under the mutex. */

ngx_int_t
ngx_oauth_doc_lookup(ngx_oauth_doc_t *doc, ngx_oauth_doc_content_t *content,
    ngx_log_t *log)
{
    u_char                 *p;
    size_t                  size, had;
    ngx_oauth_doc_block_t  *block;

    p = NULL;
    had = 0;

    for ( ;; ) {
        ngx_oauth_doc_lock(doc);

        block = doc->record->block;
        size = block ? block->keys_len + block->uri_len : 0;

        if (block && p && size <= had) {
            break;
        }

        ngx_oauth_doc_unlock(doc);

        if (p) {
            ngx_free(p);
            p = NULL;
        }

        if (block == NULL) {
            return NGX_DECLINED;
        }

        p = ngx_alloc(size + 1, log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        had = size;
    }

    ngx_memcpy(p, block->data, size);

    content->generation = block->generation;
    content->keys.data = p;
    content->keys.len = block->keys_len;
    content->uri.data = p + block->keys_len;
    content->uri.len = block->uri_len;

    ngx_oauth_doc_unlock(doc);

    return NGX_OK;
}


void
ngx_oauth_doc_free(ngx_oauth_doc_content_t *content)
{
    ngx_free(content->keys.data);
}


ngx_int_t
ngx_oauth_doc_acquire(ngx_oauth_doc_t *doc, ngx_uint_t version,
    ngx_oauth_doc_cause_t cause, ngx_msec_t time)
{
    ngx_int_t               rc;
    ngx_oauth_doc_state_t  *state;

    state = &doc->record->state;
    rc = NGX_BUSY;

    ngx_oauth_doc_lock(doc);

    if (state->holder == ngx_pid) {
        state->deadline = ngx_current_msec + time;
        rc = NGX_OK;

    } else if (state->holder == 0 && doc->record->version == version) {
        state->holder = ngx_pid;
        state->deadline = ngx_current_msec + time;
        state->cause = cause;
        rc = NGX_OK;

        if (cause == NGX_OAUTH_DOC_REFETCH) {
            state->refetched = ngx_current_msec;
            state->refetches++;
        }
    }

    ngx_oauth_doc_unlock(doc);

    return rc;
}


ngx_int_t
ngx_oauth_doc_store(ngx_oauth_doc_t *doc, ngx_oauth_doc_content_t *content,
    ngx_oauth_doc_cause_t cause, time_t max_age, size_t *need)
{
    ngx_int_t               rc;
    ngx_oauth_doc_state_t  *state;

    state = &doc->record->state;
    rc = NGX_DECLINED;

    ngx_oauth_doc_lock(doc);

    if (state->holder == ngx_pid) {
        rc = ngx_oauth_doc_store_locked(doc, content);
    }

    if (rc == NGX_OK) {
        state->fetched = ngx_current_msec;
        state->max_age = max_age;

        if (cause == NGX_OAUTH_DOC_SCHEDULED) {
            state->refreshed = ngx_current_msec;
            state->failures = 0;
        }

        ngx_oauth_doc_end_locked(doc->record);
    }

    ngx_oauth_doc_unlock(doc);

    if (rc == NGX_ERROR) {
        *need = ngx_oauth_zone_size_for(doc->zone,
                                        sizeof(ngx_oauth_doc_block_t)
                                        + content->keys.len
                                        + content->uri.len);
    }

    return rc;
}


static ngx_int_t
ngx_oauth_doc_store_locked(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_content_t *content)
{
    ngx_uint_t               same_keys;
    ngx_oauth_doc_block_t   *block, *old;
    ngx_oauth_doc_record_t  *record;

    record = doc->record;
    old = record->block;

    if (ngx_oauth_doc_equal_locked(record, content, &same_keys)) {
        return NGX_OK;
    }

    block = ngx_oauth_doc_alloc_locked(doc->zone,
                                       sizeof(ngx_oauth_doc_block_t)
                                       + content->keys.len
                                       + content->uri.len);
    if (block == NULL) {
        return NGX_ERROR;
    }

    block->generation = same_keys ? old->generation : ++record->generation;
    block->keys_len = content->keys.len;
    block->uri_len = content->uri.len;

    ngx_memcpy(block->data, content->keys.data, content->keys.len);
    ngx_memcpy(block->data + content->keys.len, content->uri.data,
               content->uri.len);

    ngx_memory_barrier();
    record->block = block;

    if (old) {
        ngx_slab_free_locked(doc->zone->pool, old);
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_oauth_doc_equal_locked(ngx_oauth_doc_record_t *record,
    ngx_oauth_doc_content_t *content, ngx_uint_t *same_keys)
{
    ngx_oauth_doc_block_t  *block;

    block = record->block;

    *same_keys = block
                 && block->keys_len == content->keys.len
                 && ngx_memcmp(block->data, content->keys.data,
                               content->keys.len)
                    == 0;

    return *same_keys
           && block->uri_len == content->uri.len
           && ngx_memcmp(block->data + block->keys_len, content->uri.data,
                         content->uri.len)
              == 0;
}


static void *
ngx_oauth_doc_alloc_locked(ngx_oauth_zone_t *zone, size_t size)
{
    void  *p;

    do {
        p = ngx_slab_alloc_locked(zone->pool, size);

    } while (p == NULL && ngx_oauth_doc_evict_locked(zone));

    return p;
}


/* Frees one block of an issuer that is in no configuration any more. */

static ngx_uint_t
ngx_oauth_doc_evict_locked(ngx_oauth_zone_t *zone)
{
    ngx_queue_t             *q, *records;
    ngx_oauth_doc_block_t   *block;
    ngx_oauth_doc_record_t  *record;

    records = zone->sh->roots[NGX_OAUTH_ZONE_DOCS];

    for (q = ngx_queue_head(records);
         q != ngx_queue_sentinel(records);
         q = ngx_queue_next(q))
    {
        record = ngx_queue_data(q, ngx_oauth_doc_record_t, queue);
        block = record->block;

        if (record->cycle != zone->sh->cycle && block) {
            record->block = NULL;
            ngx_slab_free_locked(zone->pool, block);
            return 1;
        }
    }

    return 0;
}


void
ngx_oauth_doc_store_failure(ngx_oauth_doc_t *doc, ngx_msec_t retry)
{
    ngx_oauth_doc_state_t  *state;

    state = &doc->record->state;

    ngx_oauth_doc_lock(doc);

    if (state->holder == ngx_pid) {

        if (retry) {
            state->retry = ngx_current_msec + retry;
            state->failures++;
        }

        ngx_oauth_doc_end_locked(doc->record);
    }

    ngx_oauth_doc_unlock(doc);
}


void
ngx_oauth_doc_release(ngx_oauth_doc_t *doc)
{
    ngx_oauth_doc_lock(doc);

    if (doc->record->state.holder == ngx_pid) {
        ngx_oauth_doc_release_locked(doc->record);
    }

    ngx_oauth_doc_unlock(doc);
}


/* As if it had not been taken: what it was for is left to do. */

static void
ngx_oauth_doc_release_locked(ngx_oauth_doc_record_t *record)
{
    if (record->state.cause == NGX_OAUTH_DOC_REFETCH) {
        record->state.refetches = 0;
    }

    record->state.holder = 0;
}


ngx_pid_t
ngx_oauth_doc_expire(ngx_oauth_doc_t *doc)
{
    ngx_pid_t               holder;
    ngx_msec_t              deadline;
    ngx_oauth_doc_state_t  *state;

    state = &doc->record->state;

    ngx_oauth_doc_lock(doc);

    holder = state->holder;
    deadline = state->deadline;

    ngx_oauth_doc_unlock(doc);

    if (holder == 0 || holder == ngx_pid) {
        return 0;
    }

    if (!ngx_oauth_msec_passed(deadline, ngx_current_msec)
        && (kill(holder, 0) == 0 || ngx_errno != NGX_ESRCH))
    {
        return 0;
    }

    ngx_oauth_doc_lock(doc);

    if (state->holder == holder && state->deadline == deadline) {
        ngx_oauth_doc_release_locked(doc->record);

    } else {
        holder = 0;
    }

    ngx_oauth_doc_unlock(doc);

    return holder;
}


static void
ngx_oauth_doc_end_locked(ngx_oauth_doc_record_t *record)
{
    record->state.holder = 0;
    ngx_memory_barrier();
    record->version++;
}
