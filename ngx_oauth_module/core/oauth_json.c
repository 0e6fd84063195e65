
/*
 * JSON (RFC 8259) over jansson.  A first pass over the text counts its depth,
 * members, values and containers, measures its numbers, and refuses control
 * characters between values (jansson ignores a NUL byte after a number).  Only
 * then jansson builds a tree, which belongs to the caller.
 */


#include <string.h>

#include "oauth_json.h"


#define OAUTH_JSON_NUMBER  64           /* characters of a number, at most    */

/* With 15 digits, each number that was written with as many comes back. */

#define OAUTH_JSON_DUMP  (JSON_COMPACT | JSON_ENCODE_ANY                      \
                          | JSON_REAL_PRECISION(15))


typedef struct {
    oauth_buf_t          *buf;
    int                   escape;
} oauth_json_writer_t;


typedef struct {
    size_t                depth;
    size_t                members;
    size_t                max_members;
    size_t                values;
    size_t                containers;   /* objects and arrays                 */
} oauth_json_count_t;


static int oauth_json_string_value(const json_t *member, oauth_str_t *value);
static oauth_result_t oauth_json_load(oauth_str_t text, size_t max_members,
    size_t flags, json_t **object);
static json_t *oauth_json_load_watched(oauth_str_t text, size_t flags);
static void *oauth_json_alloc(size_t size);
static int oauth_json_bounded(oauth_str_t text, size_t max_members);
static int oauth_json_count(oauth_json_count_t *count, unsigned char c);
static const unsigned char *oauth_json_string_end(const unsigned char *p,
    const unsigned char *last);
static const unsigned char *oauth_json_number_end(const unsigned char *p,
    const unsigned char *last);
static int oauth_json_is_number(unsigned char c);
static int oauth_json_is_space(unsigned char c);
static int oauth_json_text_value(const json_t *value, oauth_buf_t *buf,
    int escape);
static int oauth_json_text_write(const char *data, size_t len, void *writer);


/* Both are used only while a text is parsed: jansson takes no parameter. */

static json_malloc_t  oauth_json_malloc;    /* what allocates                 */
static int            oauth_json_short;     /* an allocation has failed       */


oauth_result_t
oauth_json_parse(oauth_str_t text, size_t max_members, json_t **object)
{
    return oauth_json_load(text, max_members, 0, object);
}


oauth_result_t
oauth_json_parse_nul(oauth_str_t text, size_t max_members, json_t **object)
{
    return oauth_json_load(text, max_members, JSON_ALLOW_NUL, object);
}


int
oauth_json_string(const json_t *object, const char *name, oauth_str_t *value)
{
    return oauth_json_string_value(json_object_get(object, name), value);
}


int
oauth_json_is_empty(const json_t *value)
{
    switch (json_typeof(value)) {

    case JSON_NULL:
        return 1;

    case JSON_STRING:
        return json_string_length(value) == 0;

    case JSON_ARRAY:
        return json_array_size(value) == 0;

    default:
        return 0;
    }
}


json_t *
oauth_json_optional(const json_t *object, const char *name)
{
    json_t  *member;

    member = json_object_get(object, name);

    return (member && !oauth_json_is_empty(member)) ? member : NULL;
}


int
oauth_json_optional_string(const json_t *object, const char *name,
    oauth_str_t *value)
{
    return oauth_json_string_value(oauth_json_optional(object, name), value);
}


oauth_str_t
oauth_json_str(const json_t *value)
{
    oauth_str_t  s;

    s.len = json_string_length(value);
    s.data = (const unsigned char *) json_string_value(value);

    return s;
}


/* The longest name that exists is taken, so that a path has one reading. */

json_t *
oauth_json_at(const json_t *object, oauth_str_t path)
{
    size_t   len;
    json_t  *value;

    for (len = path.len; len > 0; len--) {

        if (len < path.len && path.data[len] != '.') {
            continue;
        }

        value = json_object_getn(object, (const char *) path.data, len);
        if (value == NULL) {
            continue;
        }

        if (len == path.len) {
            return value;
        }

        object = value;
        path.data += len + 1;
        path.len -= len + 1;
        len = path.len + 1;
    }

    return NULL;
}


int
oauth_json_text(const json_t *value, oauth_buf_t *buf)
{
    size_t       i, start;
    oauth_str_t  text;

    start = buf->len;

    if (!json_is_array(value)) {
        if (oauth_json_text_value(value, buf, 0) != 0) {
            goto failed;
        }
    }

    for (i = 0; i < json_array_size(value); i++) {

        if (i > 0) {
            oauth_buf_append_literal(buf, ",");
        }

        if (oauth_json_text_value(json_array_get(value, i), buf, 1) != 0) {
            goto failed;
        }
    }

    text = oauth_buf_str(buf);

    if (text.len == start) {
        return 0;
    }

    text.data += start;
    text.len -= start;

    if (!oauth_str_has_control(text)) {
        return 0;
    }

    buf->len = start;

    return -1;

failed:

    /* A value that was parsed can be written, unless memory is short. */

    buf->failed = 1;
    buf->len = start;

    return -1;
}


/* member may be NULL.  The result is that of oauth_json_string. */

static int
oauth_json_string_value(const json_t *member, oauth_str_t *value)
{
    if (member == NULL) {
        return 0;
    }

    if (!json_is_string(member)) {
        return -1;
    }

    *value = oauth_json_str(member);

    return 1;
}


