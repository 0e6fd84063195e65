
/*
 * base64url (RFC 4648 section 5) without padding, as RFC 7515 section 2 uses
 * it.  Reading refuses whatever would give a string of bytes a second spelling.
 * All memory is the caller's.
 */


#include "oauth_base64url.h"


#define __  0xff

static const unsigned char  oauth_base64url_values[256] = {
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, 62, __, __,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, __, __, __, __, __, __,
    __,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, __, __, __, __, 63,
    __, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __,
    __, __, __, __, __, __, __, __, __, __, __, __, __, __, __, __
};

#undef __


static const unsigned char  oauth_base64url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


static int oauth_base64url_parse_tail(const unsigned char *p, size_t len,
    unsigned char *dst, size_t *written);


int
oauth_base64url_parse(oauth_str_t src, unsigned char *dst, size_t *len)
{
    size_t                written;
    uint32_t              bits;
    unsigned char         a, b, c, d, *start;
    const unsigned char  *p, *last;

    start = dst;
    p = src.data;

    if (src.len >= 4) {
        last = p + src.len - src.len % 4;

        for ( /* void */ ; p < last; p += 4, dst += 3) {
            a = oauth_base64url_values[p[0]];
            b = oauth_base64url_values[p[1]];
            c = oauth_base64url_values[p[2]];
            d = oauth_base64url_values[p[3]];

            if ((a | b | c | d) & 0xc0) {
                return -1;
            }

            bits = (uint32_t) a << 18 | (uint32_t) b << 12
                   | (uint32_t) c << 6 | d;

            dst[0] = (unsigned char) (bits >> 16);
            dst[1] = (unsigned char) (bits >> 8);
            dst[2] = (unsigned char) bits;
        }
    }

    if (oauth_base64url_parse_tail(p, src.len % 4, dst, &written) != 0) {
        return -1;
    }

    *len = (size_t) (dst - start) + written;

    return 0;
}


size_t
oauth_base64url_write(oauth_str_t src, unsigned char *dst)
{
    size_t          i;
    uint32_t        bits;
    unsigned char  *start;

    start = dst;

    for (i = 0; src.len - i >= 3; i += 3) {
        bits = (uint32_t) src.data[i] << 16 | (uint32_t) src.data[i + 1] << 8
               | src.data[i + 2];

        *dst++ = oauth_base64url_digits[bits >> 18];
        *dst++ = oauth_base64url_digits[bits >> 12 & 0x3f];
        *dst++ = oauth_base64url_digits[bits >> 6 & 0x3f];
        *dst++ = oauth_base64url_digits[bits & 0x3f];
    }

    if (src.len - i == 0) {
        return (size_t) (dst - start);
    }

    bits = (uint32_t) src.data[i] << 16;

    if (src.len - i == 2) {
        bits |= (uint32_t) src.data[i + 1] << 8;
    }

    *dst++ = oauth_base64url_digits[bits >> 18];
    *dst++ = oauth_base64url_digits[bits >> 12 & 0x3f];

    if (src.len - i == 2) {
        *dst++ = oauth_base64url_digits[bits >> 6 & 0x3f];
    }

    return (size_t) (dst - start);
}


/*
 * Decodes the last 0 to 3 characters.  Their bits that belong to no byte must
 * be zero.
 */

static int
oauth_base64url_parse_tail(const unsigned char *p, size_t len,
    unsigned char *dst, size_t *written)
{
    unsigned char  a, b, c;

    *written = 0;

    if (len == 0) {
        return 0;
    }

    if (len == 1) {
        return -1;
    }

    a = oauth_base64url_values[p[0]];
    b = oauth_base64url_values[p[1]];
    c = (len == 3) ? oauth_base64url_values[p[2]] : 0;

    if ((a | b | c) & 0xc0) {
        return -1;
    }

    if ((len == 2) ? b & 0x0f : c & 0x03) {
        return -1;
    }

    dst[0] = (unsigned char) (a << 2 | b >> 4);

    if (len == 3) {
        dst[1] = (unsigned char) (b << 4 | c >> 2);
    }

    *written = len - 1;

    return 0;
}


void
oauth_base64url_append(oauth_buf_t *buf, oauth_str_t src)
{
    oauth_str_t    part;
    unsigned char  text[64];

    for (part = src; src.len > 0; part = src) {

        if (part.len > sizeof(text) / 4 * 3) {
            part.len = sizeof(text) / 4 * 3;
        }

        oauth_buf_append(buf, text, oauth_base64url_write(part, text));

        src.data += part.len;
        src.len -= part.len;
    }
}
