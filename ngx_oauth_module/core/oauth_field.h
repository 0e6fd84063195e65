
/*
 * The normal form of a header field's name: lower case, with "-" for each byte
 * that is neither a letter nor a digit.  Apps behind CGI and the like see
 * fields as variables (RFC 3875 section 4.1.18) and cannot tell names apart
 * that have the same normal form.
 */


#ifndef OAUTH_FIELD_H_INCLUDED
#define OAUTH_FIELD_H_INCLUDED


#include "oauth.h"


/* These are inline because each field of each request is looked at. */

static inline unsigned char
oauth_field_byte(unsigned char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c | 0x20;
    }

    return ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) ? c : '-';
}


/* 1 when the normal form of a name is this one, else 0. */

static inline int
oauth_field_is(oauth_str_t name, oauth_str_t normal)
{
    size_t  i;

    if (name.len != normal.len) {
        return 0;
    }

    for (i = 0; i < name.len; i++) {
        if (oauth_field_byte(name.data[i]) != normal.data[i]) {
            return 0;
        }
    }

    return 1;
}


/* Writes the normal form of a name to dst, which has name.len bytes of room. */

void oauth_field_write(oauth_str_t name, unsigned char *dst);


#endif /* OAUTH_FIELD_H_INCLUDED */
