
/*
 * Writes and reads the rows of the store.  All of them have a fixed size, and
 * numbers are in network byte order, so that LMDB, which compares bytes, keeps
 * ends and times in their order.  The memory is the caller's.
 */


#include "ngx_oauth_store_row.h"


/* In the byte of flags. */

#define NGX_OAUTH_STORE_ROW_OPEN     0x01
#define NGX_OAUTH_STORE_ROW_FOREIGN  0x02


int64_t
ngx_oauth_store_row_add(int64_t a, int64_t b)
{
    return (a > INT64_MAX - b) ? INT64_MAX : a + b;
}


int64_t
ngx_oauth_store_row_open_end(const oauth_revocation_t *entry, int64_t longest)
{
    int64_t  since;

    since = (entry->cut == OAUTH_REVOCATION_ALWAYS) ? entry->time : entry->cut;

    return ngx_oauth_store_row_add(ngx_max(since, 0), longest);
}


void
ngx_oauth_store_row_merge(ngx_oauth_store_row_t *row,
    const oauth_revocation_t *entry, const ngx_oauth_store_row_t *before,
    int64_t longest)
{
    oauth_revocation_t  *to;

    to = &row->entry;
    *to = *entry;

    row->open = (entry->end == 0);
    to->end = ngx_max(to->end, 0);
    to->time = ngx_max(to->time, 0);

    if (before) {
        to->cut = ngx_max(to->cut, before->entry.cut);
        to->end = ngx_max(to->end, before->entry.end);
        to->time = ngx_max(to->time, before->entry.time);
        row->open |= before->open;
        row->foreign &= before->foreign;
    }

    if (row->open) {
        to->end = ngx_max(to->end, ngx_oauth_store_row_open_end(to, longest));
    }
}


void
ngx_oauth_store_row_write_entry(const ngx_oauth_store_row_t *row,
    oauth_revocation_t *entry)
{
    *entry = row->entry;

    if (row->open && entry->end != OAUTH_REVOCATION_ALWAYS) {
        entry->end = 0;
    }
}


/* Without a cut, the end of an entry that is open depends on its time. */

ngx_uint_t
ngx_oauth_store_row_is_said(const ngx_oauth_store_row_t *row,
    const oauth_revocation_t *entry)
{
    oauth_revocation_t  own;

    ngx_oauth_store_row_write_entry(row, &own);

    return own.cut == entry->cut
           && own.end == entry->end
           && (own.end != 0 || own.cut != OAUTH_REVOCATION_ALWAYS
               || own.time == entry->time);
}


void
ngx_oauth_store_row_write_number(uint64_t number, u_char value[8])
{
    ngx_uint_t  i;

    for (i = 8; i-- > 0; number >>= 8) {
        value[i] = (u_char) number;
    }
}


uint64_t
ngx_oauth_store_row_read_number(const u_char value[8])
{
    uint64_t    number;
    ngx_uint_t  i;

    number = 0;

    for (i = 0; i < 8; i++) {
        number = number << 8 | value[i];
    }

    return number;
}


uint64_t
ngx_oauth_store_row_sum(const ngx_oauth_store_row_head_t *head)
{
    uint64_t    n;
    ngx_uint_t  i;

    n = 0;

    for (i = 0; i < NGX_OAUTH_STORE_ROW_KINDS; i++) {
        n += head->counts[i];
    }

    return n;
}


void
ngx_oauth_store_row_write(const ngx_oauth_store_row_t *row,
    u_char value[NGX_OAUTH_STORE_ROW_VALUE])
{
    ngx_oauth_store_row_write_number((uint64_t) row->entry.cut, value);
    ngx_oauth_store_row_write_number((uint64_t) row->entry.end, value + 8);
    ngx_oauth_store_row_write_number((uint64_t) row->entry.time, value + 16);
    value[24] = (row->open ? NGX_OAUTH_STORE_ROW_OPEN : 0)
                | (row->foreign ? NGX_OAUTH_STORE_ROW_FOREIGN : 0);
    ngx_oauth_store_row_write_number(row->unit, value + 25);
}


ngx_int_t
ngx_oauth_store_row_read(ngx_oauth_store_row_t *row, const u_char *value,
    size_t len)
{
    if (len != NGX_OAUTH_STORE_ROW_VALUE) {
        return NGX_ERROR;
    }

    row->entry.cut = (int64_t) ngx_oauth_store_row_read_number(value);
    row->entry.end = (int64_t) ngx_oauth_store_row_read_number(value + 8);
    row->entry.time = (int64_t) ngx_oauth_store_row_read_number(value + 16);
    row->open = (value[24] & NGX_OAUTH_STORE_ROW_OPEN) ? 1 : 0;
    row->foreign = (value[24] & NGX_OAUTH_STORE_ROW_FOREIGN) ? 1 : 0;
    row->unit = ngx_oauth_store_row_read_number(value + 25);

    return NGX_OK;
}


