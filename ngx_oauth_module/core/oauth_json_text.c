
/*
 * Values of JSON as text for header fields and for comparisons, and as JSON for
 * another document.  Objects, and arrays in an array, are written as jansson
 * writes them: without white space, members in their order, and no more escapes
 * than JSON demands.
 */


#include <stdio.h>
#include <string.h>

#include "oauth_json.h"
#include "oauth_json_number.h"


typedef struct {
    oauth_buf_t          *buf;
    int                   list;         /* "," and "%" are encoded            */
    int                   copy;         /* numbers stay as they were written  */
} oauth_json_writer_t;


static void oauth_json_write_claim(oauth_json_writer_t *w,
    const oauth_json_t *value);
static void oauth_json_write(oauth_json_writer_t *w,
    const oauth_json_t *value);
static void oauth_json_write_members(oauth_json_writer_t *w,
    const oauth_json_t *object);
static void oauth_json_write_elements(oauth_json_writer_t *w,
    const oauth_json_t *array);
static void oauth_json_write_number(oauth_json_writer_t *w,
    const oauth_json_t *number);
static void oauth_json_write_string(oauth_json_writer_t *w, oauth_str_t s);
static size_t oauth_json_escape(unsigned char c, char escape[8]);
static void oauth_json_put(oauth_json_writer_t *w, oauth_str_t s);


int
oauth_json_text(const oauth_json_t *value, oauth_buf_t *buf)
{
    size_t  start;

    start = buf->len;

    return (oauth_json_bytes(value, buf) != 0)
           ? -1 : oauth_json_text_check(buf, start);
}


int
oauth_json_text_check(oauth_buf_t *buf, size_t start)
{
    oauth_str_t  text;

    /* If nothing was written, there may be no data to look at. */

    if (buf->len == start) {
        return buf->failed ? -1 : 0;
    }

    text.data = buf->data + start;
    text.len = buf->len - start;

    if (buf->failed || oauth_str_has_control(text)) {
        buf->len = start;
        return -1;
    }

    return 0;
}


int
oauth_json_bytes(const oauth_json_t *value, oauth_buf_t *buf)
{
    size_t                start;
    const oauth_json_t   *element;
    oauth_json_writer_t   w;

    start = buf->len;
    w.buf = buf;
    w.list = oauth_json_is(value, OAUTH_JSON_ARRAY);
    w.copy = 0;

    if (!w.list) {
        oauth_json_write_claim(&w, value);
    }

    for (element = oauth_json_next(value, NULL);
         element;
         element = oauth_json_next(value, element))
    {
        if (element > value + 1) {
            oauth_buf_append_literal(buf, ",");
        }

        oauth_json_write_claim(&w, element);
    }

    if (buf->failed) {
        buf->len = start;
        return -1;
    }

    return 0;
}


void
oauth_json_append(const oauth_json_t *value, oauth_buf_t *buf)
{
    oauth_json_writer_t  w;

    w.buf = buf;
    w.list = 0;
    w.copy = 1;

    oauth_json_write(&w, value);
}


void
oauth_json_append_string(oauth_str_t s, oauth_buf_t *buf)
{
    oauth_json_writer_t  w;

    w.buf = buf;
    w.list = 0;
    w.copy = 1;

    oauth_json_write_string(&w, s);
}


/* A string is written as its bytes, and null as nothing. */

static void
oauth_json_write_claim(oauth_json_writer_t *w, const oauth_json_t *value)
{
    if (value == NULL || value->kind == OAUTH_JSON_NULL) {
        return;
    }

    if (value->kind == OAUTH_JSON_STRING) {
        oauth_json_put(w, oauth_json_str(value));
        return;
    }

    oauth_json_write(w, value);
}


