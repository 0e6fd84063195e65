
/*
 * The form of what the store's LMDB database holds: rows of bytes, numbers in
 * network byte order.  There is one database, and the first byte of a key says
 * what its row is:
 *
 *   0 to 128   an entry, under the key of oauth_revocation.h
 *   0xe0       the end of an entry and its key: the order of removal
 *   0xe1       a time, and how many entries were accepted then
 *   0xe2       the key of an entry that is unsent: see ngx_oauth_store_bus.h
 *   0xf0       the head: one row about the whole store
 *   0xf1       the position up to which the stream of the bus was read
 */


#ifndef NGX_OAUTH_STORE_ROW_H_INCLUDED
#define NGX_OAUTH_STORE_ROW_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "oauth_record.h"


#define NGX_OAUTH_STORE_ROW_FORMAT  1   /* of the head                        */

#define NGX_OAUTH_STORE_ROW_END     0xe0
#define NGX_OAUTH_STORE_ROW_TIME    0xe1
#define NGX_OAUTH_STORE_ROW_UNSENT  0xe2
#define NGX_OAUTH_STORE_ROW_HEAD    0xf0
#define NGX_OAUTH_STORE_ROW_READ    0xf1

/* Bytes of the store's identity, which is the id of the node on the bus. */

#define NGX_OAUTH_STORE_ROW_ID      OAUTH_RECORD_NODE

/* Bytes of keys and values. */

#define NGX_OAUTH_STORE_ROW_END_KEY     (1 + 8 + OAUTH_REVOCATION_KEY)
#define NGX_OAUTH_STORE_ROW_TIME_KEY    (1 + 8)
#define NGX_OAUTH_STORE_ROW_TIME_VALUE  8
#define NGX_OAUTH_STORE_ROW_UNSENT_KEY  (1 + OAUTH_REVOCATION_KEY)
#define NGX_OAUTH_STORE_ROW_VALUE       (8 + 8 + 8 + 1 + 8)
#define NGX_OAUTH_STORE_ROW_READ_VALUE  (OAUTH_STREAM_SERVER + 8 + 8 + 8)

#define NGX_OAUTH_STORE_ROW_KINDS       (OAUTH_REVOCATION_KINDS + 1)
#define NGX_OAUTH_STORE_ROW_HEAD_VALUE                                        \
    (8 + NGX_OAUTH_STORE_ROW_ID + 8 + 8 + 8 * NGX_OAUTH_STORE_ROW_KINDS + 8)


typedef struct {
    oauth_revocation_t  entry;
    unsigned            open:1;         /* the end is when the longest lifetime
                                           has passed                         */
    unsigned            foreign:1;      /* it was only accepted on other nodes,
                                           and came from the bus              */
    uint64_t            unit;           /* what it was written with: see
                                           ngx_oauth_store_batch.h            */
} ngx_oauth_store_row_t;


typedef struct {
    uint64_t            format;
    u_char              id[NGX_OAUTH_STORE_ROW_ID];
    int64_t             longest;        /* of all configurations, seconds     */
    int64_t             floor;          /* as of ngx_oauth_store_floor        */
    uint64_t            counts[NGX_OAUTH_STORE_ROW_KINDS];
    uint64_t            unsent;         /* entries that are                   */
} ngx_oauth_store_row_head_t;


/* Returns the sum of two numbers that are not negative, at most INT64_MAX. */

int64_t ngx_oauth_store_row_add(int64_t a, int64_t b);

/* Returns when an entry with an open end may go, or INT64_MAX: never. */

int64_t ngx_oauth_store_row_open_end(const oauth_revocation_t *entry,
    int64_t longest);

/*
 * Makes a row of an entry whose end is 0 where it is open.  before: the row
 * that is there, NULL: there is none; the later cut, end and time are kept.
 * The row stays foreign only if both are.
 */

void ngx_oauth_store_row_merge(ngx_oauth_store_row_t *row,
    const oauth_revocation_t *entry, const ngx_oauth_store_row_t *before,
    int64_t longest);

/* The entry as the nodes send it to each other: its end is 0 if it is open. */

void ngx_oauth_store_row_write_entry(const ngx_oauth_store_row_t *row,
    oauth_revocation_t *entry);

/*
 * 1 if the row says no more than this entry: it needs not be sent if the entry
 * was, and to write the entry would not change it.
 */

ngx_uint_t ngx_oauth_store_row_is_said(const ngx_oauth_store_row_t *row,
    const oauth_revocation_t *entry);

/* Returns the number of entries of all kinds. */

uint64_t ngx_oauth_store_row_sum(const ngx_oauth_store_row_head_t *head);


/* Each writes as many bytes as the constant for it says. */

void ngx_oauth_store_row_write(const ngx_oauth_store_row_t *row,
    u_char value[NGX_OAUTH_STORE_ROW_VALUE]);
void ngx_oauth_store_row_write_end(const oauth_revocation_t *entry,
    u_char key[NGX_OAUTH_STORE_ROW_END_KEY]);
void ngx_oauth_store_row_write_time(int64_t time,
    u_char key[NGX_OAUTH_STORE_ROW_TIME_KEY]);
void ngx_oauth_store_row_write_unsent(const u_char entry[OAUTH_REVOCATION_KEY],
    u_char key[NGX_OAUTH_STORE_ROW_UNSENT_KEY]);
void ngx_oauth_store_row_write_position(
    const oauth_stream_position_t *position,
    u_char value[NGX_OAUTH_STORE_ROW_READ_VALUE]);
void ngx_oauth_store_row_write_number(uint64_t number, u_char value[8]);
void ngx_oauth_store_row_write_head(const ngx_oauth_store_row_head_t *head,
    u_char value[NGX_OAUTH_STORE_ROW_HEAD_VALUE]);

/*
 * These read such bytes.  NGX_ERROR: they are not in this form, or, of a head,
 * not in the format of this module; then only head->format is set.
 */

ngx_int_t ngx_oauth_store_row_read(ngx_oauth_store_row_t *row,
    const u_char *value, size_t len);
ngx_int_t ngx_oauth_store_row_read_position(oauth_stream_position_t *position,
    const u_char *value, size_t len);
ngx_int_t ngx_oauth_store_row_read_head(ngx_oauth_store_row_head_t *head,
    const u_char *value, size_t len);
uint64_t ngx_oauth_store_row_read_number(const u_char value[8]);


#endif /* NGX_OAUTH_STORE_ROW_H_INCLUDED */
