
/*
 * Token introspection (RFC 7662): what an authorization server answers when it
 * is asked about credentials, which are the text that follows the scheme in the
 * Authorization header, and the access token that is made of the answer.  A
 * signed answer (RFC 9701) holds the same in a JWT.  Answers are the caller's
 * and are not changed; a token that is made of one owns a copy.
 */


#ifndef OAUTH_INTROSPECTION_H_INCLUDED
#define OAUTH_INTROSPECTION_H_INCLUDED


#include "oauth_token.h"


#define OAUTH_INTROSPECTION_SIZE  65536     /* bytes of an answer, at most    */


/* What was asked. */

typedef struct {
    oauth_str_t                 text;       /* the credentials                */
    const oauth_token_rules_t  *rules;      /* of the issuer that was asked   */
    int64_t                     lifetime;   /* seconds that a token without
                                               exp is good for                */
    const oauth_token_t        *verified;   /* the token that the credentials
                                               are, if it was verified before;
                                               NULL: they are opaque          */
} oauth_introspection_t;


/*
 * Verifies an answer, which is the body of a response with the status 200 and
 * the type application/json.  now is in seconds since the epoch.  Returns
 * OAUTH_OK, and *token is new with one reference.  For opaque credentials, the
 * claims of the token are the members of the answer; without exp, it expires
 * after the lifetime.  For a verified token, it is that token again, which
 * expires when the answer says so, if that is earlier.
 *
 * Else *token is NULL, and *why is NULL, or a constant sentence that says what
 * is wrong with the answer:
 *
 *   OAUTH_INACTIVE                   active is false, whatever else it says
 *   OAUTH_INTROSPECTION_UNAVAILABLE  it is no answer: the token may be good
 *   OAUTH_UNKNOWN_ISSUER             iss is there, and is another issuer
 *   OAUTH_WRONG_TYPE                 a refresh token or an ID token
 *   OAUTH_INTROSPECTION_MISMATCH     it contradicts the verified token
 *   OAUTH_MALFORMED_CLAIMS, OAUTH_EXPIRED, OAUTH_NOT_YET_VALID,
 *   OAUTH_LIFETIME_TOO_LONG          as for a JWT
 *   OAUTH_SERVER_ERROR               memory is short
 */

oauth_reason_t oauth_introspection_verify(
    const oauth_introspection_t *introspection, oauth_str_t body, int64_t now,
    oauth_token_t **token, const char **why);

/*
 * Does the same with a signed answer, which is the body of a response with the
 * type application/token-introspection+jwt.  It must be signed with one of
 * these keys of the issuer, which must not be NULL; have been made at most a
 * minute and the leeway before now; and name the client that asked in its aud,
 * which never fits where client is empty.  An answer that fails this is
 * OAUTH_INTROSPECTION_UNAVAILABLE: newer keys may verify it.
 */

oauth_reason_t oauth_introspection_verify_signed(
    const oauth_introspection_t *introspection, oauth_str_t body,
    const oauth_jwks_t *keys, oauth_str_t client, int64_t now,
    oauth_token_t **token, const char **why);

/*
 * 1 when the body of a response with a status of 4xx has the error
 * unsupported_token_type (RFC 7009 section 2.2.1), which refuses the token;
 * else 0: the server has refused the question.
 */

int oauth_introspection_is_unsupported(oauth_str_t body);


#endif /* OAUTH_INTROSPECTION_H_INCLUDED */
