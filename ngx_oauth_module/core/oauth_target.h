
/*
 * The request target as the client sent it (RFC 9112 section 3.2, RFC 3986
 * section 3.3), before anybody decoded or normalised it.
 */


#ifndef OAUTH_TARGET_H_INCLUDED
#define OAUTH_TARGET_H_INCLUDED


#include "oauth.h"


/*
 * 1 when the path, which is all before the first "?", has something that
 * servers read in more than one way: ";" (path parameters to some of them), "\"
 * (a slash to some of them), "#" (the end of the path to some of them), or an
 * escaped "/", ";", "\" or "%" (decoded again by some of them), or a segment
 * "." or ".." (nginx resolves it, and sends it on as it is), or two slashes at
 * its beginning (what follows them is a host to those who parse it as a URL,
 * RFC 3986 section 4.2); else 0.
 */

int oauth_target_is_ambiguous(oauth_str_t target);


#endif /* OAUTH_TARGET_H_INCLUDED */
