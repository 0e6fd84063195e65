
/*
 * JSON.  Input: the text.  The reader of tokens and jansson, which reads
 * documents, must agree: whether the text is accepted, on each value and each
 * name, on what is found by a path, and on the text that is handed out.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "json_copy.h"
#include "oauth_document.h"


typedef struct {
    size_t                depth;
    size_t                members;
    int                   nul;
} fuzz_facts_t;


static void fuzz_tokens(oauth_str_t text, const json_t *document);
static void fuzz_walk(const json_t *value, size_t depth, fuzz_facts_t *facts);
static void fuzz_walk_string(oauth_str_t s, fuzz_facts_t *facts);
static void fuzz_raw(oauth_str_t text);
static void fuzz_members(oauth_str_t text, size_t members);
static void fuzz_again(const json_t *root);
static void fuzz_same(const oauth_json_t *value, const json_t *other);
static void fuzz_same_array(const oauth_json_t *value, const json_t *other);
static void fuzz_same_object(const oauth_json_t *value, const json_t *other);
static void fuzz_same_number(const oauth_json_t *value, const json_t *other);
static oauth_str_t fuzz_stringn(const char *s, size_t len);
static void fuzz_lookup(const oauth_json_t *root, const json_t *other);
static void fuzz_nested(const oauth_json_t *root, const json_t *other,
    const char *name, const json_t *member);
static const json_t *fuzz_at(const json_t *object, const char *path,
    size_t len);
static void fuzz_text(const oauth_json_t *value, const json_t *other);
static void fuzz_shown(const oauth_buf_t *buf);
static int fuzz_expected(const json_t *other, oauth_buf_t *buf);
static int fuzz_append(const char *data, size_t len, void *buf);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t        *root, *lax;
    oauth_str_t    text;
    fuzz_facts_t   facts;

    text.data = data;
    text.len = size;

    (void) oauth_document_parse(text, OAUTH_JSON_MEMBERS, &root);
    (void) oauth_document_parse_nul(text, OAUTH_JSON_MEMBERS, &lax);
    fuzz_need_clean();

    if (lax == NULL) {
        fuzz_need(root == NULL);
        fuzz_tokens(text, NULL);
        return 0;
    }

    memset(&facts, 0, sizeof(fuzz_facts_t));
    fuzz_walk(lax, 1, &facts);

    fuzz_raw(text);
    fuzz_need(json_is_object(lax));
    fuzz_need(facts.depth <= OAUTH_DOCUMENT_DEPTH);
    fuzz_need(facts.members <= OAUTH_JSON_MEMBERS);
    fuzz_need((root == NULL) == facts.nul);

    fuzz_tokens(text, root);

    if (root) {
        fuzz_accepted = 1;

        fuzz_need(json_equal(root, lax));
        fuzz_members(text, facts.members);
        fuzz_again(root);
    }

    json_decref(root);
    json_decref(lax);

    return 0;
}


/* document is NULL where a document would be refused. */

static void
fuzz_tokens(oauth_str_t text, const json_t *document)
{
    json_copy_t  copy;

    json_copy_parse(&copy, text);

    fuzz_need((copy.root != NULL) == (document != NULL));

    if (copy.root) {
        fuzz_same(copy.root, document);
        fuzz_lookup(copy.root, document);
        fuzz_text(copy.root, document);
    }

    json_copy_free(&copy);
}


static void
fuzz_walk(const json_t *value, size_t depth, fuzz_facts_t *facts)
{
    size_t       i;
    json_t      *member;
    const char  *name;

    if (json_is_string(value)) {
        fuzz_walk_string(oauth_document_str(value), facts);
        return;
    }

    if (!json_is_object(value) && !json_is_array(value)) {
        return;
    }

    if (depth > facts->depth) {
        facts->depth = depth;
    }

    json_object_foreach((json_t *) value, name, member) {
        facts->members++;
        fuzz_walk(member, depth + 1, facts);
    }

    json_array_foreach(value, i, member) {
        fuzz_walk(member, depth + 1, facts);
    }
}


static void
fuzz_walk_string(oauth_str_t s, fuzz_facts_t *facts)
{
    if (s.len && memchr(s.data, 0, s.len)) {
        facts->nul = 1;
    }
}


/* Only white space may be below 0x20. */