static void
oauth_json_write(oauth_json_writer_t *w, const oauth_json_t *value)
{
    switch (value->kind) {

    case OAUTH_JSON_NULL:
        oauth_json_put(w, oauth_str("null"));
        break;

    case OAUTH_JSON_FALSE:
        oauth_json_put(w, oauth_str("false"));
        break;

    case OAUTH_JSON_TRUE:
        oauth_json_put(w, oauth_str("true"));
        break;

    case OAUTH_JSON_STRING:
        oauth_json_write_string(w, oauth_json_str(value));
        break;

    case OAUTH_JSON_ARRAY:
        oauth_json_write_elements(w, value);
        break;

    case OAUTH_JSON_OBJECT:
        oauth_json_write_members(w, value);
        break;

    default:
        oauth_json_write_number(w, value);
    }
}


static void
oauth_json_write_members(oauth_json_writer_t *w, const oauth_json_t *object)
{
    const oauth_json_t  *member, *last;

    last = object + object->nodes;

    oauth_json_put(w, oauth_str("{"));

    for (member = object + 1; member < last; member += 1 + member[1].nodes) {

        if (member > object + 1) {
            oauth_json_put(w, oauth_str(","));
        }

        oauth_json_write_string(w, oauth_json_str(member));
        oauth_json_put(w, oauth_str(":"));
        oauth_json_write(w, member + 1);
    }

    oauth_json_put(w, oauth_str("}"));
}


static void
oauth_json_write_elements(oauth_json_writer_t *w, const oauth_json_t *array)
{
    const oauth_json_t  *element;

    oauth_json_put(w, oauth_str("["));

    for (element = oauth_json_next(array, NULL);
         element;
         element = oauth_json_next(array, element))
    {
        if (element > array + 1) {
            oauth_json_put(w, oauth_str(","));
        }

        oauth_json_write(w, element);
    }

    oauth_json_put(w, oauth_str("]"));
}


static void
oauth_json_write_number(oauth_json_writer_t *w, const oauth_json_t *number)
{
    char    text[OAUTH_JSON_NUMBER];
    size_t  len;

    if (w->copy) {
        oauth_buf_append(w->buf, number->data, number->len);
        return;
    }

    len = oauth_json_number_write((oauth_str_t) { number->len, number->data },
                                  number->kind == OAUTH_JSON_REAL, text);

    oauth_buf_append(w->buf, text, len);
}


static void
oauth_json_write_string(oauth_json_writer_t *w, oauth_str_t s)
{
    char    escape[8];
    size_t  i, len, start;

    start = 0;

    oauth_json_put(w, oauth_str("\""));

    for (i = 0; i < s.len; i++) {

        len = oauth_json_escape(s.data[i], escape);

        if (len) {
            oauth_json_put(w, (oauth_str_t) { i - start, s.data + start });
            oauth_buf_append(w->buf, escape, len);
            start = i + 1;
        }
    }

    oauth_json_put(w, (oauth_str_t) { i - start, s.data + start });
    oauth_json_put(w, oauth_str("\""));
}


/* Returns the length of the escape that c needs; 0: none. */

static size_t
oauth_json_escape(unsigned char c, char escape[8])
{
    const char  *found;

    static const char  meanings[] = "\"\\\b\f\n\r\t";
    static const char  letters[] = "\"\\bfnrt";

    if (c >= 0x20 && c != '"' && c != '\\') {
        return 0;
    }

    found = memchr(meanings, c, sizeof(meanings) - 1);

    if (found == NULL) {
        return (size_t) snprintf(escape, 8, "\\u%04X", c);
    }

    escape[0] = '\\';
    escape[1] = letters[found - meanings];

    return 2;
}


static void
oauth_json_put(oauth_json_writer_t *w, oauth_str_t s)
{
    if (w->list) {
        oauth_json_write_element(w->buf, s);

    } else {
        oauth_buf_append_str(w->buf, s);
    }
}


void
oauth_json_write_element(oauth_buf_t *buf, oauth_str_t s)
{
    const unsigned char  *p, *start, *last;

    start = s.data;
    last = s.data + s.len;

    for (p = start; p < last; p++) {

        if (*p == ',' || *p == '%') {
            oauth_buf_append(buf, start, (size_t) (p - start));
            oauth_buf_append(buf, *p == ',' ? "%2C" : "%25", 3);
            start = p + 1;
        }
    }

    oauth_buf_append(buf, start, (size_t) (last - start));
}
