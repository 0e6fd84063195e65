
/*
 * One record in the zone and its documents.
 *
 * A worker can be killed at any instruction, even while it holds the mutex.  So
 * it writes documents, together with their generation, into chunks that nobody
 * uses, and publishes them by storing one number in the record.  A chunk that
 * no record names is free.  The version is only a hint: it is read without the
 * lock.
 *
 * The record may belong to another issuer by now (see ngx_oauth_doc_table), so
 * every look at it under the mutex begins with its id.  Documents are read only
 * under the mutex: as soon as no record names them, they may be overwritten.
 */


#include "ngx_oauth_doc_table.h"
#include "ngx_oauth_event.h"


static ngx_oauth_doc_record_t *ngx_oauth_doc_record_locked(
    ngx_oauth_doc_t *doc);
static ngx_int_t ngx_oauth_doc_store_locked(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_content_t *content, ngx_oauth_doc_stored_t *stored);
static ngx_int_t ngx_oauth_doc_make_room_locked(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_head_t *head);
static ngx_uint_t ngx_oauth_doc_equal_locked(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_head_t *head, ngx_oauth_doc_content_t *content,
    ngx_uint_t *same_keys);
static void ngx_oauth_doc_release_locked(ngx_oauth_doc_record_t *record);
static void ngx_oauth_doc_end_locked(ngx_oauth_doc_record_t *record);


ngx_oauth_doc_t *
ngx_oauth_doc_create(ngx_oauth_doc_list_t *list, ngx_pool_t *pool, u_char *id)
{
    ngx_oauth_doc_t  *doc;

    doc = ngx_pcalloc(pool, sizeof(ngx_oauth_doc_t));
    if (doc == NULL) {
        return NULL;
    }

    doc->zone = list->root.zone;
    ngx_memcpy(doc->id, id, NGX_OAUTH_DOC_ID);

    ngx_queue_insert_tail(&list->docs, &doc->queue);
    list->ndocs++;

    return doc;
}


/* NULL: the record belongs to another issuer by now. */

static ngx_oauth_doc_record_t *
ngx_oauth_doc_record_locked(ngx_oauth_doc_t *doc)
{
    if (ngx_memcmp(doc->record->id, doc->id, NGX_OAUTH_DOC_ID) != 0) {
        return NULL;
    }

    return doc->record;
}


ngx_uint_t
ngx_oauth_doc_changed(const ngx_oauth_doc_t *doc, ngx_uint_t version)
{
    return doc->record->version != version;
}


void
ngx_oauth_doc_state(ngx_oauth_doc_t *doc, ngx_oauth_doc_state_t *state)
{
    ngx_oauth_doc_head_t     head;
    ngx_oauth_doc_record_t  *record;

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);

    if (record) {
        ngx_oauth_doc_table_head_locked(doc->table, record, &head);

        *state = record->state;
        state->generation = head.generation;

    } else {
        state->holder = 0;
    }

    state->version = doc->record->version;

    ngx_oauth_zone_unlock(doc->zone);
}


/*
 * Reads the length first, then allocates without the mutex, and begins again if
 * the documents have grown meanwhile.
 */

