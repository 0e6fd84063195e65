
/*
 * Strings packed into one block of memory.  The same calls are made twice: the
 * first time they count, the second time they copy into the block, which the
 * caller has allocated in between.  The block is the caller's.
 */


#ifndef OAUTH_PACK_H_INCLUDED
#define OAUTH_PACK_H_INCLUDED


#include "oauth_claims.h"


/* A pack of all zero counts. */

typedef struct {
    oauth_str_t          *strings;      /* lists; NULL while it counts        */
    size_t                nstrings;
    unsigned char        *bytes;        /* NULL while it counts               */
    size_t                nbytes;
    oauth_buf_t           scratch;      /* the text of one value; "failed":
                                           memory was short                   */
} oauth_pack_t;


/*
 * Begins to copy into a block that has room for as many strings, and after them
 * as many bytes, as have been counted.
 */

void oauth_pack_start(oauth_pack_t *pack, oauth_str_t *strings);

/* Releases what a pack itself holds, which is not the block. */

void oauth_pack_done(oauth_pack_t *pack);

/* Returns the copy of s; while the pack counts, s itself. */

oauth_str_t oauth_pack_str(oauth_pack_t *pack, oauth_str_t s);

/*
 * Returns the text of a JSON value as of oauth_json_text; absent where that is
 * not to be handed out.  While the pack counts, the result may only be compared
 * with NULL.
 */

oauth_str_t oauth_pack_text(oauth_pack_t *pack, const json_t *value);

/*
 * These add a list and return its length; *list is NULL while the pack counts.
 * The first one takes the members of a claim that can be compared, as of
 * oauth_claims_member; the second one takes the audience.
 */

size_t oauth_pack_members(oauth_pack_t *pack, const json_t *claim,
    const oauth_str_t **list);

size_t oauth_pack_audience(oauth_pack_t *pack, const oauth_claims_t *claims,
    const oauth_str_t **list);


#endif /* OAUTH_PACK_H_INCLUDED */
