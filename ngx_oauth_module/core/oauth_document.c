
/*
 * JSON documents (RFC 8259) over jansson.  A first pass over the text counts
 * its depth, members, values and containers, measures its numbers, and refuses
 * control characters between values (jansson ignores a NUL byte after a
 * number).  Only then jansson builds a tree, which belongs to the caller.
 */


#include <string.h>

#include "oauth_document.h"


#define OAUTH_DOCUMENT_NUMBER    64     /* characters of a number, at most    */

/* A double counts up to this exactly. */

#define OAUTH_DOCUMENT_TIME_MAX  ((int64_t) 1 << 53)


typedef struct {
    size_t                depth;
    size_t                members;
    size_t                max_members;
    size_t                values;
    size_t                containers;   /* objects and arrays                 */
} oauth_document_count_t;


static int oauth_document_string_value(const json_t *member,
    oauth_str_t *value);
static oauth_result_t oauth_document_load_object(oauth_str_t text,
    size_t max_members, size_t flags, json_t **object);
static oauth_result_t oauth_document_load(oauth_str_t text, size_t max_members,
    size_t flags, json_t **value, json_error_t *error);
static json_t *oauth_document_load_watched(oauth_str_t text, size_t flags,
    json_error_t *error);
static oauth_str_t oauth_document_twice(oauth_str_t text,
    const json_error_t *error);
static void *oauth_document_alloc(size_t size);
static int oauth_document_bounded(oauth_str_t text, size_t max_members);
static int oauth_document_count(oauth_document_count_t *count,
    unsigned char c);
static const unsigned char *oauth_document_string_end(const unsigned char *p,
    const unsigned char *last);
static const unsigned char *oauth_document_number_end(const unsigned char *p,
    const unsigned char *last);
static int oauth_document_is_number(unsigned char c);
static int oauth_document_is_space(unsigned char c);
static int oauth_document_append(const char *data, size_t len, void *buf);


/*
 * Both are used only while a text is parsed: jansson's allocator gets no
 * argument of ours.
 */

static json_malloc_t  oauth_document_malloc;    /* what allocates             */
static int            oauth_document_short;     /* an allocation has failed   */


oauth_result_t
oauth_document_parse(oauth_str_t text, size_t max_members, json_t **object)
{
    return oauth_document_load_object(text, max_members, 0, object);
}


oauth_result_t
oauth_document_parse_nul(oauth_str_t text, size_t max_members, json_t **object)
{
    return oauth_document_load_object(text, max_members, JSON_ALLOW_NUL,
                                      object);
}


oauth_result_t
oauth_document_parse_list(oauth_str_t text, size_t max_members,
    json_t **value, oauth_str_t *twice)
{
    json_error_t    error;
    oauth_result_t  result;

    *twice = (oauth_str_t) { 0, NULL };
    error.text[0] = '\0';

    result = oauth_document_load(text, max_members, 0, value, &error);

    if (result == OAUTH_INVALID) {
        *twice = oauth_document_twice(text, &error);
    }

    return result;
}


int
oauth_document_string(const json_t *object, const char *name,
    oauth_str_t *value)
{
    return oauth_document_string_value(json_object_get(object, name), value);
}


int
oauth_document_is_empty(const json_t *value)
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
oauth_document_optional(const json_t *object, const char *name)
{
    json_t  *member;

    member = json_object_get(object, name);

    return (member && !oauth_document_is_empty(member)) ? member : NULL;
}


int
oauth_document_optional_string(const json_t *object, const char *name,
    oauth_str_t *value)
{
    return oauth_document_string_value(oauth_document_optional(object, name),
                                       value);
}


oauth_str_t
oauth_document_str(const json_t *value)
{
    oauth_str_t  s;

    s.len = json_string_length(value);
    s.data = (const unsigned char *) json_string_value(value);

    return s;
}


int
oauth_document_time(const json_t *value, int64_t *seconds)
{
    double  number;

    if (value == NULL) {
        return 0;
    }

    if (!json_is_number(value)) {
        return -1;
    }

    number = json_number_value(value);

    if (number >= (double) OAUTH_DOCUMENT_TIME_MAX) {
        *seconds = OAUTH_DOCUMENT_TIME_MAX;

    } else if (number <= (double) -OAUTH_DOCUMENT_TIME_MAX) {
        *seconds = -OAUTH_DOCUMENT_TIME_MAX;

    } else {
        *seconds = (int64_t) number;
    }

    return 1;
}


int
oauth_document_write(const json_t *object, oauth_buf_t *buf)
{
    size_t       start;
    oauth_str_t  text;

    start = buf->len;

    if (json_dump_callback(object, oauth_document_append, buf, JSON_COMPACT)
        != 0)
    {
        buf->failed = 1;
        buf->len = start;
        return -1;
    }

    text = oauth_buf_str(buf);
    text.data += start;
    text.len -= start;

    if (oauth_str_has_control(text)) {
        buf->len = start;
        return -1;
    }

    return 0;
}


