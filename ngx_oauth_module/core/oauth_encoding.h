
/*
 * How the text of a claim is written into a header field, for apps that cannot
 * read UTF-8 there: as it is, percent-encoded (RFC 3986 section 2.1), or in
 * base64url (RFC 4648 section 5).  The two encoded forms are visible ASCII, and
 * decode to exactly the bytes of the text, whatever these are.
 */


#ifndef OAUTH_ENCODING_H_INCLUDED
#define OAUTH_ENCODING_H_INCLUDED


#include "oauth.h"


#define OAUTH_ENCODING_SIZE    32768    /* bytes of a text to encode, at most */
#define OAUTH_ENCODING_ESCAPE  3        /* bytes of a percent-escape          */


typedef enum {
    OAUTH_ENCODING_UTF8 = 0,            /* as it is                           */
    OAUTH_ENCODING_PERCENT,             /* all but the unreserved characters
                                           of RFC 3986 section 2.3            */
    OAUTH_ENCODING_BASE64URL            /* without padding                    */
} oauth_encoding_t;


/*
 * Finds an encoding by its name in the configuration: "utf-8", "percent",
 * "base64url".  Returns 0 and *encoding, or -1 where no encoding has that name.
 */

int oauth_encoding_parse(oauth_str_t name, oauth_encoding_t *encoding);

/*
 * Appends a text, encoded.  Returns 0; or -1 with nothing appended: the text is
 * to be encoded and is longer than OAUTH_ENCODING_SIZE, or memory is short
 * (buf->failed).
 */

int oauth_encoding_write(oauth_encoding_t encoding, oauth_str_t text,
    oauth_buf_t *buf);

/*
 * Returns the byte that a percent-escape at the beginning of the text stands
 * for; or -1: the text begins with something else.
 */

int oauth_encoding_escape(oauth_str_t text);


#endif /* OAUTH_ENCODING_H_INCLUDED */