ngx_int_t
ngx_oauth_doc_lookup(ngx_oauth_doc_t *doc, ngx_uint_t with_keys,
    ngx_oauth_doc_content_t *content, ngx_log_t *log)
{
    u_char                  *p;
    size_t                   size, skip, had;
    ngx_oauth_doc_head_t     head;
    ngx_oauth_doc_record_t  *record;

    p = NULL;
    had = 0;

    for ( ;; ) {
        ngx_oauth_zone_lock(doc->zone);

        record = ngx_oauth_doc_record_locked(doc);
        ngx_oauth_doc_table_head_locked(doc->table, record, &head);

        skip = with_keys ? 0 : head.keys_len;
        head.keys_len -= skip;
        size = head.keys_len + head.uri_len + head.metadata_len;

        if (head.generation && p && size <= had) {
            break;
        }

        ngx_oauth_zone_unlock(doc->zone);

        if (p) {
            ngx_free(p);
            p = NULL;
        }

        if (head.generation == 0) {
            return NGX_DECLINED;
        }

        p = ngx_alloc(size + 1, log);
        if (p == NULL) {
            return NGX_ERROR;
        }

        had = size;
    }

    ngx_oauth_chunks_read(doc->table->chunks, record->first,
                          sizeof(ngx_oauth_doc_head_t) + skip, p, size);

    ngx_oauth_zone_unlock(doc->zone);

    content->generation = head.generation;
    content->keys.data = p;
    content->keys.len = head.keys_len;
    content->uri.data = p + head.keys_len;
    content->uri.len = head.uri_len;
    content->metadata.data = p + head.keys_len + head.uri_len;
    content->metadata.len = head.metadata_len;

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
    ngx_int_t                rc;
    ngx_oauth_doc_state_t   *state;
    ngx_oauth_doc_record_t  *record;

    rc = NGX_BUSY;

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);
    state = &doc->record->state;

    if (record == NULL) {
        rc = NGX_DECLINED;

    } else if (state->holder == ngx_pid) {
        state->deadline = ngx_current_msec + time;
        rc = NGX_OK;

    } else if (state->holder == 0 && record->version == version) {
        state->holder = ngx_pid;
        state->deadline = ngx_current_msec + time;
        state->cause = cause;
        rc = NGX_OK;

        if (cause == NGX_OAUTH_DOC_REFETCH) {
            state->refetched = ngx_current_msec;
            state->refetches++;
        }
    }

    ngx_oauth_zone_unlock(doc->zone);

    return rc;
}


ngx_int_t
ngx_oauth_doc_store(ngx_oauth_doc_t *doc, ngx_oauth_doc_content_t *content,
    uint32_t checksum, ngx_oauth_doc_cause_t cause, time_t max_age,
    ngx_oauth_doc_stored_t *stored)
{
    ngx_int_t                rc;
    ngx_uint_t               issuers;
    ngx_oauth_doc_record_t  *record;

    rc = NGX_DECLINED;

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);

    if (record && record->state.holder == ngx_pid) {
        rc = ngx_oauth_doc_store_locked(doc, content, stored);
    }

    if (rc == NGX_OK) {
        record->state.fetched = ngx_current_msec;
        record->state.max_age = max_age;

        if (cause == NGX_OAUTH_DOC_SCHEDULED) {
            record->state.refreshed = ngx_current_msec;
            record->state.failures = 0;
        }

        stored->news |= (record->checksum != checksum);
        record->checksum = checksum;

        ngx_oauth_doc_end_locked(record);
    }

    issuers = doc->table->issuers;

    ngx_oauth_zone_unlock(doc->zone);

    if (rc == NGX_ERROR) {
        stored->zone = doc->zone;
        stored->need = ngx_oauth_doc_table_size(doc->zone, issuers,
                                                content->keys.len
                                                + content->uri.len);
    }

    return rc;
}


static ngx_int_t
ngx_oauth_doc_store_locked(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_content_t *content, ngx_oauth_doc_stored_t *stored)
{
    uint32_t                 first;
    ngx_str_t                parts[4];
    ngx_uint_t               same_keys;
    ngx_oauth_doc_head_t     head;
    ngx_oauth_doc_record_t  *record;

    record = doc->record;

    ngx_oauth_doc_table_head_locked(doc->table, record, &head);

    stored->news = 0;
    stored->generation = head.generation;

    if (ngx_oauth_doc_equal_locked(doc, &head, content, &same_keys)) {
        return NGX_OK;
    }

    if (!same_keys) {
        stored->news = 1;
        stored->generation = ++record->generation;
    }

    head.generation = stored->generation;
    head.keys_len = content->keys.len;
    head.uri_len = content->uri.len;
    head.metadata_len = content->metadata.len;

    if (ngx_oauth_doc_make_room_locked(doc, &head) != NGX_OK) {
        return NGX_ERROR;
    }

    parts[0].data = (u_char *) &head;
    parts[0].len = sizeof(ngx_oauth_doc_head_t);
    parts[1] = content->keys;
    parts[2] = content->uri;
    parts[3].data = content->metadata.data;
    parts[3].len = head.metadata_len;

    first = ngx_oauth_chunks_write(doc->table->chunks, parts, 4);

    ngx_memory_barrier();
    record->first = first;

    return NGX_OK;
}


/* Keys matter more than metadata, which is left out if it does not fit. */

