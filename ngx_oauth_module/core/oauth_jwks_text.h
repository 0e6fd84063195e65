
/*
 * The text of a key set (RFC 7517 section 5) that has only what is used of it:
 * the usable keys, and of each the members that oauth_jwk reads.  The text is
 * appended to the caller's buffer.
 */


#ifndef OAUTH_JWKS_TEXT_H_INCLUDED
#define OAUTH_JWKS_TEXT_H_INCLUDED


#include "oauth_document.h"


/*
 * Appends a key that oauth_jwk_parse has accepted.  Whoever parses the complete
 * text has the same keys again, without the members that only matter before a
 * key is accepted (use, key_ops) or never (certificates).  Where memory is
 * short, text->failed is set.
 */

void oauth_jwks_text_append(oauth_buf_t *text, const json_t *key);

/* Completes the text after the last key, of which there is at least one. */

void oauth_jwks_text_end(oauth_buf_t *text);


#endif /* OAUTH_JWKS_TEXT_H_INCLUDED */
