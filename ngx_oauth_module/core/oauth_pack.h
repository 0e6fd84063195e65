
/*
 * Strings packed into one block of memory.  The same calls are made twice: the
 * first time they count, the second time they copy into the block, which the
 * caller has allocated in between.  The block is the caller's.
 */


#ifndef OAUTH_PACK_H_INCLUDED
#define OAUTH_PACK_H_INCLUDED


#include "oauth_claims.h"


/* A pack whose bytes are all zero is ready to count. */

typedef struct {
    oauth_str_t          *strings;      /* lists; NULL while it counts        */
    size_t                nstrings;
    unsigned char        *bytes;        /* NULL while it counts               */
    size_t                nbytes;
    oauth_buf_t           texts;        /* which are written while the pack
                                           counts                             */
    size_t                next;         /* where in texts the next one is     */
    oauth_buf_t           scratch;      /* the text of one number             */
} oauth_pack_t;


/*
 * Begins to copy into a block that has room for as many strings, and after them
 * as many bytes, as have been counted.
 */

void oauth_pack_start(oauth_pack_t *pack, oauth_str_t *strings);

/* 1 when memory was short, so that something is missing in the pack; else 0. */

int oauth_pack_failed(const oauth_pack_t *pack);

/* Releases what a pack itself holds, which is not the block. */

void oauth_pack_done(oauth_pack_t *pack);

/* Returns the copy of s; while the pack counts, s itself. */

oauth_str_t oauth_pack_str(oauth_pack_t *pack, oauth_str_t s);

/* Does the same with the text of a value, as of oauth_claims_value, or NULL. */

oauth_str_t oauth_pack_value(oauth_pack_t *pack, const oauth_json_t *value);

/* Appends a text.  Returns 0; or -1 with nothing appended: there is none. */

typedef int (*oauth_pack_write_pt)(const void *data, oauth_buf_t *buf);

/*
 * Returns the text that write appends, which is called once, while the pack
 * counts; absent where write returns -1.  While the pack counts, the result is
 * valid until the next call.
 */

oauth_str_t oauth_pack_text(oauth_pack_t *pack, oauth_pack_write_pt write,
    const void *data);

/*
 * Adds the list of those elements of a claim that can be compared, as of
 * oauth_claims_value, and returns its length; *list is NULL while the pack
 * counts.
 */

size_t oauth_pack_elements(oauth_pack_t *pack, const oauth_json_t *claim,
    const oauth_str_t **list);


#endif /* OAUTH_PACK_H_INCLUDED */
