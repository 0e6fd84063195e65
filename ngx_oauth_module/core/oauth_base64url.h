
/*
 * base64url without padding (RFC 4648 section 5, RFC 7515 section 2).  Reading
 * is strict, so that each string of bytes has one spelling: no padding, no
 * white space, no other alphabet, no length of 1 modulo 4, and the bits of the
 * last character that belong to no byte are zero.  All memory is the caller's.
 */


#ifndef OAUTH_BASE64URL_H_INCLUDED
#define OAUTH_BASE64URL_H_INCLUDED


#include "oauth.h"


/* How many bytes len characters decode to, at most. */

#define oauth_base64url_decoded_size(len)  ((len) / 4 * 3 + 2)

/* How many characters len bytes encode to. */

#define oauth_base64url_encoded_size(len)  (((len) * 4 + 2) / 3)


/*
 * Decodes src into dst, which has room for
 * oauth_base64url_decoded_size(src.len) bytes, and writes the number of bytes
 * to *len.  Returns 0, or -1 where src is not strict base64url; what dst holds
 * then is not to be used.
 */

int oauth_base64url_parse(oauth_str_t src, unsigned char *dst, size_t *len);

/*
 * Encodes src into dst, which has room for
 * oauth_base64url_encoded_size(src.len) characters.  Returns their number.
 */

size_t oauth_base64url_write(oauth_str_t src, unsigned char *dst);

/* Appends src, encoded.  Where memory is short, buf->failed is set. */

void oauth_base64url_append(oauth_buf_t *buf, oauth_str_t src);


#endif /* OAUTH_BASE64URL_H_INCLUDED */
