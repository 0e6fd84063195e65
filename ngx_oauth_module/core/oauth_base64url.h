
/*
 * base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strict:
 * no padding, no white space, no other alphabet, no length of 1 mod 4, and
 * unused trailing bits are zero, so every byte string has one spelling.
 */


#ifndef OAUTH_BASE64URL_H_INCLUDED
#define OAUTH_BASE64URL_H_INCLUDED


#include "oauth.h"


/* The most bytes that len characters decode to. */

#define oauth_base64url_decoded_size(len)  ((len) / 4 * 3 + 2)

/* The characters that len bytes encode to. */

#define oauth_base64url_encoded_size(len)  (((len) * 4 + 2) / 3)


/*
 * Writes the decoded bytes to dst, which has room for
 * oauth_base64url_decoded_size(src.len), and their number to *len.
 * Returns 0, or -1 for anything but strict base64url.
 */

int oauth_base64url_parse(oauth_str_t src, unsigned char *dst, size_t *len);

/*
 * Writes oauth_base64url_encoded_size(src.len) characters to dst and
 * returns their number.
 */

size_t oauth_base64url_write(oauth_str_t src, unsigned char *dst);


#endif /* OAUTH_BASE64URL_H_INCLUDED */
