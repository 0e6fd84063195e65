
/*
 * Strings of JSON (RFC 8259 sections 7 and 8.1, RFC 3629).  What an escape
 * stands for is never longer than the escape, so that the string shrinks in its
 * own place.  Most strings have no escape, and are only looked at.
 */


#include <string.h>

#include "oauth_json_string.h"


#define OAUTH_JSON_STRING_EACH  0x0101010101010101ULL   /* of eight bytes     */


static unsigned char *oauth_json_string_plain(unsigned char *p,
    const unsigned char *last);
static int oauth_json_string_is_plain(const unsigned char *p);
static unsigned char *oauth_json_string_utf8(unsigned char *p,
    const unsigned char *last);
static unsigned char *oauth_json_string_escape(unsigned char *p,
    const unsigned char *last, unsigned char **dst);
static unsigned char *oauth_json_string_unicode(unsigned char *p,
    const unsigned char *last, uint32_t *code);
static int oauth_json_string_unit(const unsigned char *p,
    const unsigned char *last, uint32_t *unit);
static unsigned char *oauth_json_string_encode(unsigned char *dst,
    uint32_t code);


unsigned char *
oauth_json_string_read(unsigned char *p, unsigned char *last,
    oauth_str_t *string)
{
    unsigned char  *start, *dst;

    string->data = p;
    dst = p;

    while (p) {

        start = p;
        p = oauth_json_string_plain(p, last);

        if (dst != start) {
            memmove(dst, start, (size_t) (p - start));
        }

        dst += p - start;

        if (p == last || *p != '\\') {
            break;
        }

        p = oauth_json_string_escape(p + 1, last, &dst);
    }

    if (p == NULL || p == last || *p != '"') {
        return NULL;
    }

    string->len = (size_t) (dst - string->data);

    return p + 1;
}


/*
 * Returns the first byte that does not stand for itself: a quote, a backslash,
 * a byte below 0x20, or one that is not UTF-8; or last.
 */

static unsigned char *
oauth_json_string_plain(unsigned char *p, const unsigned char *last)
{
    unsigned char  *next;

    while (last - p >= 8 && oauth_json_string_is_plain(p)) {
        p += 8;
    }

    while (p < last) {

        if (*p < 0x80) {

            if (*p < 0x20 || *p == '"' || *p == '\\') {
                break;
            }

            p++;
            continue;
        }

        next = oauth_json_string_utf8(p, last);

        if (next == p) {
            break;
        }

        p = next;
    }

    return p;
}


/*
 * 1 when eight bytes are ASCII, and none of them is a quote, a backslash or
 * below 0x20; else 0.  XOR turns the byte that is looked for into 0, and
 * subtracting 1 from 0 sets its high bit; subtracting 0x20 does the same for a
 * byte below that.  A borrow may set the high bit of another byte, but only
 * where a lower byte was found, so that the answer is right.
 */

static int
oauth_json_string_is_plain(const unsigned char *p)
{
    uint64_t  bytes, quote, backslash, found;

    memcpy(&bytes, p, sizeof(uint64_t));

    quote = bytes ^ OAUTH_JSON_STRING_EACH * '"';
    backslash = bytes ^ OAUTH_JSON_STRING_EACH * '\\';

    found = (quote - OAUTH_JSON_STRING_EACH)
            | (backslash - OAUTH_JSON_STRING_EACH)
            | (bytes - OAUTH_JSON_STRING_EACH * 0x20)
            | bytes;

    return (found & OAUTH_JSON_STRING_EACH * 0x80) == 0;
}


/*
 * Returns the place after a character of two to four bytes (RFC 3629 section
 * 4); p itself: it is not well-formed.
 */

static unsigned char *
oauth_json_string_utf8(unsigned char *p, const unsigned char *last)
{
    size_t         i, n;
    unsigned char  low, high;

    n = (*p < 0xe0) ? 2 : (*p < 0xf0) ? 3 : 4;

    if (*p < 0xc2 || *p > 0xf4 || (size_t) (last - p) < n) {
        return p;
    }

    /*
     * The second byte rules out overlong forms, surrogates, and characters
     * above U+10FFFF.
     */

    low = (*p == 0xe0) ? 0xa0 : (*p == 0xf0) ? 0x90 : 0x80;
    high = (*p == 0xed) ? 0x9f : (*p == 0xf4) ? 0x8f : 0xbf;

    if (p[1] < low || p[1] > high) {
        return p;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return p;
        }
    }

    return p + n;
}


/*
 * Writes what an escape stands for; p is after its backslash.  Returns the
 * place after the escape; NULL: there is no such escape.
 */

static unsigned char *
oauth_json_string_escape(unsigned char *p, const unsigned char *last,
    unsigned char **dst)
{
    uint32_t     code;
    const char  *found;

    static const char  letters[] = "\"\\/bfnrt";
    static const char  meanings[] = "\"\\/\b\f\n\r\t";

    if (p == last) {
        return NULL;
    }

    if (*p == 'u') {
        p = oauth_json_string_unicode(p + 1, last, &code);

        if (p) {
            *dst = oauth_json_string_encode(*dst, code);
        }

        return p;
    }

    found = memchr(letters, *p, sizeof(letters) - 1);
    if (found == NULL) {
        return NULL;
    }

    *(*dst)++ = (unsigned char) meanings[found - letters];

    return p + 1;
}


/*
 * Reads the digits after "\u", and the second half of a surrogate pair.
 * Returns the place after them; NULL: they are not a character, or U+0000.
 */

static unsigned char *
oauth_json_string_unicode(unsigned char *p, const unsigned char *last,
    uint32_t *code)
{
    uint32_t  low;

    if (oauth_json_string_unit(p, last, code) != 0 || *code == 0) {
        return NULL;
    }

    p += 4;

    if (*code < 0xd800 || *code > 0xdfff) {
        return p;
    }

    if (*code > 0xdbff
        || last - p < 6
        || p[0] != '\\'
        || p[1] != 'u'
        || oauth_json_string_unit(p + 2, last, &low) != 0
        || low < 0xdc00
        || low > 0xdfff)
    {
        return NULL;
    }

    *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);

    return p + 6;
}


/* Reads four hexadecimal digits.  Returns 0, or -1: they are not there. */

static int
oauth_json_string_unit(const unsigned char *p, const unsigned char *last,
    uint32_t *unit)
{
    size_t         i;
    unsigned char  c;

    if (last - p < 4) {
        return -1;
    }

    *unit = 0;

    for (i = 0; i < 4; i++) {

        c = p[i];

        if (c >= '0' && c <= '9') {
            c = (unsigned char) (c - '0');

        } else {
            c = (unsigned char) ((c | 0x20) - 'a' + 10);

            if (c < 10 || c > 15) {
                return -1;
            }
        }

        *unit = *unit << 4 | c;
    }

    return 0;
}


/* Writes a character in UTF-8.  Returns the place after it. */

static unsigned char *
oauth_json_string_encode(unsigned char *dst, uint32_t code)
{
    size_t  n, i;

    static const unsigned char  marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    n = (code < 0x80) ? 1 : (code < 0x800) ? 2 : (code < 0x10000) ? 3 : 4;

    if (n == 1) {
        dst[0] = (unsigned char) code;
        return dst + 1;
    }

    for (i = n - 1; i > 0; i--) {
        dst[i] = (unsigned char) (0x80 | (code & 0x3f));
        code >>= 6;
    }

    dst[0] = (unsigned char) (marks[n] | code);

    return dst + n;
}
