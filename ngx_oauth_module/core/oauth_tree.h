
/*
 * Trees of JSON that are written out and then freed, as the status is.  They
 * are jansson's, and the caller frees the root of a tree.
 */


#ifndef OAUTH_TREE_H_INCLUDED
#define OAUTH_TREE_H_INCLUDED


#include <jansson.h>

#include "oauth.h"


/*
 * Takes over the value, which may be NULL.  Returns 0, or -1: memory is short.
 */

int oauth_tree_set(json_t *object, const char *name, json_t *value);

/* Returns the value; or frees it and returns NULL, where rc is not 0. */

json_t *oauth_tree_whole(json_t *value, int rc);

/*
 * A text.  If it is not UTF-8, or has control characters, it is quoted as for a
 * log.  NULL: memory is short; _buf also where that of the buffer was.
 */

json_t *oauth_tree_str(oauth_str_t text);
json_t *oauth_tree_buf(const oauth_buf_t *buf);

/* A number of seconds; null if it is OAUTH_STATUS_NEVER. */

json_t *oauth_tree_seconds(int64_t seconds);


#endif /* OAUTH_TREE_H_INCLUDED */