/* member may be NULL.  The result is that of oauth_document_string. */

static int
oauth_document_string_value(const json_t *member, oauth_str_t *value)
{
    if (member == NULL) {
        return 0;
    }

    if (!json_is_string(member)) {
        return -1;
    }

    *value = oauth_document_str(member);

    return 1;
}


static oauth_result_t
oauth_document_load_object(oauth_str_t text, size_t max_members, size_t flags,
    json_t **object)
{
    json_error_t    error;
    oauth_result_t  result;

    result = oauth_document_load(text, max_members, flags, object, &error);

    if (result == OAUTH_DONE && !json_is_object(*object)) {
        json_decref(*object);
        *object = NULL;
        return OAUTH_INVALID;
    }

    return result;
}


/* Without JSON_DECODE_ANY, jansson takes objects and arrays only. */

static oauth_result_t
oauth_document_load(oauth_str_t text, size_t max_members, size_t flags,
    json_t **value, json_error_t *error)
{
    *value = NULL;

    if (text.len == 0 || !oauth_document_bounded(text, max_members)) {
        return OAUTH_INVALID;
    }

    *value = oauth_document_load_watched(text, flags | JSON_REJECT_DUPLICATES,
                                         error);
    if (oauth_document_short) {
        json_decref(*value);
        *value = NULL;
        return OAUTH_NO_MEMORY;
    }

    return *value ? OAUTH_DONE : OAUTH_INVALID;
}


/*
 * Where jansson's lexer has no memory for one more byte, it goes on without
 * that byte, and a key would not be the one that was published.  Therefore all
 * allocations are watched, and where one has failed, the tree is not used.
 */

static json_t *
oauth_document_load_watched(oauth_str_t text, size_t flags,
    json_error_t *error)
{
    json_t       *value;
    json_free_t   free_fn;

    oauth_document_short = 0;

    json_get_alloc_funcs(&oauth_document_malloc, &free_fn);
    json_set_alloc_funcs(oauth_document_alloc, free_fn);

    value = json_loadb((const char *) text.data, text.len, flags, error);

    json_set_alloc_funcs(oauth_document_malloc, free_fn);

    return value;
}


/*
 * jansson stops behind the name that comes a second time, and says how many
 * bytes it has read.  A quote in the name has an odd number of backslashes
 * before it, and the one that opens the name has none.
 */

static oauth_str_t
oauth_document_twice(oauth_str_t text, const json_error_t *error)
{
    size_t                end;
    const unsigned char  *p;

    end = (size_t) error->position;

    if (error->text[0] == '\0'
        || json_error_code(error) != json_error_duplicate_key
        || end < 2 || end > text.len || text.data[end - 1] != '"')
    {
        return (oauth_str_t) { 0, NULL };
    }

    p = text.data + end - 1;

    do {
        p--;
    } while (p > text.data && (*p != '"' || p[-1] == '\\'));

    return (oauth_str_t) { (size_t) (text.data + end - 2 - p), p + 1 };
}


static void *
oauth_document_alloc(size_t size)
{
    void  *p;

    p = oauth_document_malloc(size);

    if (p == NULL) {
        oauth_document_short = 1;
    }

    return p;
}


static int
oauth_document_bounded(oauth_str_t text, size_t max_members)
{
    oauth_document_count_t    count;
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
            p = oauth_document_string_end(p + 1, last);
            break;

        case '{':
        case '[':
        case ',':
        case '}':
        case ']':
        case ':':
            if (!oauth_document_count(&count, *p)) {
                return 0;
            }

            break;

        default:
            if (oauth_document_is_number(*p)) {
                p = oauth_document_number_end(p, last);

            } else if (*p < 0x20 && !oauth_document_is_space(*p)) {
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
oauth_document_count(oauth_document_count_t *count, unsigned char c)
{
    switch (c) {

    case '{':
    case '[':
        if (++count->depth > OAUTH_DOCUMENT_DEPTH
            || ++count->containers > OAUTH_DOCUMENT_CONTAINERS)
        {
            return 0;
        }

        /* fall through */

    case ',':

        /* Each value but the first follows one of these characters. */

        return ++count->values <= OAUTH_DOCUMENT_VALUES;

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
oauth_document_string_end(const unsigned char *p, const unsigned char *last)
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
oauth_document_number_end(const unsigned char *p, const unsigned char *last)
{
    const unsigned char  *start;

    start = p;

    while (p + 1 < last && oauth_document_is_number(p[1])) {
        p++;
    }

    return (p - start < OAUTH_DOCUMENT_NUMBER) ? p : NULL;
}


static int
oauth_document_is_number(unsigned char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.'
           || c == 'e' || c == 'E';
}


static int
oauth_document_is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}


static int
oauth_document_append(const char *data, size_t len, void *buf)
{
    oauth_buf_append(buf, data, len);

    return ((oauth_buf_t *) buf)->failed ? -1 : 0;
}
