
/*
 * The table of records, and how much of the memory each issuer gets.
 *
 * The table never moves, because the workers of an earlier configuration use
 * their records until they exit.  Such a worker sees by the id in a record that
 * the record belongs to another issuer by now: every look at a record under the
 * mutex begins with the id.  An issuer that comes back finds its own record,
 * unless another issuer needed it.
 *
 * Each issuer has an equal share of the chunks.  One more share is kept for
 * documents that replace others, so documents that fit into a share always find
 * room.  An issuer may use more than its share while there is room.  When
 * another issuer needs its share, it gets what that one uses too much, and what
 * issuers that are in no configuration any more have left behind.
 */


#include "ngx_oauth_doc_table.h"
#include "ngx_oauth_event.h"


/* The least share, which bounds the number of records. */

#define NGX_OAUTH_DOC_SHARE  4          /* chunks                             */


#define ngx_oauth_doc_table_share(table)                                      \
    (((table)->chunks->count - 1) / ((table)->issuers + 1))


static ngx_int_t ngx_oauth_doc_table_init(ngx_oauth_zone_root_t *root,
    ngx_log_t *log);
static void ngx_oauth_doc_table_create(ngx_oauth_doc_table_t *table,
    size_t size);
static size_t ngx_oauth_doc_table_room(size_t size, ngx_uint_t *records);
static void ngx_oauth_doc_table_mark_locked(ngx_oauth_doc_list_t *list);
static ngx_oauth_doc_record_t *ngx_oauth_doc_table_lookup_locked(
    ngx_oauth_doc_table_t *table, u_char *id);
static void ngx_oauth_doc_table_reuse_locked(ngx_oauth_doc_t *doc);
static ngx_uint_t ngx_oauth_doc_table_evict_locked(
    ngx_oauth_doc_table_t *table, ngx_oauth_doc_record_t *asking, size_t need,
    ngx_uint_t within);
static size_t ngx_oauth_doc_table_chunks_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record);


ngx_oauth_doc_list_t *
ngx_oauth_doc_table_register(ngx_oauth_zone_t *zone, ngx_pool_t *pool)
{
    ngx_oauth_doc_list_t  *list;

    list = ngx_pcalloc(pool, sizeof(ngx_oauth_doc_list_t));
    if (list == NULL) {
        return NULL;
    }

    ngx_queue_init(&list->docs);

    list->root.handler = ngx_oauth_doc_table_init;

    ngx_oauth_zone_register(zone, &list->root);

    return list;
}


/* The configuration may still be refused: a table that is kept is only read. */

