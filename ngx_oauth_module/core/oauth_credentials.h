
/*
 * The credentials of a request: the value of its Authorization header (RFC 9110
 * section 11.4, RFC 6750 section 2.1, RFC 9449 section 7.1), as a scheme and a
 * text.  The text is a
 * view of the value, which must outlive it.
 */


#ifndef OAUTH_CREDENTIALS_H_INCLUDED
#define OAUTH_CREDENTIALS_H_INCLUDED


#include "oauth.h"


/* The schemes of access tokens, as we write them; they are read in any case. */

#define OAUTH_CREDENTIALS_NAME  "Bearer"
#define OAUTH_CREDENTIALS_PROOF_NAME  "DPoP"


typedef enum {
    OAUTH_CREDENTIALS_OTHER = 0,        /* no scheme of an access token       */
    OAUTH_CREDENTIALS_BEARER,
    OAUTH_CREDENTIALS_DPOP              /* with a proof in a field of its own */
} oauth_credentials_scheme_t;


typedef struct {
    oauth_credentials_scheme_t  scheme;
    oauth_str_t                 text;       /* the token; absent: there is
                                               none that could be read        */
} oauth_credentials_t;


/*
 * Fills credentials in any case.  Returns OAUTH_OK where the value is a scheme
 * of access tokens and one b64token; OAUTH_NO_TOKEN where it is empty or of
 * another scheme; OAUTH_MALFORMED_REQUEST where the scheme has no token, or is
 * followed by anything but spaces and one b64token.
 */

oauth_reason_t oauth_credentials_parse(oauth_str_t value,
    oauth_credentials_t *credentials);

/*
 * Does the same without looking at the bytes of the token.  That is enough to
 * find out whether a token is known already.
 */

oauth_reason_t oauth_credentials_peek(oauth_str_t value,
    oauth_credentials_t *credentials);

#define OAUTH_CREDENTIALS_OPAQUE  8192  /* bytes, at most                     */

/*
 * 1 when a text may be an opaque token: it is not three parts of base64url as a
 * JWT is (RFC 7519 section 3), and no longer than OAUTH_CREDENTIALS_OPAQUE.
 * Some servers write characters into opaque tokens that are not those of a
 * b64token; all visible ones of ASCII are accepted but quotes, backslashes and
 * commas.
 */

int oauth_credentials_is_opaque(oauth_str_t text);

/*
 * 1 when the value begins like credentials that hold an access token, in any
 * case of its letters, so that it must not reach an app that is not meant to
 * see one; else 0.
 */

int oauth_credentials_may_be_token(oauth_str_t value);


#endif /* OAUTH_CREDENTIALS_H_INCLUDED */
