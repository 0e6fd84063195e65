
/*
 * Documents in JSON (RFC 8259): those that servers publish, and those that the
 * module writes.  jansson reads and writes them; the JSON of tokens is read by
 * oauth_json.
 *
 * A first pass over the text bounds its depth, members, values, containers and
 * the length of its numbers, and refuses control characters between values.
 * Then jansson builds the tree; it refuses a member that comes twice (RFC 7519
 * section 4), U+0000, a byte order mark, and bytes after the value.
 *
 * A json_t that is parsed belongs to the caller, who releases it with
 * json_decref; what the other functions return is borrowed from it.
 */


#ifndef OAUTH_DOCUMENT_H_INCLUDED
#define OAUTH_DOCUMENT_H_INCLUDED


#include <jansson.h>

#include "oauth.h"


#define OAUTH_DOCUMENT_DEPTH       32
#define OAUTH_DOCUMENT_VALUES      32768
#define OAUTH_DOCUMENT_CONTAINERS  4096 /* a key set of 1024 keys with two
                                           arrays each has 3074               */


/*
 * Parses one JSON object.  max_members bounds the members of all objects in
 * the text together, OAUTH_DOCUMENT_VALUES the values at all depths, and
 * OAUTH_DOCUMENT_CONTAINERS the objects and arrays among them.  Returns
 * OAUTH_DONE and the object; else *object is NULL: OAUTH_INVALID for any other
 * text, OAUTH_NO_MEMORY.
 */

oauth_result_t oauth_document_parse(oauth_str_t text, size_t max_members,
    json_t **object);

/*
 * Does the same, but values may hold U+0000.  This is for key sets, in which
 * one odd key must not make the others useless.
 */

oauth_result_t oauth_document_parse_nul(oauth_str_t text, size_t max_members,
    json_t **object);

/*
 * Does the same, but the value may be an object or an array.  Where the result
 * is OAUTH_INVALID because an object has a member twice, *twice is its name, a
 * view of the text with its escapes as they are there; else *twice is absent.
 */

oauth_result_t oauth_document_parse_list(oauth_str_t text, size_t max_members,
    json_t **value, oauth_str_t *twice);

/*
 * Looks up a string member by name.  Returns 1 and fills *value; else leaves
 * it: 0 where there is no such member, -1 where it is not a string.
 */

int oauth_document_string(const json_t *object, const char *name,
    oauth_str_t *value);

/*
 * 1 for null, "" and [], which some servers write where they have nothing to
 * say; else 0.
 */

int oauth_document_is_empty(const json_t *value);

/* Returns the member of that name.  NULL: it is absent or empty (see above). */

json_t *oauth_document_optional(const json_t *object, const char *name);

/* Does as oauth_document_string, but an empty member counts as absent. */

int oauth_document_optional_string(const json_t *object, const char *name,
    oauth_str_t *value);

/* Returns the bytes of a string; for another kind, and for NULL: absent. */

oauth_str_t oauth_document_str(const json_t *value);

/*
 * Reads a NumericDate (RFC 7519 section 2) without its fraction.  Returns 1 and
 * *seconds, which is so far from the ends of its type that the sum of several
 * such times fits; 0 where value is NULL; -1 where it is not a number.
 */

int oauth_document_time(const json_t *value, int64_t *seconds);

/*
 * Appends an object as compact JSON.  Returns 0; else -1, with nothing
 * appended: object is NULL, or memory is short (buf->failed), or a string has a
 * control character (see oauth_str_has_control), which is never handed out.
 */

int oauth_document_write(const json_t *object, oauth_buf_t *buf);


#endif /* OAUTH_DOCUMENT_H_INCLUDED */
