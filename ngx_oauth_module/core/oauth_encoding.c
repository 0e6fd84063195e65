
/*
 * The encodings of header values.  A percent sign is encoded like every other
 * byte that is not unreserved, so that one decoding gives the text back.  What
 * reads percent-escapes (forms, certificates, URLs) does so by the one function
 * here.
 */


#include "oauth_base64url.h"
#include "oauth_encoding.h"


static void oauth_encoding_percent(oauth_str_t text, oauth_buf_t *buf);
static int oauth_encoding_is_unreserved(unsigned char c);
static int oauth_encoding_hex(unsigned char c);


static const oauth_str_t  oauth_encoding_names[] = {
    [OAUTH_ENCODING_UTF8] = oauth_string("utf-8"),
    [OAUTH_ENCODING_PERCENT] = oauth_string("percent"),
    [OAUTH_ENCODING_BASE64URL] = oauth_string("base64url")
};


int
oauth_encoding_parse(oauth_str_t name, oauth_encoding_t *encoding)
{
    size_t  i;

    for (i = 0; i <= OAUTH_ENCODING_BASE64URL; i++) {

        if (oauth_str_equal(name, oauth_encoding_names[i])) {
            *encoding = (oauth_encoding_t) i;
            return 0;
        }
    }

    return -1;
}


int
oauth_encoding_write(oauth_encoding_t encoding, oauth_str_t text,
    oauth_buf_t *buf)
{
    size_t  start;

    start = buf->len;

    if (encoding != OAUTH_ENCODING_UTF8 && text.len > OAUTH_ENCODING_SIZE) {
        return -1;
    }

    switch (encoding) {

    case OAUTH_ENCODING_PERCENT:
        oauth_encoding_percent(text, buf);
        break;

    case OAUTH_ENCODING_BASE64URL:
        oauth_base64url_append(buf, text);
        break;

    default:
        oauth_buf_append_str(buf, text);
    }

    if (buf->failed) {
        buf->len = start;
        return -1;
    }

    return 0;
}


static void
oauth_encoding_percent(oauth_str_t text, oauth_buf_t *buf)
{
    size_t         i, start;
    unsigned char  c, escape[3];

    static const unsigned char  digits[] = "0123456789ABCDEF";

    start = 0;
    escape[0] = '%';

    for (i = 0; i < text.len; i++) {

        c = text.data[i];

        if (oauth_encoding_is_unreserved(c)) {
            continue;
        }

        escape[1] = digits[c >> 4];
        escape[2] = digits[c & 0x0f];

        oauth_buf_append(buf, text.data + start, i - start);
        oauth_buf_append(buf, escape, 3);

        start = i + 1;
    }

    if (start < text.len) {
        oauth_buf_append(buf, text.data + start, text.len - start);
    }
}


static int
oauth_encoding_is_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9')
           || c == '-' || c == '.' || c == '_' || c == '~';
}


int
oauth_encoding_escape(oauth_str_t text)
{
    int  high, low;

    if (text.len < OAUTH_ENCODING_ESCAPE || text.data[0] != '%') {
        return -1;
    }

    high = oauth_encoding_hex(text.data[1]);
    low = oauth_encoding_hex(text.data[2]);

    return (high < 0 || low < 0) ? -1 : high << 4 | low;
}


/* Returns the value of a hexadecimal digit, or -1. */

static int
oauth_encoding_hex(unsigned char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}
