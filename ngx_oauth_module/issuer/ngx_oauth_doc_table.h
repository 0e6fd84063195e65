
/*
 * All records of the zone: their form, which ngx_oauth_doc shares, and their
 * places.  Functions that say "locked" are called with the mutex held.
 */


#ifndef NGX_OAUTH_DOC_TABLE_H_INCLUDED
#define NGX_OAUTH_DOC_TABLE_H_INCLUDED


#include "ngx_oauth_chunks.h"
#include "ngx_oauth_doc.h"


/* At the head of the documents: the keys, then the address, follow. */

typedef struct {
    ngx_uint_t               generation;
    size_t                   keys_len;
    size_t                   uri_len;
} ngx_oauth_doc_head_t;


typedef struct {
    u_char                   id[NGX_OAUTH_DOC_ID];
    ngx_uint_t               cycle;      /* the last to name it; 0: none      */
    ngx_atomic_t             version;
    ngx_oauth_doc_state_t    state;      /* but for version and generation    */
    ngx_uint_t               generation; /* the last one given                */
    uint32_t                 first;      /* chunk; 0: no documents            */
    uint32_t                 checksum;   /* of the text they were made from   */
} ngx_oauth_doc_record_t;


/* All there is in the zone: this, the records, the chunks. */

typedef struct {
    ngx_uint_t               cycle;      /* counts configurations in force    */
    ngx_uint_t               issuers;    /* of the last one                   */
    ngx_uint_t               nrecords;
    ngx_oauth_doc_record_t  *records;
    ngx_oauth_chunks_t      *chunks;
} ngx_oauth_doc_table_t;


struct ngx_oauth_doc_s {
    ngx_queue_t              queue;
    ngx_oauth_zone_t        *zone;
    ngx_oauth_doc_table_t   *table;
    ngx_oauth_doc_record_t  *record;
    u_char                   id[NGX_OAUTH_DOC_ID];
};


#define ngx_oauth_doc_lock(zone)                                              \
    ngx_shmtx_lock(&(zone)->pool->mutex)

#define ngx_oauth_doc_unlock(zone)                                            \
    ngx_shmtx_unlock(&(zone)->pool->mutex)


/* In the master: makes fresh memory a table without issuers. */

void ngx_oauth_doc_table_create(ngx_oauth_zone_t *zone);

/*
 * In the master: 0 when each of so many issuers can have its place, or the
 * size of the zone that suffices.  Only reads.
 */

size_t ngx_oauth_doc_table_check(ngx_oauth_zone_t *zone, ngx_uint_t issuers);

/*
 * In the master, once the configuration is in force: finds a record for each
 * of its issuers.  Those that no configuration names any more are used again.
 */

void ngx_oauth_doc_table_claim(ngx_oauth_zone_t *zone);


/* All zero: there are no documents.  record: NULL where it is gone. */

void ngx_oauth_doc_table_head_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record, ngx_oauth_doc_head_t *head);

/* Room for so many bytes of this issuer's; NGX_DECLINED: there is none. */

ngx_int_t ngx_oauth_doc_table_make_room_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record, size_t size);


/* The size of a zone in which each of so many issuers may have so much. */

size_t ngx_oauth_doc_table_size(ngx_uint_t issuers, size_t bytes);


#endif /* NGX_OAUTH_DOC_TABLE_H_INCLUDED */