static oauth_result_t
oauth_json_load(oauth_str_t text, size_t max_members, size_t flags,
    json_t **object)
{
    json_t  *value;

    *object = NULL;

    if (text.len == 0 || !oauth_json_bounded(text, max_members)) {
        return OAUTH_INVALID;
    }

    value = oauth_json_load_watched(text, flags | JSON_REJECT_DUPLICATES);

    if (!json_is_object(value) || oauth_json_short) {
        json_decref(value);
        return oauth_json_short ? OAUTH_NO_MEMORY : OAUTH_INVALID;
    }

    *object = value;

    return OAUTH_DONE;
}


/*
 * Where jansson's lexer has no memory for one more byte, it goes on without
 * that byte, and a claim would not be the one that was signed.  Therefore all
 * allocations are watched, and where one has failed, the tree is not used.
 */

static json_t *
oauth_json_load_watched(oauth_str_t text, size_t flags)
{
    json_t       *value;
    json_free_t   free_fn;

    oauth_json_short = 0;

    json_get_alloc_funcs(&oauth_json_malloc, &free_fn);
    json_set_alloc_funcs(oauth_json_alloc, free_fn);

    value = json_loadb((const char *) text.data, text.len, flags, NULL);

    json_set_alloc_funcs(oauth_json_malloc, free_fn);

    return value;
}


static void *
oauth_json_alloc(size_t size)
{
    void  *p;

    p = oauth_json_malloc(size);

    if (p == NULL) {
        oauth_json_short = 1;
    }

    return p;
}


static int
oauth_json_bounded(oauth_str_t text, size_t max_members)
{
    oauth_json_count_t    count;
    const unsigned char  *p, *last;

    count.depth = 0;
    count.members = 0;
    count.max_members = max_members;
    count.values = 1;
    count.containers = 0;

    last = text.data + text.len;

    for (p = text.data; p < last; p++) {

        switch (*p) {

        case '"':
            p = oauth_json_string_end(p + 1, last);
            break;

        case '{':
        case '[':
        case ',':
        case '}':
        case ']':
        case ':':
            if (!oauth_json_count(&count, *p)) {
                return 0;
            }

            break;

        default:
            if (oauth_json_is_number(*p)) {
                p = oauth_json_number_end(p, last);

            } else if (*p < 0x20 && !oauth_json_is_space(*p)) {
                return 0;
            }
        }

        if (p == NULL) {
            return 0;
        }
    }

    return 1;
}


/* Counts a character between values.  1 while the bounds hold, else 0. */

static int
oauth_json_count(oauth_json_count_t *count, unsigned char c)
{
    switch (c) {

    case '{':
    case '[':
        if (++count->depth > OAUTH_JSON_DEPTH
            || ++count->containers > OAUTH_JSON_CONTAINERS)
        {
            return 0;
        }

        /* fall through */

    case ',':

        /* Each value but the first follows one of these characters. */

        return ++count->values <= OAUTH_JSON_VALUES;

    case '}':
    case ']':
        return count->depth-- > 0;

    case ':':
        return ++count->members <= count->max_members;
    }

    return 1;
}


/*
 * Returns the closing quote of the string that begins at p; NULL: there is
 * none.  A quote after an odd number of backslashes is escaped.  Each backslash
 * is looked at for one quote only, so that the time grows with the length.
 */

static const unsigned char *
oauth_json_string_end(const unsigned char *p, const unsigned char *last)
{
    const unsigned char  *start, *quote, *q;

    start = p;

    while (p < last) {

        quote = memchr(p, '"', (size_t) (last - p));
        if (quote == NULL) {
            return NULL;
        }

        for (q = quote; q > start && q[-1] == '\\'; q--) { /* void */ }

        if ((quote - q) % 2 == 0) {
            return quote;
        }

        p = quote + 1;
    }

    return NULL;
}


/* Returns the last character of a number; NULL: the number is too long. */

static const unsigned char *
oauth_json_number_end(const unsigned char *p, const unsigned char *last)
{
    const unsigned char  *start;

    start = p;

    while (p + 1 < last && oauth_json_is_number(p[1])) {
        p++;
    }

    return (p - start < OAUTH_JSON_NUMBER) ? p : NULL;
}


static int
oauth_json_is_number(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.'
           || c == 'e' || c == 'E';
}


static int
oauth_json_is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


static int
oauth_json_text_value(const json_t *value, oauth_buf_t *buf, int escape)
{
    oauth_json_writer_t  writer;

    writer.buf = buf;
    writer.escape = escape;

    if (value == NULL || json_is_null(value)) {
        return 0;
    }

    if (json_is_string(value)) {
        return oauth_json_text_write(json_string_value(value),
                                     json_string_length(value), &writer);
    }

    return json_dump_callback(value, oauth_json_text_write, &writer,
                              OAUTH_JSON_DUMP);
}


static int
oauth_json_text_write(const char *data, size_t len, void *writer)
{
    size_t                i, start;
    oauth_json_writer_t  *w;

    w = writer;
    start = 0;

    for (i = 0; w->escape && i < len; i++) {

        if (data[i] != ',' && data[i] != '%') {
            continue;
        }

        oauth_buf_append(w->buf, data + start, i - start);
        oauth_buf_append(w->buf, data[i] == ',' ? "%2C" : "%25", 3);
        start = i + 1;
    }

    oauth_buf_append(w->buf, data + start, len - start);

    return w->buf->failed ? -1 : 0;
}
