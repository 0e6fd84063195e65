
/*
 * The table of all records in the zone: the form of a record, which
 * ngx_oauth_doc shares, and which record belongs to which issuer.  The table
 * lives in the shared memory; a list, which is one configuration's view of it,
 * lives in that configuration's pool.  The caller of a function whose name ends
 * in "_locked" holds the zone's mutex.
 */


#ifndef NGX_OAUTH_DOC_TABLE_H_INCLUDED
#define NGX_OAUTH_DOC_TABLE_H_INCLUDED


#include "ngx_oauth_chunks.h"
#include "ngx_oauth_doc.h"


/* Documents begin with this; keys, their address and the metadata follow. */

typedef struct {
    ngx_uint_t               generation;
    size_t                   keys_len;
    size_t                   uri_len;
    size_t                   metadata_len;
} ngx_oauth_doc_head_t;


typedef struct {
    u_char                   id[NGX_OAUTH_DOC_ID];
    ngx_uint_t               cycle;      /* the last that named it; 0: never
                                            used                              */
    ngx_atomic_t             version;
    ngx_oauth_doc_state_t    state;      /* without version and generation    */
    ngx_uint_t               generation; /* the last one given                */
    uint32_t                 first;      /* chunk; 0: no documents            */
    uint32_t                 checksum;   /* of the text they were made from   */
    uint32_t                 logged;     /* checksum of the findings about the
                                            issuer that were logged last; 0:
                                            none                              */
} ngx_oauth_doc_record_t;


/* In the shared memory; the records and the chunks follow. */

typedef struct {
    ngx_uint_t               cycle;      /* counts configurations in force    */
    ngx_uint_t               issuers;    /* of the last one                   */
    ngx_uint_t               nrecords;
    ngx_oauth_doc_record_t  *records;
    ngx_oauth_chunks_t      *chunks;
} ngx_oauth_doc_table_t;


/* The documents of one configuration. */

struct ngx_oauth_doc_list_s {
    ngx_oauth_zone_root_t    root;       /* its memory holds the table        */
    ngx_queue_t              docs;
    ngx_uint_t               ndocs;
};


struct ngx_oauth_doc_s {
    ngx_queue_t              queue;
    ngx_oauth_zone_t        *zone;
    ngx_oauth_doc_table_t   *table;      /* NULL until it has a record        */
    ngx_oauth_doc_record_t  *record;
    u_char                   id[NGX_OAUTH_DOC_ID];
};


/*
 * In the master: registers the table as a root of the zone.  The configuration
 * is refused, and the log says why, if the zone is too small for a record of
 * each issuer.  NULL: no memory.
 */

ngx_oauth_doc_list_t *ngx_oauth_doc_table_register(ngx_oauth_zone_t *zone,
    ngx_pool_t *pool);

/*
 * In the master, once the configuration is in force: finds a record for each
 * issuer of the list.  Records that no configuration names any more are given
 * to other issuers.  Cannot fail.
 */

void ngx_oauth_doc_table_claim(ngx_oauth_doc_list_t *list);


/*
 * Sets how many bytes of the table's memory there are for documents, and how
 * many of them documents take.
 */

void ngx_oauth_doc_table_usage(ngx_oauth_doc_list_t *list, size_t *size,
    size_t *used);


/* Fills head with zeros if record is NULL or has no documents. */

void ngx_oauth_doc_table_head_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record, ngx_oauth_doc_head_t *head);

/*
 * Makes sure that enough chunks are free for so many bytes of this issuer's.
 * NGX_DECLINED: there is no room for them.
 */

ngx_int_t ngx_oauth_doc_table_make_room_locked(ngx_oauth_doc_table_t *table,
    ngx_oauth_doc_record_t *record, size_t size);


/* The size that the zone needs if each of so many issuers has so many bytes. */

size_t ngx_oauth_doc_table_size(ngx_oauth_zone_t *zone, ngx_uint_t issuers,
    size_t bytes);


#endif /* NGX_OAUTH_DOC_TABLE_H_INCLUDED */
