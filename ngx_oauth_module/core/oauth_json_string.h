
/*
 * Strings of JSON (RFC 8259 section 7), which are read and unescaped in one
 * step, in their own place.
 */


#ifndef OAUTH_JSON_STRING_H_INCLUDED
#define OAUTH_JSON_STRING_H_INCLUDED


#include "oauth.h"


/*
 * Reads the string whose opening quote is before p, and replaces its escapes
 * where they stand.  Returns the place after its closing quote, and *string,
 * which begins at p.  NULL: there is no closing quote, or the string is not
 * UTF-8, or has a byte below 0x20, U+0000, an escape that does not exist, or
 * one half of a surrogate pair alone.
 */

unsigned char *oauth_json_string_read(unsigned char *p, unsigned char *last,
    oauth_str_t *string);


#endif /* OAUTH_JSON_STRING_H_INCLUDED */