static ngx_int_t
ngx_oauth_doc_table_init(ngx_oauth_zone_root_t *root, ngx_log_t *log)
{
    u_char                  place[NGX_MAX_CONF_ERRSTR], *p;
    ngx_oauth_zone_t       *zone;
    ngx_oauth_doc_list_t   *list;
    ngx_oauth_doc_table_t  *table;

    list = ngx_oauth_container(root, ngx_oauth_doc_list_t, root);
    zone = root->zone;
    table = root->memory;

    if (zone->fresh) {
        ngx_oauth_doc_table_create(table, root->size);
    }

    if (list->ndocs > table->nrecords) {

        p = ngx_oauth_zone_write_place(zone, place, place + sizeof(place),
                                       NGX_OAUTH_ZONE_MISSING);

        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "oauth: oauth_zone of %uzk is too small for %ui issuers, "
                      "it needs at least %uzk%*s", zone->size / 1024,
                      list->ndocs,
                      ngx_oauth_doc_table_size(zone, list->ndocs, 0) / 1024,
                      p - place, place);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_oauth_doc_table_create(ngx_oauth_doc_table_t *table, size_t size)
{
    size_t      used;
    ngx_uint_t  i;

    table->cycle = 0;
    table->issuers = 0;
    table->records = (ngx_oauth_doc_record_t *) (table + 1);

    (void) ngx_oauth_doc_table_room(size, &table->nrecords);

    used = table->nrecords * sizeof(ngx_oauth_doc_record_t);
    ngx_memzero(table->records, used);

    for (i = 0; i < table->nrecords; i++) {
        table->records[i].version = 1;
    }

    used += sizeof(ngx_oauth_doc_table_t);

    table->chunks = ngx_oauth_chunks_create((u_char *) table + used,
                                            size - used);
}


/* How many chunks, and how many records, a piece of memory takes. */

static size_t
ngx_oauth_doc_table_room(size_t size, ngx_uint_t *records)
{
    size_t  least, each;

    /* one share belongs to no issuer */

    least = ngx_oauth_chunks_memory(NGX_OAUTH_DOC_SHARE);
    each = sizeof(ngx_oauth_doc_record_t) + least - ngx_oauth_chunks_memory(0);

    size -= sizeof(ngx_oauth_doc_table_t);
    *records = size > least ? (size - least) / each : 0;

    return ngx_oauth_chunks_in(size - *records
                                      * sizeof(ngx_oauth_doc_record_t));
}


size_t
ngx_oauth_doc_table_size(ngx_oauth_zone_t *zone, ngx_uint_t issuers,
    size_t bytes)
{
    size_t      size, share, chunks;
    ngx_uint_t  records;

    share = ngx_oauth_chunks_for(sizeof(ngx_oauth_doc_head_t) + bytes);
    share = ngx_max(share, NGX_OAUTH_DOC_SHARE);

    /* begin with the texts alone: little is added to them */

    size = share * (issuers + 1) * NGX_OAUTH_CHUNKS_SIZE - 1;

    do {
        size = ngx_oauth_zone_larger(size);
        chunks = ngx_oauth_doc_table_room(ngx_oauth_zone_room(zone, size),
                                          &records);

    } while (records < issuers || chunks / (issuers + 1) < share);

    return size;
}


void
ngx_oauth_doc_table_claim(ngx_oauth_doc_list_t *list)
{
    ngx_queue_t       *q;
    ngx_oauth_doc_t   *doc;
    ngx_oauth_zone_t  *zone;

    zone = list->root.zone;

    ngx_oauth_zone_lock(zone);

    /* mark those that stay before any record is given to another issuer */

    ngx_oauth_doc_table_mark_locked(list);

    for (q = ngx_queue_head(&list->docs);
         q != ngx_queue_sentinel(&list->docs);
         q = ngx_queue_next(q))
    {
        doc = ngx_queue_data(q, ngx_oauth_doc_t, queue);

        if (doc->record == NULL) {
            ngx_oauth_doc_table_reuse_locked(doc);
        }
    }

    ngx_oauth_zone_unlock(zone);
}


static void
ngx_oauth_doc_table_mark_locked(ngx_oauth_doc_list_t *list)
{
    ngx_queue_t            *q;
    ngx_oauth_doc_t        *doc;
    ngx_oauth_doc_table_t  *table;

    table = list->root.memory;

    table->cycle++;
    table->issuers = list->ndocs;

    for (q = ngx_queue_head(&list->docs);
         q != ngx_queue_sentinel(&list->docs);
         q = ngx_queue_next(q))
    {
        doc = ngx_queue_data(q, ngx_oauth_doc_t, queue);

        doc->table = table;
        doc->record = ngx_oauth_doc_table_lookup_locked(table, doc->id);

        if (doc->record) {
            doc->record->cycle = table->cycle;
        }
    }
}


static ngx_oauth_doc_record_t *
ngx_oauth_doc_table_lookup_locked(ngx_oauth_doc_table_t *table, u_char *id)
{
    ngx_uint_t               i;
    ngx_oauth_doc_record_t  *record;

    for (i = 0; i < table->nrecords; i++) {
        record = &table->records[i];

        if (record->cycle
            && ngx_memcmp(record->id, id, NGX_OAUTH_DOC_ID) == 0)
        {
            return record;
        }
    }

    return NULL;
}


/*
 * Gives the issuer a record that was never used, or else the one whose issuer
 * left the configuration the longest ago.  There is one:
 * ngx_oauth_doc_table_init has compared the numbers.
 */

static void
ngx_oauth_doc_table_reuse_locked(ngx_oauth_doc_t *doc)
{
    ngx_uint_t               i;
    ngx_oauth_doc_table_t   *table;
    ngx_oauth_doc_record_t  *record;

    table = doc->table;
    record = table->records;

    for (i = 1; i < table->nrecords; i++) {
        if (table->records[i].cycle < record->cycle) {
            record = &table->records[i];
        }
    }

    /*
     * Clear the keys first.  The master may be killed here, and a record must
     * never have the id of one issuer and the keys of another.
     */

    record->first = 0;
    ngx_memory_barrier();

    ngx_memcpy(record->id, doc->id, NGX_OAUTH_DOC_ID);
    ngx_memzero(&record->state, sizeof(ngx_oauth_doc_state_t));

    record->state.max_age = -1;
    record->checksum = 0;
    record->logged = 0;
    record->cycle = table->cycle;
    record->version++;

    doc->record = record;
}


void
ngx_oauth_doc_table_usage(ngx_oauth_doc_list_t *list, size_t *size,
    size_t *used)
{
    size_t                  chunks;
    ngx_uint_t              i;
    ngx_oauth_doc_table_t  *table;

    table = list->root.memory;
    chunks = 0;

    ngx_oauth_zone_lock(list->root.zone);

    for (i = 0; i < table->nrecords; i++) {
        if (table->records[i].first) {
            chunks += ngx_oauth_doc_table_chunks_locked(table,
                                                        &table->records[i]);
        }
    }

    ngx_oauth_zone_unlock(list->root.zone);

    *size = (table->chunks->count - 1) * NGX_OAUTH_CHUNKS_SIZE;
    *used = chunks * NGX_OAUTH_CHUNKS_SIZE;
}


void
ngx_oauth_doc_table_head_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record, ngx_oauth_doc_head_t *head)
{
    if (record == NULL || record->first == 0) {
        ngx_memzero(head, sizeof(ngx_oauth_doc_head_t));
        return;
    }

    ngx_oauth_chunks_read(table->chunks, record->first, 0, head,
                          sizeof(ngx_oauth_doc_head_t));
}


