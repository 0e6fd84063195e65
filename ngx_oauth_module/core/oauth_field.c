
/*
 * Writes a header field's name in the form in which all spellings are equal
 * that an app behind CGI cannot tell apart (RFC 3875 section 4.1.18).  The
 * memory is the caller's.
 */


#include "oauth_field.h"


void
oauth_field_write(oauth_str_t name, unsigned char *dst)
{
    size_t  i;

    for (i = 0; i < name.len; i++) {
        dst[i] = oauth_field_byte(name.data[i]);
    }
}
