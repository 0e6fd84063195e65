
/*
 * JSON (RFC 8259) over jansson, stricter than jansson alone: no member twice
 * (RFC 7519 section 4), no NUL, no control character outside strings but white
 * space, no byte order mark, nothing after the value.  Depth, members, values
 * and containers are bounded, and the text is checked for all of it before
 * jansson builds a tree.
 *
 * A json_t that is parsed belongs to the caller, who releases it with
 * json_decref; what the other functions return is borrowed from it.
 */


#ifndef OAUTH_JSON_H_INCLUDED
#define OAUTH_JSON_H_INCLUDED


#include <jansson.h>

#include "oauth.h"


#define OAUTH_JSON_DEPTH     32
#define OAUTH_JSON_MEMBERS   512        /* members in a token's JSON          */
#define OAUTH_JSON_VALUES    32768      /* values in any JSON                 */

/*
 * Objects and arrays in any JSON, which take most of jansson's time and memory.
 * A key set of 1024 keys with two arrays each has 3074.
 */

#define OAUTH_JSON_CONTAINERS  4096


/*
 * Parses one JSON object.  max_members bounds the members of all objects in
 * the text together, OAUTH_JSON_VALUES the values at all depths, and
 * OAUTH_JSON_CONTAINERS the objects and arrays among them.  Returns OAUTH_DONE
 * and the object; else *object is NULL: OAUTH_INVALID for any other text,
 * OAUTH_NO_MEMORY.
 */

oauth_result_t oauth_json_parse(oauth_str_t text, size_t max_members,
    json_t **object);

/*
 * Does the same, but strings may hold U+0000.  This is for key sets, in which
 * one odd key must not make the others useless.
 */

oauth_result_t oauth_json_parse_nul(oauth_str_t text, size_t max_members,
    json_t **object);

/*
 * Looks up a string member by name.  Returns 1 and fills *value; else leaves
 * it: 0 where there is no such member, -1 where it is not a string.
 */

int oauth_json_string(const json_t *object, const char *name,
    oauth_str_t *value);

/*
 * 1 for null, "" and [], which some servers write where they have nothing to
 * say; else 0.
 */

int oauth_json_is_empty(const json_t *value);

/* Returns the member of that name.  NULL: it is absent or empty (see above). */

json_t *oauth_json_optional(const json_t *object, const char *name);

/* Does as oauth_json_string, but an empty member counts as absent. */

int oauth_json_optional_string(const json_t *object, const char *name,
    oauth_str_t *value);

/* Returns the bytes of a JSON string; absent for anything else, and NULL. */

oauth_str_t oauth_json_str(const json_t *value);

/*
 * Returns the member at a path with dots ("realm_access.roles").  A member
 * whose own name has dots ("https://example.com/roles") is preferred to the
 * nested reading.  NULL: there is none.
 */

json_t *oauth_json_at(const json_t *object, oauth_str_t path);

/*
 * Appends a claim as text: a string as it is; a number or a boolean as JSON; an
 * array as its members, joined with ",", where "," and "%" inside a member are
 * percent-encoded (%2C, %25); an object as compact JSON; null as nothing.
 * Returns 0; else -1, with nothing appended: the text would have a control
 * character (see oauth_str_has_control), which is never handed out, or memory
 * is short (buf->failed).
 */

int oauth_json_text(const json_t *value, oauth_buf_t *buf);


#endif /* OAUTH_JSON_H_INCLUDED */