static ngx_int_t
ngx_oauth_doc_make_room_locked(ngx_oauth_doc_t *doc,
    ngx_oauth_doc_head_t *head)
{
    size_t  size;

    size = sizeof(ngx_oauth_doc_head_t) + head->keys_len + head->uri_len;

    if (head->metadata_len
        && ngx_oauth_doc_table_make_room_locked(doc->table, doc->record,
                                                size + head->metadata_len)
           == NGX_OK)
    {
        return NGX_OK;
    }

    head->metadata_len = 0;

    return ngx_oauth_doc_table_make_room_locked(doc->table, doc->record, size);
}


static ngx_uint_t
ngx_oauth_doc_equal_locked(ngx_oauth_doc_t *doc, ngx_oauth_doc_head_t *head,
    ngx_oauth_doc_content_t *content, ngx_uint_t *same_keys)
{
    size_t               pos;
    uint32_t             first;
    ngx_oauth_chunks_t  *chunks;

    pos = sizeof(ngx_oauth_doc_head_t);
    first = doc->record->first;
    chunks = doc->table->chunks;

    *same_keys = first
                 && head->keys_len == content->keys.len
                 && ngx_oauth_chunks_equal(chunks, first, pos,
                                           &content->keys);

    return *same_keys
           && head->uri_len == content->uri.len
           && ngx_oauth_chunks_equal(chunks, first, pos + head->keys_len,
                                     &content->uri)
           && head->metadata_len == content->metadata.len
           && ngx_oauth_chunks_equal(chunks, first,
                                     pos + head->keys_len + head->uri_len,
                                     &content->metadata);
}


void
ngx_oauth_doc_store_failure(ngx_oauth_doc_t *doc, ngx_msec_t retry)
{
    ngx_oauth_doc_record_t  *record;

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);

    if (record && record->state.holder == ngx_pid) {

        if (retry) {
            record->state.retry = ngx_current_msec + retry;
            record->state.failures++;
        }

        ngx_oauth_doc_end_locked(record);
    }

    ngx_oauth_zone_unlock(doc->zone);
}


ngx_uint_t
ngx_oauth_doc_acquire_log(ngx_oauth_doc_t *doc, uint32_t checksum)
{
    ngx_uint_t               news;
    ngx_oauth_doc_record_t  *record;

    news = 0;

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);

    if (record && record->logged != checksum) {
        record->logged = checksum;
        news = (checksum != 0);
    }

    ngx_oauth_zone_unlock(doc->zone);

    return news;
}


void
ngx_oauth_doc_release(ngx_oauth_doc_t *doc)
{
    ngx_oauth_doc_record_t  *record;

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);

    if (record && record->state.holder == ngx_pid) {
        ngx_oauth_doc_release_locked(record);
    }

    ngx_oauth_zone_unlock(doc->zone);
}


/* The fetch that the lease was taken for is still to be done. */

static void
ngx_oauth_doc_release_locked(ngx_oauth_doc_record_t *record)
{
    if (record->state.cause == NGX_OAUTH_DOC_REFETCH) {
        record->state.refetches = 0;
    }

    record->state.holder = 0;
}


ngx_pid_t
ngx_oauth_doc_reclaim(ngx_oauth_doc_t *doc)
{
    ngx_pid_t                holder;
    ngx_msec_t               deadline;
    ngx_oauth_doc_record_t  *record;

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);
    holder = record ? record->state.holder : 0;
    deadline = doc->record->state.deadline;

    ngx_oauth_zone_unlock(doc->zone);

    if (holder == 0 || holder == ngx_pid) {
        return 0;
    }

    if (!ngx_oauth_msec_passed(deadline)
        && (kill(holder, 0) == 0 || ngx_errno != NGX_ESRCH))
    {
        return 0;
    }

    ngx_oauth_zone_lock(doc->zone);

    record = ngx_oauth_doc_record_locked(doc);

    if (record
        && record->state.holder == holder
        && record->state.deadline == deadline)
    {
        ngx_oauth_doc_release_locked(record);

    } else {
        holder = 0;
    }

    ngx_oauth_zone_unlock(doc->zone);

    return holder;
}


static void
ngx_oauth_doc_end_locked(ngx_oauth_doc_record_t *record)
{
    record->state.holder = 0;
    ngx_memory_barrier();
    record->version++;
}