static void
fuzz_raw(oauth_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        fuzz_need(text.data[i] >= 0x20
                  || text.data[i] == '\t'
                  || text.data[i] == '\n'
                  || text.data[i] == '\r');
    }
}


/* The limit is exactly the number of members. */

static void
fuzz_members(oauth_str_t text, size_t members)
{
    json_t  *root;

    (void) oauth_document_parse(text, members, &root);
    fuzz_need(root);
    json_decref(root);

    if (members > 0) {
        fuzz_need(oauth_document_parse(text, members - 1, &root)
                  == OAUTH_INVALID);
    }
}


static void
fuzz_again(const json_t *root)
{
    char         *dump;
    json_t       *again;
    oauth_str_t   text;

    dump = json_dumps(root, JSON_COMPACT);
    fuzz_need(dump);

    text.data = (const unsigned char *) dump;
    text.len = strlen(dump);

    (void) oauth_document_parse(text, OAUTH_JSON_MEMBERS, &again);
    fuzz_need(again);
    fuzz_need(json_equal(root, again));

    json_decref(again);
    free(dump);
}


static void
fuzz_same(const oauth_json_t *value, const json_t *other)
{
    switch (json_typeof(other)) {

    case JSON_OBJECT:
        fuzz_same_object(value, other);
        break;

    case JSON_ARRAY:
        fuzz_same_array(value, other);
        break;

    case JSON_STRING:
        fuzz_need(value->kind == OAUTH_JSON_STRING);
        fuzz_need(oauth_str_equal(oauth_json_str(value),
                                  oauth_document_str(other)));
        break;

    case JSON_INTEGER:
    case JSON_REAL:
        fuzz_same_number(value, other);
        break;

    case JSON_TRUE:
        fuzz_need(value->kind == OAUTH_JSON_TRUE);
        break;

    case JSON_FALSE:
        fuzz_need(value->kind == OAUTH_JSON_FALSE);
        break;

    case JSON_NULL:
        fuzz_need(value->kind == OAUTH_JSON_NULL);
        break;
    }
}


static void
fuzz_same_array(const oauth_json_t *value, const json_t *other)
{
    size_t               i;
    json_t              *member;
    const oauth_json_t  *element;

    fuzz_need(value->kind == OAUTH_JSON_ARRAY);
    fuzz_need(value->len == json_array_size(other));

    element = NULL;

    json_array_foreach(other, i, member) {
        element = oauth_json_next(value, element);
        fuzz_need(element);
        fuzz_same(element, member);
    }

    fuzz_need(element == NULL || oauth_json_next(value, element) == NULL);
}


/* jansson keeps the order of members, too. */

static void
fuzz_same_object(const oauth_json_t *value, const json_t *other)
{
    size_t               len;
    json_t              *member;
    oauth_str_t          name;
    const char          *key;
    const oauth_json_t  *node;

    fuzz_need(value->kind == OAUTH_JSON_OBJECT);
    fuzz_need(value->len == json_object_size(other));

    node = value + 1;

    json_object_keylen_foreach((json_t *) other, key, len, member) {

        name = fuzz_stringn(key, len);

        fuzz_need(node < value + value->nodes);
        fuzz_need(oauth_str_equal(oauth_json_str(node), name));
        fuzz_need(oauth_json_member(value, name) == node + 1);

        fuzz_same(node + 1, member);

        node += 1 + node[1].nodes;
    }

    fuzz_need(node == value + value->nodes);
}


static void
fuzz_same_number(const oauth_json_t *value, const json_t *other)
{
    double  a, b;

    if (json_is_integer(other)) {
        fuzz_need(value->kind == OAUTH_JSON_INTEGER);
        fuzz_need(oauth_json_integer(value) == json_integer_value(other));
        return;
    }

    a = oauth_json_real(value);
    b = json_real_value(other);

    fuzz_need(value->kind == OAUTH_JSON_REAL);
    fuzz_need(memcmp(&a, &b, sizeof(double)) == 0);
}


static oauth_str_t
fuzz_stringn(const char *s, size_t len)
{
    return (oauth_str_t) { len, (const unsigned char *) s };
}


/* A member is found by its own name, even with dots. */

static void
fuzz_lookup(const oauth_json_t *root, const json_t *other)
{
    json_t              *member;
    const char          *name;
    oauth_str_t          path;
    const oauth_json_t  *value;

    json_object_foreach((json_t *) other, name, member) {

        path = oauth_str_of(name);
        value = oauth_json_member(root, path);

        fuzz_need(oauth_json_at(root, path) == (path.len ? value : NULL));

        fuzz_nested(root, other, name, member);
        fuzz_text(value, member);
    }

    fuzz_need(oauth_json_at(root, oauth_str("")) == NULL);
}