ngx_int_t
ngx_oauth_doc_table_make_room_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record, size_t size)
{
    size_t      need;
    ngx_uint_t  i, within;

    need = ngx_oauth_chunks_for(size);
    within = record->cycle == table->cycle
             && need <= ngx_oauth_doc_table_share(table);

    ngx_oauth_chunks_unmark(table->chunks);

    for (i = 0; i < table->nrecords; i++) {
        ngx_oauth_chunks_mark(table->chunks, table->records[i].first);
    }

    while (table->chunks->left < need) {
        if (!ngx_oauth_doc_table_evict_locked(table, record, need, within)) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * Takes away the documents of one issuer: of the one that left the
 * configuration the longest ago; or else, if the asking issuer stays within its
 * share, of the one that uses the most above its own share.  The documents of
 * the asking issuer itself go only if those of others do not make enough room:
 * it would have none if the worker were killed before it has written the new
 * ones.  0: there is nothing to take.
 */

static ngx_uint_t
ngx_oauth_doc_table_evict_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *asking, size_t need, ngx_uint_t within)
{
    size_t                   n, share, most, found;
    uint32_t                 first;
    ngx_uint_t               i;
    ngx_oauth_doc_record_t  *record, *gone, *large;

    gone = NULL;
    large = NULL;
    share = ngx_oauth_doc_table_share(table);
    most = share;
    found = table->chunks->left;

    for (i = 0; i < table->nrecords; i++) {
        record = &table->records[i];

        if (record->first == 0) {
            continue;
        }

        if (record->cycle < asking->cycle
            && (gone == NULL || record->cycle < gone->cycle))
        {
            gone = record;
        }

        n = within ? ngx_oauth_doc_table_chunks_locked(table, record) : 0;

        if (n <= share || record == asking) {
            continue;
        }

        found += n;

        if (n > most) {
            large = record;
            most = n;
        }
    }

    if (within && found < need) {
        large = asking->first ? asking : large;
    }

    record = gone ? gone : large;

    if (record == NULL) {
        return 0;
    }

    first = record->first;
    record->first = 0;

    ngx_oauth_chunks_drop(table->chunks, first);

    return 1;
}


static size_t
ngx_oauth_doc_table_chunks_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record)
{
    ngx_oauth_doc_head_t  head;

    ngx_oauth_doc_table_head_locked(table, record, &head);

    return ngx_oauth_chunks_for(sizeof(ngx_oauth_doc_head_t) + head.keys_len
                                + head.uri_len + head.metadata_len);
}
