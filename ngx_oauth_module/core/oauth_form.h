
/*
 * Forms (application/x-www-form-urlencoded: RFC 6749 appendix B, and section 5
 * of the URL standard of WHATWG), and queries, which have the same form: pairs
 * of a name and a value with "&" between them, in which "+" is a space, and
 * "%2B" the byte 0x2b.  A percent sign that begins no escape is a percent sign.
 * Nothing is allocated: what is decoded goes to bytes of the caller, who may
 * have to wipe them.
 */


#ifndef OAUTH_FORM_H_INCLUDED
#define OAUTH_FORM_H_INCLUDED


#include "oauth.h"


typedef struct {
    oauth_str_t           name;
    oauth_str_t           value;
} oauth_form_pair_t;


/*
 * Finds the value of a parameter; the name is not encoded.  Returns 0 and
 * *value, a view into the form, not empty and still encoded; or -1: the
 * parameter is not there, or more than once.  One without a value is as good as
 * not there (RFC 6749 section 3.1).
 */

int oauth_form_find(oauth_str_t form, oauth_str_t name, oauth_str_t *value);

/*
 * Decodes a name or a value into the bytes, which have room for text.len of
 * them.  Returns how many were written.
 */

size_t oauth_form_decode(oauth_str_t text, unsigned char *bytes);

/*
 * Reads a query into up to "most" pairs.  They are views into the bytes, which
 * have room for text.len of them.  Returns 0 and *n, the number of pairs; or
 * -1: there are more of them, or one has no "=".
 */

int oauth_form_read(oauth_str_t text, unsigned char *bytes,
    oauth_form_pair_t *pairs, size_t most, size_t *n);


#endif /* OAUTH_FORM_H_INCLUDED */
