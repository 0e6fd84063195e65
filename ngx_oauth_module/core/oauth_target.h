
/*
 * The request target as the client sent it (RFC 9112 section 3.2, RFC 3986
 * section 3.3), before anybody has decoded or normalised it.
 */


#ifndef OAUTH_TARGET_H_INCLUDED
#define OAUTH_TARGET_H_INCLUDED


#include "oauth.h"


/*
 * 1 when servers read the path in more than one way, else 0.  The path is all
 * that comes before the first "?".  It is ambiguous where it has
 *
 *   - ";", which begins a parameter for some servers, "\", which is a slash for
 *     some, or "#", which ends the path for some;
 *   - an escaped "/", ";", "\" or "%", which some decode again;
 *   - a segment "." or "..", escaped or not: nginx resolves it to choose the
 *     location, and may send it on as it came;
 *   - two slashes at its beginning: whoever parses it as a URL takes what
 *     follows for a host (RFC 3986 section 4.2).
 */

int oauth_target_is_ambiguous(oauth_str_t target);


#endif /* OAUTH_TARGET_H_INCLUDED */
