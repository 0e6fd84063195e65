
/*
 * Shared memory in chunks of one size.  A text lies in as many chunks as it
 * needs, which need not be neighbours, and is found by the number of its first
 * chunk.  No room is lost to gaps.
 *
 * There is no list of free chunks.  Before each write the caller says which
 * texts are in use.  So a process may be killed at any instruction: no chunk is
 * lost, and no list is left half changed.
 *
 * The caller holds the lock.  The number 0 stands for no chunk.
 */


#ifndef NGX_OAUTH_CHUNKS_H_INCLUDED
#define NGX_OAUTH_CHUNKS_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


#define NGX_OAUTH_CHUNKS_SIZE  512


/* In the shared memory; next, used and data follow. */

typedef struct {
    uint32_t              count;        /* of chunks, 0 among them            */
    uint32_t              left;         /* free ones, since the last unmark   */
    uint32_t             *next;         /* the next of the text; 0: none      */
    u_char               *used;         /* 1: it is in use                    */
    u_char               *data;
} ngx_oauth_chunks_t;


/* The number of chunks that fit into the memory, and that the text needs. */

size_t ngx_oauth_chunks_in(size_t memory);
size_t ngx_oauth_chunks_for(size_t text);

/* The bytes of memory that so many chunks take. */

size_t ngx_oauth_chunks_memory(size_t chunks);

/* Divides the memory into chunks. */

ngx_oauth_chunks_t *ngx_oauth_chunks_create(void *memory, size_t size);


/*
 * To find the free chunks: unmark says that no text is in use, and then mark
 * that the one which begins with this chunk is.
 */

void ngx_oauth_chunks_unmark(ngx_oauth_chunks_t *chunks);
void ngx_oauth_chunks_mark(ngx_oauth_chunks_t *chunks, uint32_t first);

/* This text is not in use any more. */

void ngx_oauth_chunks_drop(ngx_oauth_chunks_t *chunks, uint32_t first);

/*
 * Writes the parts as one text into free chunks and returns its first chunk.
 * The caller has made sure that enough chunks are left.
 */

uint32_t ngx_oauth_chunks_write(ngx_oauth_chunks_t *chunks, ngx_str_t *parts,
    ngx_uint_t nparts);


/* Copies len bytes of the text, from pos on. */

void ngx_oauth_chunks_read(ngx_oauth_chunks_t *chunks, uint32_t first,
    size_t pos, void *data, size_t len);

/* 1 if the bytes of the text from pos on are those of str. */

ngx_uint_t ngx_oauth_chunks_equal(ngx_oauth_chunks_t *chunks, uint32_t first,
    size_t pos, ngx_str_t *str);


#endif /* NGX_OAUTH_CHUNKS_H_INCLUDED */
