
/*
 * The text of a key set (RFC 7517 section 5) with what is used of it: usable
 * keys, and of each the members that make it what it is.
 */


#ifndef OAUTH_JWKS_TEXT_H_INCLUDED
#define OAUTH_JWKS_TEXT_H_INCLUDED


#include "oauth_json.h"


/*
 * Adds a key that oauth_jwk_parse took; the text is complete after the end.
 * Parsed again it is the same set, without what a usable key has no need of
 * (use, key_ops, certificates).  text->failed: memory is short.
 */

void oauth_jwks_text_append(oauth_buf_t *text, const json_t *key);

void oauth_jwks_text_end(oauth_buf_t *text);


#endif /* OAUTH_JWKS_TEXT_H_INCLUDED */