/* A path of two names; it may be read in another way, too. */

static void
fuzz_nested(const oauth_json_t *root, const json_t *other, const char *name,
    const json_t *member)
{
    json_t              *inner;
    const char          *key;
    oauth_buf_t          path;
    const json_t        *expected;
    const oauth_json_t  *found;

    json_object_foreach((json_t *) member, key, inner) {

        memset(&path, 0, sizeof(oauth_buf_t));
        oauth_buf_append_text(&path, name);
        oauth_buf_append_literal(&path, ".");
        oauth_buf_append_text(&path, key);

        found = oauth_json_at(root, oauth_buf_str(&path));
        expected = fuzz_at(other, (char *) path.data, path.len);

        fuzz_need((found != NULL) == (expected != NULL));

        if (found) {
            fuzz_same(found, expected);
        }

        oauth_buf_free(&path);
    }
}


/*
 * Of the names that a path begins with, and that end where it ends or before a
 * dot, the longest one that exists is taken.
 */

static const json_t *
fuzz_at(const json_t *object, const char *path, size_t len)
{
    size_t         n;
    const json_t  *member;

    for (n = len; n > 0; n--) {

        member = (n == len || path[n] == '.')
                 ? json_object_getn(object, path, n) : NULL;

        if (member) {
            return (n == len) ? member
                              : fuzz_at(member, path + n + 1, len - n - 1);
        }
    }

    return NULL;
}


static void
fuzz_text(const oauth_json_t *value, const json_t *other)
{
    int          rc;
    oauth_buf_t  buf, expected;

    memset(&buf, 0, sizeof(oauth_buf_t));
    memset(&expected, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "\n");

    rc = oauth_json_text(value, &buf);

    fuzz_need(rc == fuzz_expected(other, &expected));
    fuzz_need(!buf.failed);

    if (rc == 0) {
        fuzz_shown(&buf);
        fuzz_need(buf.len == 1 + expected.len);
        fuzz_need(expected.len == 0
                  || memcmp(buf.data + 1, expected.data, expected.len) == 0);

    } else {
        fuzz_need(buf.len == 1);
    }

    oauth_buf_free(&buf);
    oauth_buf_free(&expected);
}


/* After the first byte no control character is handed out. */

static void
fuzz_shown(const oauth_buf_t *buf)
{
    size_t  i;

    for (i = 1; i < buf->len; i++) {
        fuzz_need(buf->data[i] >= 0x20 && buf->data[i] != 0x7f);
        fuzz_need(buf->data[i - 1] != 0xc2 || buf->data[i] >= 0xa0);
    }
}


/* The text of a claim, written by jansson.  Returns 0, or -1: none. */

static int
fuzz_expected(const json_t *other, oauth_buf_t *buf)
{
    size_t        i, k, n;
    oauth_buf_t   one;
    const json_t *value;

    n = json_is_array(other) ? json_array_size(other) : 1;

    for (i = 0; i < n; i++) {

        value = json_is_array(other) ? json_array_get(other, i) : other;
        memset(&one, 0, sizeof(oauth_buf_t));

        if (json_is_string(value)) {
            oauth_buf_append_str(&one, oauth_document_str(value));

        } else if (!json_is_null(value)) {
            fuzz_need(json_dump_callback(value, fuzz_append, &one,
                                         JSON_COMPACT | JSON_ENCODE_ANY
                                         | JSON_REAL_PRECISION(15)) == 0);
        }

        if (i > 0) {
            oauth_buf_append_literal(buf, ",");
        }

        for (k = 0; k < one.len; k++) {

            if (json_is_array(other) && strchr(",%", one.data[k])) {
                oauth_buf_append_text(buf, one.data[k] == ',' ? "%2C" : "%25");

            } else {
                oauth_buf_append(buf, one.data + k, 1);
            }
        }

        oauth_buf_free(&one);
    }

    return oauth_str_has_control(oauth_buf_str(buf)) ? -1 : 0;
}


static int
fuzz_append(const char *data, size_t len, void *buf)
{
    oauth_buf_append(buf, data, len);

    return 0;
}
