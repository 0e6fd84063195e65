
/*
 * The table of records, and who gets how much of the memory.
 *
 * The table never moves, since workers of an earlier configuration use their
 * records until they exit.  Where a record is given to another issuer, they
 * see by its id that it is not theirs any more: every look at it under the
 * mutex begins with that.  An issuer that comes back finds its own record,
 * unless others needed it.
 *
 * Each issuer has an equal share of the chunks, and one share is left over for
 * the documents that replace others: so what fits into a share always finds
 * room.  An issuer may have more than its share while there is room; this,
 * and what those left that are in no configuration any more, is taken away
 * when another needs its share.
 */


#include "ngx_oauth_doc_table.h"


/* The least share: there are no more records than can have so much. */

#define NGX_OAUTH_DOC_SHARE  4          /* chunks                             */


#define ngx_oauth_doc_table_share(table)                                      \
    (((table)->chunks->count - 1) / ((table)->issuers + 1))


static size_t ngx_oauth_doc_table_room(size_t size, ngx_uint_t *records);
static void ngx_oauth_doc_table_mark(ngx_oauth_zone_t *zone);
static ngx_oauth_doc_record_t *ngx_oauth_doc_table_lookup(
    ngx_oauth_doc_table_t *table, u_char *id);
static void ngx_oauth_doc_table_reuse(ngx_oauth_doc_t *doc);
static ngx_uint_t ngx_oauth_doc_table_evict(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *asking, size_t need, ngx_uint_t within);
static size_t ngx_oauth_doc_table_chunks(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record);


void
ngx_oauth_doc_table_create(ngx_oauth_zone_t *zone)
{
    size_t                  used;
    ngx_uint_t              i;
    ngx_oauth_doc_table_t  *table;

    table = zone->room;

    table->cycle = 0;
    table->issuers = 0;
    table->records = (ngx_oauth_doc_record_t *) (table + 1);

    (void) ngx_oauth_doc_table_room(zone->room_size, &table->nrecords);

    used = table->nrecords * sizeof(ngx_oauth_doc_record_t);
    ngx_memzero(table->records, used);

    for (i = 0; i < table->nrecords; i++) {
        table->records[i].version = 1;
    }

    used += sizeof(ngx_oauth_doc_table_t);

    table->chunks = ngx_oauth_chunks_create((u_char *) table + used,
                                            zone->room_size - used);
}


/* The chunks, and the records, in a piece of memory. */

static size_t
ngx_oauth_doc_table_room(size_t size, ngx_uint_t *records)
{
    size_t  least, each;

    /* one share is nobody's */

    least = ngx_oauth_chunks_memory(NGX_OAUTH_DOC_SHARE);
    each = sizeof(ngx_oauth_doc_record_t) + least - ngx_oauth_chunks_memory(0);

    size -= sizeof(ngx_oauth_doc_table_t);
    *records = size > least ? (size - least) / each : 0;

    return ngx_oauth_chunks_in(size - *records
                                      * sizeof(ngx_oauth_doc_record_t));
}


size_t
ngx_oauth_doc_table_size(ngx_uint_t issuers, size_t bytes)
{
    size_t      size, share, chunks;
    ngx_uint_t  records;

    share = ngx_oauth_chunks_for(sizeof(ngx_oauth_doc_head_t) + bytes);
    share = ngx_max(share, NGX_OAUTH_DOC_SHARE);

    /* the texts alone, and what goes with them is little */

    size = share * (issuers + 1) * NGX_OAUTH_CHUNKS_SIZE - 1;

    do {
        size = ngx_oauth_zone_larger(size);
        chunks = ngx_oauth_doc_table_room(ngx_oauth_zone_room(size),
                                          &records);

    } while (records < issuers || chunks / (issuers + 1) < share);

    return size;
}


size_t
ngx_oauth_doc_table_check(ngx_oauth_zone_t *zone, ngx_uint_t issuers)
{
    ngx_oauth_doc_table_t  *table;

    table = zone->room;

    return issuers > table->nrecords ? ngx_oauth_doc_table_size(issuers, 0)
                                     : 0;
}


void
ngx_oauth_doc_table_claim(ngx_oauth_zone_t *zone)
{
    ngx_queue_t      *q;
    ngx_oauth_doc_t  *doc;

    ngx_oauth_doc_lock(zone);

    /* who stays is known before a record is given away */

    ngx_oauth_doc_table_mark(zone);

    for (q = ngx_queue_head(&zone->docs);
         q != ngx_queue_sentinel(&zone->docs);
         q = ngx_queue_next(q))
    {
        doc = ngx_queue_data(q, ngx_oauth_doc_t, queue);

        if (doc->record == NULL) {
            ngx_oauth_doc_table_reuse(doc);
        }
    }

    ngx_oauth_doc_unlock(zone);
}


static void
ngx_oauth_doc_table_mark(ngx_oauth_zone_t *zone)
{
    ngx_queue_t            *q;
    ngx_oauth_doc_t        *doc;
    ngx_oauth_doc_table_t  *table;

    table = zone->room;

    table->cycle++;
    table->issuers = 0;

    for (q = ngx_queue_head(&zone->docs);
         q != ngx_queue_sentinel(&zone->docs);
         q = ngx_queue_next(q))
    {
        doc = ngx_queue_data(q, ngx_oauth_doc_t, queue);
        doc->record = ngx_oauth_doc_table_lookup(table, doc->id);

        if (doc->record) {
            doc->record->cycle = table->cycle;
        }

        table->issuers++;
    }
}


static ngx_oauth_doc_record_t *
ngx_oauth_doc_table_lookup(ngx_oauth_doc_table_t *table, u_char *id)
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
 * Gives the issuer a record that was never used, or the one whose issuer left
 * the configuration the longest ago.  ngx_oauth_doc_table_check has made sure
 * that there is one.
 */

static void
ngx_oauth_doc_table_reuse(ngx_oauth_doc_t *doc)
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
     * clear the keys first: at no moment may a record have one issuer's id and
     * another's keys
     */

    record->first = 0;
    ngx_memory_barrier();

    ngx_memcpy(record->id, doc->id, NGX_OAUTH_DOC_ID);
    ngx_memzero(&record->state, sizeof(ngx_oauth_doc_state_t));

    record->state.max_age = -1;
    record->checksum = 0;
    record->cycle = table->cycle;
    record->version++;

    doc->record = record;
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
        if (!ngx_oauth_doc_table_evict(table, record, need, within)) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/*
 * Takes away the documents of one issuer: of the one that left the
 * configuration the longest ago; or, for one that stays within its share, of
 * the one that has the most above its own.  Those of the one that asks are not
 * taken where others' suffice: a worker that is killed now would leave none.
 */

static ngx_uint_t
ngx_oauth_doc_table_evict(ngx_oauth_doc_table_t *table,
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

        n = within ? ngx_oauth_doc_table_chunks(table, record) : 0;

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
ngx_oauth_doc_table_chunks(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record)
{
    ngx_oauth_doc_head_t  head;

    ngx_oauth_doc_table_head_locked(table, record, &head);

    return ngx_oauth_chunks_for(sizeof(ngx_oauth_doc_head_t) + head.keys_len
                                + head.uri_len);
}
