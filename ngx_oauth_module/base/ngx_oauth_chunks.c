
/*
 * Chunks of shared memory.  A text is a chain of chunks, whose links do not
 * change while the text is in use.  Nothing is allocated or freed here: the
 * memory belongs to the zone.
 */


#include "ngx_oauth_chunks.h"


/* The memory of one chunk, together with its link and its mark. */

#define NGX_OAUTH_CHUNKS_EACH                                                 \
    (NGX_OAUTH_CHUNKS_SIZE + sizeof(uint32_t) + sizeof(u_char))


static uint32_t ngx_oauth_chunks_take(ngx_oauth_chunks_t *chunks,
    uint32_t after);
static u_char *ngx_oauth_chunks_at(ngx_oauth_chunks_t *chunks,
    uint32_t *chunk, size_t *pos, size_t *len);


size_t
ngx_oauth_chunks_in(size_t memory)
{
    size_t  own;

    own = ngx_oauth_chunks_memory(0);

    return memory > own ? (memory - own) / NGX_OAUTH_CHUNKS_EACH : 0;
}


size_t
ngx_oauth_chunks_memory(size_t chunks)
{
    /* chunk 0 has a link and a mark, but no data */

    return sizeof(ngx_oauth_chunks_t) + sizeof(uint32_t) + sizeof(u_char)
           + chunks * NGX_OAUTH_CHUNKS_EACH;
}


size_t
ngx_oauth_chunks_for(size_t text)
{
    return (text + NGX_OAUTH_CHUNKS_SIZE - 1) / NGX_OAUTH_CHUNKS_SIZE;
}


ngx_oauth_chunks_t *
ngx_oauth_chunks_create(void *memory, size_t size)
{
    ngx_oauth_chunks_t  *chunks;

    chunks = memory;

    chunks->count = (uint32_t) ngx_oauth_chunks_in(size) + 1;
    chunks->left = 0;
    chunks->next = (uint32_t *) (chunks + 1);
    chunks->used = (u_char *) (chunks->next + chunks->count);
    chunks->data = chunks->used + chunks->count;

    return chunks;
}


void
ngx_oauth_chunks_unmark(ngx_oauth_chunks_t *chunks)
{
    ngx_memzero(chunks->used, chunks->count);
    chunks->left = chunks->count - 1;
}


void
ngx_oauth_chunks_mark(ngx_oauth_chunks_t *chunks, uint32_t first)
{
    uint32_t  chunk;

    for (chunk = first; chunk; chunk = chunks->next[chunk]) {
        chunks->used[chunk] = 1;
        chunks->left--;
    }
}


void
ngx_oauth_chunks_drop(ngx_oauth_chunks_t *chunks, uint32_t first)
{
    uint32_t  chunk;

    for (chunk = first; chunk; chunk = chunks->next[chunk]) {
        chunks->used[chunk] = 0;
        chunks->left++;
    }
}


uint32_t
ngx_oauth_chunks_write(ngx_oauth_chunks_t *chunks, ngx_str_t *parts,
    ngx_uint_t nparts)
{
    u_char      *dst;
    size_t       room, left, n;
    uint32_t     chunk, first, next;
    ngx_uint_t   i;

    first = 0;
    chunk = 0;
    room = 0;
    dst = NULL;

    for (i = 0; i < nparts; i++) {

        for (left = parts[i].len; left; left -= n) {

            if (room == 0) {
                next = ngx_oauth_chunks_take(chunks, chunk);

                if (first == 0) {
                    first = next;

                } else {
                    chunks->next[chunk] = next;
                }

                chunk = next;
                dst = chunks->data
                      + (size_t) (chunk - 1) * NGX_OAUTH_CHUNKS_SIZE;
                room = NGX_OAUTH_CHUNKS_SIZE;
            }

            n = ngx_min(room, left);
            dst = ngx_cpymem(dst, parts[i].data + parts[i].len - left, n);
            room -= n;
        }
    }

    return first;
}


/* Takes the next free chunk after this one.  The caller knows of one. */

static uint32_t
ngx_oauth_chunks_take(ngx_oauth_chunks_t *chunks, uint32_t after)
{
    uint32_t  chunk;

    chunk = after + 1;

    while (chunks->used[chunk]) {
        chunk++;
    }

    chunks->used[chunk] = 1;
    chunks->next[chunk] = 0;
    chunks->left--;

    return chunk;
}


void
ngx_oauth_chunks_read(ngx_oauth_chunks_t *chunks, uint32_t first, size_t pos,
    void *data, size_t len)
{
    u_char  *src, *dst;
    size_t   n;

    dst = data;

    for ( /* void */ ; len; len -= n) {
        n = len;
        src = ngx_oauth_chunks_at(chunks, &first, &pos, &n);
        dst = ngx_cpymem(dst, src, n);
    }
}


ngx_uint_t
ngx_oauth_chunks_equal(ngx_oauth_chunks_t *chunks, uint32_t first, size_t pos,
    ngx_str_t *str)
{
    u_char  *p, *last;
    size_t   n;

    last = str->data + str->len;

    for (p = str->data; p < last; p += n) {
        n = last - p;

        if (ngx_memcmp(ngx_oauth_chunks_at(chunks, &first, &pos, &n), p, n)
            != 0)
        {
            return 0;
        }
    }

    return 1;
}


/*
 * Returns the bytes at pos that lie in one piece.  *len, the number wanted,
 * becomes the number found.  *chunk and *pos move on to the byte after them.
 */

static u_char *
ngx_oauth_chunks_at(ngx_oauth_chunks_t *chunks, uint32_t *chunk, size_t *pos,
    size_t *len)
{
    u_char  *p;

    while (*pos >= NGX_OAUTH_CHUNKS_SIZE) {
        *chunk = chunks->next[*chunk];
        *pos -= NGX_OAUTH_CHUNKS_SIZE;
    }

    p = chunks->data + (size_t) (*chunk - 1) * NGX_OAUTH_CHUNKS_SIZE + *pos;

    *len = ngx_min(*len, NGX_OAUTH_CHUNKS_SIZE - *pos);
    *pos += *len;

    return p;
}
