
/*
 * The JSON (RFC 8259) of tokens: a reader without allocation.  It checks a text
 * in one pass and describes it by nodes, in an array that the caller supplies.
 * A pointer to a node stands for a value.  After the node of an object or array
 * come the nodes of what it holds; a member has the node of its name, and after
 * that the nodes of its value.
 *
 * It is stricter than RFC 8259: no member twice (RFC 7519 section 4), no
 * U+0000, no surrogate without its other half, and no number that is longer
 * than 64 characters, or that neither an int64_t nor a double can hold.
 * oauth_document reads JSON of other kinds by the same rules.
 */


#ifndef OAUTH_JSON_H_INCLUDED
#define OAUTH_JSON_H_INCLUDED


#include "oauth.h"


#define OAUTH_JSON_DEPTH       32       /* containers around a value, at most */
#define OAUTH_JSON_MEMBERS     512      /* members of all objects             */
#define OAUTH_JSON_CONTAINERS  4096     /* objects and arrays                 */
#define OAUTH_JSON_SIZE        0xfffffff        /* bytes of a text; also what
                                                   "nodes" can hold           */

/* A text of len bytes never needs more nodes than this. */

#define oauth_json_nodes(len)  ((len) / 2 + 1)


typedef enum {
    OAUTH_JSON_NULL = 0,
    OAUTH_JSON_FALSE,
    OAUTH_JSON_TRUE,
    OAUTH_JSON_INTEGER,                 /* has neither fraction nor exponent  */
    OAUTH_JSON_REAL,
    OAUTH_JSON_STRING,
    OAUTH_JSON_ARRAY,
    OAUTH_JSON_OBJECT
} oauth_json_kind_t;


typedef struct {
    const unsigned char  *data;         /* in the text: a string without its
                                           quotes and escapes, a number, or
                                           the bracket that opens a container */
    uint32_t              len;          /* of data; of a container: how many
                                           members or elements it has         */
    unsigned              kind:4;       /* oauth_json_kind_t                  */
    unsigned              nodes:28;     /* of this value, with all inside it  */
} oauth_json_t;


/*
 * Reads one JSON object of len bytes.  Escapes are replaced in the text itself,
 * and strings are views of it: the text is the caller's, has to outlive the
 * nodes, and cannot be read a second time.
 * Returns the object, which is the first of the n nodes; NULL: the text is not
 * an object by the rules above, or needs more nodes.
 */

const oauth_json_t *oauth_json_parse(unsigned char *text, size_t len,
    oauth_json_t *nodes, size_t n);

/* 1 when the value is of this kind, else 0; NULL is of no kind. */

int oauth_json_is(const oauth_json_t *value, oauth_json_kind_t kind);

/* Returns the member of that name.  NULL: none, or value is not an object. */

const oauth_json_t *oauth_json_member(const oauth_json_t *value,
    oauth_str_t name);

/*
 * Does the same, but null, "" and [], which some servers write where they have
 * nothing to say, count as absent.
 */

const oauth_json_t *oauth_json_optional(const oauth_json_t *value,
    oauth_str_t name);

/*
 * Returns the element of an array after this one; the first one where element
 * is NULL.  NULL: there are no more, or value is not an array.
 */

const oauth_json_t *oauth_json_next(const oauth_json_t *value,
    const oauth_json_t *element);

/*
 * Returns the member at a path with dots ("realm_access.roles").  A member
 * whose own name has dots ("https://example.com/roles") is preferred to the
 * nested reading.  An empty name finds nothing.  NULL: there is none.
 */

const oauth_json_t *oauth_json_at(const oauth_json_t *value,
    oauth_str_t path);

/* Returns the bytes of a string; for another kind, and for NULL: absent. */

oauth_str_t oauth_json_str(const oauth_json_t *value);

/*
 * Reads the member of that name, which should be a string.  Returns 1 and
 * *string; else leaves it: 0 where there is no such member, -1 where it is not
 * a string.
 */

int oauth_json_string(const oauth_json_t *value, oauth_str_t name,
    oauth_str_t *string);

/* Does the same, but null, "" and [] count as absent. */

int oauth_json_optional_string(const oauth_json_t *value, oauth_str_t name,
    oauth_str_t *string);

/*
 * Return the value of an integer, and of a real number, which becomes the
 * nearest double; 0 for a value of another kind.
 */

int64_t oauth_json_integer(const oauth_json_t *value);

double oauth_json_real(const oauth_json_t *value);

/*
 * Appends a claim as text: a string as it is; a number or a boolean as JSON; an
 * array as its elements, joined with ",", where "," and "%" in an element are
 * percent-encoded (%2C, %25); an object as compact JSON; null, and NULL, as
 * nothing.  A real number is written with up to 15 digits.  Returns 0; else -1,
 * with nothing appended: the text would have a control character (see
 * oauth_str_has_control), which is never handed out, or memory is short
 * (buf->failed).
 */

int oauth_json_text(const oauth_json_t *value, oauth_buf_t *buf);

/*
 * Checks a text that was appended since buf->len was start.  Returns 0; else
 * -1, and it is taken off again: it has a control character, or memory was
 * short (buf->failed).
 */

int oauth_json_text_check(oauth_buf_t *buf, size_t start);

/*
 * Does the same with control characters, too: for a text that is encoded before
 * it is handed out.  Returns 0, or -1 when memory is short.
 */

int oauth_json_bytes(const oauth_json_t *value, oauth_buf_t *buf);

/*
 * Appends one element of a list, which the caller joins with ",": "," and "%"
 * in it are percent-encoded.  Where memory is short, buf->failed is set.
 */

void oauth_json_write_element(oauth_buf_t *buf, oauth_str_t s);

/*
 * Appends a value as compact JSON that means the same; a number keeps its
 * digits.  Where memory is short, buf->failed is set.
 */

void oauth_json_append(const oauth_json_t *value, oauth_buf_t *buf);

/*
 * Appends a string of JSON, in quotes and with the escapes that it needs.  s is
 * UTF-8.  Where memory is short, buf->failed is set.
 */

void oauth_json_append_string(oauth_str_t s, oauth_buf_t *buf);


#endif /* OAUTH_JSON_H_INCLUDED */
