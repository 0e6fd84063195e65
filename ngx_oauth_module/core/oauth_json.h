
/*
 * JSON (RFC 8259) over jansson, stricter than its default: no duplicate
 * members (RFC 7519 section 4), no NUL, no raw control character but RFC
 * 8259's white space, no BOM, no trailing bytes, depth at most 32, a bounded
 * number of members, of values and of containers.  The bounds are checked on
 * the text before jansson sees it.
 *
 * A json_t returned by _parse belongs to the caller (json_decref); what the
 * look-ups return is borrowed from it.
 */


#ifndef OAUTH_JSON_H_INCLUDED
#define OAUTH_JSON_H_INCLUDED


#include <jansson.h>

#include "oauth.h"


#define OAUTH_JSON_DEPTH     32
#define OAUTH_JSON_MEMBERS   512        /* members in a token's JSON          */
#define OAUTH_JSON_VALUES    32768      /* values in any JSON                 */

/*
 * Objects and arrays in any JSON: jansson takes the most time and memory for
 * them.  1024 keys with two arrays each are 3074.
 */

#define OAUTH_JSON_CONTAINERS  4096


/*
 * Parses one JSON object.  max_members bounds the members of all objects in
 * the text together, OAUTH_JSON_VALUES the values at all depths and
 * OAUTH_JSON_CONTAINERS the objects and arrays among them.  Returns NULL when
 * the text is anything else; errno is ENOMEM then if, and only if, memory is
 * short.
 */

json_t *oauth_json_parse(oauth_str_t text, size_t max_members);

/*
 * The same, but strings may hold U+0000: for a key set, where one odd key must
 * not spoil the others.
 */

json_t *oauth_json_parse_nul(oauth_str_t text, size_t max_members);

/*
 * The string member of that name: 1 and *value; 0 when there is none;
 * -1 when it is not a string.
 */

int oauth_json_string(const json_t *object, const char *name,
    oauth_str_t *value);

/* 1 for what some write in place of an absent member: null, "" and []. */

int oauth_json_is_empty(const json_t *value);

/* The member of that name, borrowed; NULL: there is none, or it is empty. */

json_t *oauth_json_optional(const json_t *object, const char *name);

/* As oauth_json_string, but an empty member counts as absent. */

int oauth_json_optional_string(const json_t *object, const char *name,
    oauth_str_t *value);

/* A JSON string's bytes; absent for anything else. */

oauth_str_t oauth_json_str(const json_t *value);

/*
 * The member at a path with dots ("realm_access.roles").  A member whose own
 * name has dots ("https://example.com/roles") wins over the nested reading.
 * NULL when there is none.
 */

json_t *oauth_json_at(const json_t *object, oauth_str_t path);

/*
 * Appends a claim as text: strings as they are, numbers and booleans as JSON,
 * arrays joined with "," where "," and "%" inside a member are
 * percent-encoded (%2C, %25), objects as compact JSON, null as nothing.
 * Returns 0, or -1 when the text would hold a control character (as of
 * oauth_str_has_control), which is never handed out, or memory is short
 * (buf->failed).
 */

int oauth_json_text(const json_t *value, oauth_buf_t *buf);


#endif /* OAUTH_JSON_H_INCLUDED */
