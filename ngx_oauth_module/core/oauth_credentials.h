
/*
 * The credentials of a request: the value of its Authorization header (RFC 9110
 * section 11.4, RFC 6750 section 2.1), as a scheme and a text.  The text is a
 * view of the value, which must outlive it.
 */


#ifndef OAUTH_CREDENTIALS_H_INCLUDED
#define OAUTH_CREDENTIALS_H_INCLUDED


#include "oauth.h"


/* The scheme that is accepted, as we write it; it is read in any case. */

#define OAUTH_CREDENTIALS_NAME  "Bearer"


typedef enum {
    OAUTH_CREDENTIALS_OTHER = 0,        /* no scheme that is accepted here    */
    OAUTH_CREDENTIALS_BEARER
} oauth_credentials_scheme_t;


typedef struct {
    oauth_credentials_scheme_t  scheme;
    oauth_str_t                 text;       /* the token; absent: there is
                                               none that could be read        */
} oauth_credentials_t;


/*
 * Fills credentials in any case.  Returns OAUTH_OK where the value is Bearer
 * and one b64token; OAUTH_NO_TOKEN where it is empty or of another scheme;
 * OAUTH_MALFORMED_REQUEST where Bearer has no token, or is followed by anything
 * but spaces and one b64token.
 */

oauth_reason_t oauth_credentials_parse(oauth_str_t value,
    oauth_credentials_t *credentials);

/*
 * Does the same without looking at the bytes of the token.  That is enough to
 * find out whether a token is known already.
 */

oauth_reason_t oauth_credentials_peek(oauth_str_t value,
    oauth_credentials_t *credentials);

/*
 * 1 when the value begins like credentials that hold an access token, so that
 * it must not reach an app that is not meant to see one: Bearer, or DPoP (RFC
 * 9449 section 7.1), in any case; else 0.
 */

int oauth_credentials_may_be_token(oauth_str_t value);


#endif /* OAUTH_CREDENTIALS_H_INCLUDED */