/* An end is not negative, so its bytes have the order of the numbers. */

void
ngx_oauth_store_row_write_end(const oauth_revocation_t *entry,
    u_char key[NGX_OAUTH_STORE_ROW_END_KEY])
{
    key[0] = NGX_OAUTH_STORE_ROW_END;
    ngx_oauth_store_row_write_number((uint64_t) entry->end, key + 1);
    ngx_memcpy(key + 9, entry->key, OAUTH_REVOCATION_KEY);
}


void
ngx_oauth_store_row_write_time(int64_t time,
    u_char key[NGX_OAUTH_STORE_ROW_TIME_KEY])
{
    key[0] = NGX_OAUTH_STORE_ROW_TIME;
    ngx_oauth_store_row_write_number((uint64_t) time, key + 1);
}


void
ngx_oauth_store_row_write_unsent(const u_char entry[OAUTH_REVOCATION_KEY],
    u_char key[NGX_OAUTH_STORE_ROW_UNSENT_KEY])
{
    key[0] = NGX_OAUTH_STORE_ROW_UNSENT;
    ngx_memcpy(key + 1, entry, OAUTH_REVOCATION_KEY);
}


void
ngx_oauth_store_row_write_position(const oauth_stream_position_t *position,
    u_char value[NGX_OAUTH_STORE_ROW_READ_VALUE])
{
    u_char  *p;

    p = ngx_cpymem(value, position->server, OAUTH_STREAM_SERVER);

    ngx_oauth_store_row_write_number(position->id.ms, p);
    ngx_oauth_store_row_write_number(position->id.seq, p + 8);
    ngx_oauth_store_row_write_number(position->added, p + 16);
}


ngx_int_t
ngx_oauth_store_row_read_position(oauth_stream_position_t *position,
    const u_char *value, size_t len)
{
    const u_char  *p;

    if (len != NGX_OAUTH_STORE_ROW_READ_VALUE) {
        return NGX_ERROR;
    }

    ngx_memcpy(position->server, value, OAUTH_STREAM_SERVER);
    p = value + OAUTH_STREAM_SERVER;

    position->id.ms = ngx_oauth_store_row_read_number(p);
    position->id.seq = ngx_oauth_store_row_read_number(p + 8);
    position->added = ngx_oauth_store_row_read_number(p + 16);

    return NGX_OK;
}


void
ngx_oauth_store_row_write_head(const ngx_oauth_store_row_head_t *head,
    u_char value[NGX_OAUTH_STORE_ROW_HEAD_VALUE])
{
    u_char      *p;
    ngx_uint_t   i;

    p = value;

    ngx_oauth_store_row_write_number(head->format, p);
    p = ngx_cpymem(p + 8, head->id, NGX_OAUTH_STORE_ROW_ID);

    ngx_oauth_store_row_write_number((uint64_t) head->longest, p);
    ngx_oauth_store_row_write_number((uint64_t) head->floor, p + 8);
    p += 16;

    for (i = 0; i < NGX_OAUTH_STORE_ROW_KINDS; i++, p += 8) {
        ngx_oauth_store_row_write_number(head->counts[i], p);
    }

    ngx_oauth_store_row_write_number(head->unsent, p);
}


ngx_int_t
ngx_oauth_store_row_read_head(ngx_oauth_store_row_head_t *head,
    const u_char *value, size_t len)
{
    ngx_uint_t     i;
    const u_char  *p;

    p = value;
    head->format = (len < 8) ? 0 : ngx_oauth_store_row_read_number(p);

    if (head->format != NGX_OAUTH_STORE_ROW_FORMAT
        || len != NGX_OAUTH_STORE_ROW_HEAD_VALUE)
    {
        return NGX_ERROR;
    }

    ngx_memcpy(head->id, p + 8, NGX_OAUTH_STORE_ROW_ID);
    p += 8 + NGX_OAUTH_STORE_ROW_ID;

    head->longest = (int64_t) ngx_oauth_store_row_read_number(p);
    head->floor = (int64_t) ngx_oauth_store_row_read_number(p + 8);
    p += 16;

    for (i = 0; i < NGX_OAUTH_STORE_ROW_KINDS; i++, p += 8) {
        head->counts[i] = ngx_oauth_store_row_read_number(p);
    }

    head->unsent = ngx_oauth_store_row_read_number(p);

    return NGX_OK;
}
