
/*
 * The assertions that were minted for one token (see oauth_assertion.h), kept
 * with it so that a request with a known token only copies one.  Each is for
 * one oauth_assertion directive and one resource, which are told apart by their
 * addresses in the configuration; these are compared and never followed.  The
 * list belongs to the token and holds a few assertions at most.  They are wiped
 * when they leave it.
 */


#ifndef OAUTH_MINTED_H_INCLUDED
#define OAUTH_MINTED_H_INCLUDED


#include "oauth.h"


#define OAUTH_MINTED  8                 /* assertions of a token, at most     */


/* A list; NULL is the empty one. */

typedef struct oauth_minted_s  oauth_minted_t;


/* What an assertion was minted for, and when it may be used again. */

typedef struct {
    const void           *directive;    /* oauth_assertion of the location    */
    const void           *resource;     /* of the location                    */
    int64_t               starts;       /* seconds since the epoch; it may be
                                           used while starts <= now < ends    */
    int64_t               ends;
} oauth_minted_use_t;


/*
 * Returns the assertion for this directive and this resource that may be used
 * now (seconds since the epoch): a view of the list, until something is stored.
 * Absent: there is none.
 */

oauth_str_t oauth_minted_lookup(const oauth_minted_t *list,
    const void *directive, const void *resource, int64_t now);

/*
 * Adds a copy of the assertion, in the place of the one for the same directive
 * and resource; of a full list, in the place of the one that ends first.
 * Returns 0; else -1, and the list is as it was: memory is short.
 */

int oauth_minted_store(oauth_minted_t **list, const oauth_minted_use_t *use,
    oauth_str_t text);

/* Wipes and frees the list.  NULL is allowed. */

void oauth_minted_free(oauth_minted_t *list);


#endif /* OAUTH_MINTED_H_INCLUDED */
