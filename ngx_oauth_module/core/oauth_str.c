
/*
 * Counted bytes: views of bytes that somebody else owns are compared here, and
 * a buffer grows.  A buffer owns its bytes until oauth_buf_free releases them.
 * Header fields are those of RFC 9110 section 5.5.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth.h"


#define OAUTH_BUF_SIZE  256


static unsigned char oauth_str_lower(unsigned char c);
static int oauth_buf_grow(oauth_buf_t *buf, size_t len);


oauth_str_t
oauth_str_of(const char *text)
{
    oauth_str_t  s;

    s.len = strlen(text);
    s.data = (const unsigned char *) text;

    return s;
}


int
oauth_str_equal(oauth_str_t a, oauth_str_t b)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


int
oauth_str_equal_nocase(oauth_str_t a, oauth_str_t b)
{
    size_t  i;

    if (a.len != b.len) {
        return 0;
    }

    for (i = 0; i < a.len; i++) {
        if (a.data[i] != b.data[i]
            && oauth_str_lower(a.data[i]) != oauth_str_lower(b.data[i]))
        {
            return 0;
        }
    }

    return 1;
}


int
oauth_str_starts(oauth_str_t s, oauth_str_t prefix)
{
    return s.len >= prefix.len
           && (prefix.len == 0
               || memcmp(s.data, prefix.data, prefix.len) == 0);
}


int
oauth_str_differ_by_slash(oauth_str_t a, oauth_str_t b)
{
    oauth_str_t  swap;

    if (a.len > b.len) {
        swap = a;
        a = b;
        b = swap;
    }

    return b.len == a.len + 1
           && oauth_str_starts(b, a)
           && b.data[a.len] == '/';
}


size_t
oauth_str_control(oauth_str_t s)
{
    if (s.len == 0) {
        return 0;
    }

    if (s.data[0] < 0x20 || s.data[0] == 0x7f) {
        return 1;
    }

    return (s.data[0] == 0xc2 && s.len > 1
            && s.data[1] >= 0x80 && s.data[1] <= 0x9f) ? 2 : 0;
}


int
oauth_str_has_control(oauth_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        /* Most characters are visible ASCII. */

        if (s.data[i] >= 0x20 && s.data[i] < 0x7f) {
            continue;
        }

        if (oauth_str_control((oauth_str_t) { s.len - i, s.data + i })) {
            return 1;
        }
    }

    return 0;
}


int
oauth_str_is_trimmed(oauth_str_t s)
{
    return s.len > 0 && s.data[0] != ' ' && s.data[s.len - 1] != ' ';
}


int
oauth_str_is_field(oauth_str_t s)
{
    return oauth_str_is_trimmed(s) && !oauth_str_has_control(s);
}


void
oauth_buf_append(oauth_buf_t *buf, const void *data, size_t len)
{
    if (len == 0 || buf->failed) {
        return;
    }

    if (len > buf->size - buf->len && oauth_buf_grow(buf, len) != 0) {
        buf->failed = 1;
        return;
    }

    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
}


void
oauth_buf_append_str(oauth_buf_t *buf, oauth_str_t s)
{
    oauth_buf_append(buf, s.data, s.len);
}


void
oauth_buf_reserve(oauth_buf_t *buf, size_t len)
{
    if (!buf->failed
        && len > buf->size - buf->len
        && oauth_buf_grow(buf, len) != 0)
    {
        buf->failed = 1;
    }
}


void
oauth_buf_free(oauth_buf_t *buf)
{
    free(buf->data);
    memset(buf, 0, sizeof(oauth_buf_t));
}


void
oauth_buf_append_text(oauth_buf_t *buf, const char *text)
{
    oauth_buf_append_str(buf, oauth_str_of(text));
}


oauth_str_t
oauth_buf_str(const oauth_buf_t *buf)
{
    oauth_str_t  s;

    s.len = buf->len;
    s.data = buf->data;

    return s;
}


static unsigned char
oauth_str_lower(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') ? (unsigned char) (c | 0x20) : c;
}


/* Makes room for len more bytes.  Returns 0, or -1: memory is short. */

static int
oauth_buf_grow(oauth_buf_t *buf, size_t len)
{
    size_t          size;
    unsigned char  *data;

    if (len > SIZE_MAX / 2 - buf->len) {
        return -1;
    }

    size = buf->size ? buf->size : OAUTH_BUF_SIZE;

    while (size < buf->len + len) {
        size *= 2;
    }

    data = realloc(buf->data, size);
    if (data == NULL) {
        return -1;
    }

    buf->data = data;
    buf->size = size;

    return 0;
}
