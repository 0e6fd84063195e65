
/*
 * Memory in equal chunks: a text lies in as many as it needs, wherever they
 * are, and is found by the number of its first.  No room is lost to gaps.
 *
 * Which chunks are free is not kept: their user names the texts that are in
 * use each time it writes.  So a process that is killed at any instruction
 * leaves no chunk lost, nor a list half done.
 *
 * The user holds the lock.  0 is no chunk.
 */


#ifndef NGX_OAUTH_CHUNKS_H_INCLUDED
#define NGX_OAUTH_CHUNKS_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_OAUTH_CHUNKS_SIZE  512


/* In the shared memory; next, used and data follow. */

typedef struct {
    uint32_t              count;        /* of chunks, with chunk 0            */
    uint32_t              left;         /* as of the last mark                */
    uint32_t             *next;         /* in the same text; 0: none          */
    u_char               *used;
    u_char               *data;
} ngx_oauth_chunks_t;


/* How many of them so much memory takes, and how many so much text. */

size_t ngx_oauth_chunks_in(size_t memory);
size_t ngx_oauth_chunks_for(size_t text);

/* The memory that so many of them take. */

size_t ngx_oauth_chunks_memory(size_t chunks);

/* Makes them of that memory. */

ngx_oauth_chunks_t *ngx_oauth_chunks_create(void *memory, size_t size);


/* To find out what is free: no text is in use, then this one is, too. */

void ngx_oauth_chunks_unmark(ngx_oauth_chunks_t *chunks);
void ngx_oauth_chunks_mark(ngx_oauth_chunks_t *chunks, uint32_t first);

/* This one is no longer. */

void ngx_oauth_chunks_drop(ngx_oauth_chunks_t *chunks, uint32_t first);

/*
 * Writes the parts into free chunks, as one text.  There have to be enough of
 * them ("left").  Its first chunk.
 */

uint32_t ngx_oauth_chunks_write(ngx_oauth_chunks_t *chunks, ngx_str_t *parts,
    ngx_uint_t nparts);


/* So many bytes of a text, from pos on. */

void ngx_oauth_chunks_read(ngx_oauth_chunks_t *chunks, uint32_t first,
    size_t pos, void *data, size_t len);

/* 1 when these bytes of a text are those of str. */

ngx_uint_t ngx_oauth_chunks_equal(ngx_oauth_chunks_t *chunks, uint32_t first,
    size_t pos, ngx_str_t *str);


#endif /* NGX_OAUTH_CHUNKS_H_INCLUDED */
