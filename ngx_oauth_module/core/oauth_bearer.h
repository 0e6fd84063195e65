
/*
 * The value of an Authorization header (RFC 9110 section 11.4, RFC 6750
 * section 2.1).
 */


#ifndef OAUTH_BEARER_H_INCLUDED
#define OAUTH_BEARER_H_INCLUDED


#include "oauth.h"


/*
 * OAUTH_OK and the token as a view of value; OAUTH_NO_TOKEN: empty, or a
 * scheme other than Bearer (in any case); OAUTH_MALFORMED_REQUEST: Bearer
 * without a token, or followed by anything but spaces and one b64token.
 */

oauth_reason_t oauth_bearer_parse(oauth_str_t value, oauth_str_t *token);

/*
 * The same without a look at the token's bytes: enough to see whether it is one
 * that is known already.
 */

oauth_reason_t oauth_bearer_peek(oauth_str_t value, oauth_str_t *token);


#endif /* OAUTH_BEARER_H_INCLUDED */
