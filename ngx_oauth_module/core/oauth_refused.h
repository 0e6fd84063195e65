
/*
 * A token that was refused, read once more for the log: what its header says,
 * and why it is not a JWT.  All of it was written by a stranger, and none of it
 * decides anything.
 */


#ifndef OAUTH_REFUSED_H_INCLUDED
#define OAUTH_REFUSED_H_INCLUDED


#include "oauth_json.h"


typedef struct {
    const char           *fault;        /* why it is not a JWT, a sentence
                                           about "it"; NULL: its form and its
                                           header are those of a JWT          */
    const char           *extension;    /* a member of the header that is never
                                           accepted ("crit"); NULL: none      */
    oauth_str_t           type;         /* typ and alg, views of storage;     */
    oauth_str_t           algorithm;    /* absent: none, or not a string      */
    unsigned              encrypted:1;  /* it has the five parts of a JWE     */
    const oauth_json_t   *header;       /* NULL: none that could be read      */
    unsigned char        *storage;      /* the nodes and the text of header   */
    size_t                size;         /* of storage, in bytes               */
} oauth_refused_t;


/*
 * Reads a token and fills refused, which oauth_refused_free releases.  Where
 * memory is short, everything is absent.
 */

void oauth_refused_read(oauth_str_t text, oauth_refused_t *refused);

/* Wipes and releases the storage, and clears refused. */

void oauth_refused_free(oauth_refused_t *refused);

/*
 * For credentials that are not a JWT, returns what they look like and what to
 * do about it, a constant sentence about "it".  NULL: they do not look like
 * anything that a server issues.
 */

const char *oauth_refused_opaque(oauth_str_t text);


#endif /* OAUTH_REFUSED_H_INCLUDED */
