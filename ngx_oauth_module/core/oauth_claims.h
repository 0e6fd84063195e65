
/*
 * The claims of a JWT (RFC 7519 section 4.1, RFC 9068 section 2.2) with their
 * types, and those checks that depend on nothing but the clock and the rules
 * for the issuer.  Everything is a view of the JSON that was read.
 */


#ifndef OAUTH_CLAIMS_H_INCLUDED
#define OAUTH_CLAIMS_H_INCLUDED


#include "oauth_confirmation.h"
#include "oauth_json.h"


typedef struct {
    const oauth_json_t   *root;         /* NULL: not read, or malformed       */
    oauth_str_t           issuer;       /* each string is absent where the
                                           token has no such claim            */
    oauth_str_t           subject;
    const oauth_json_t   *id;           /* jti; this and the next two are NULL
                                           where there is no identifier       */
    const oauth_json_t   *client;       /* client_id; if there is none azp; if
                                           there is none, either, cid         */
    const oauth_json_t   *session;      /* sid                                */
    const oauth_json_t   *audience;     /* a string or an array of strings    */
    int64_t               expires;      /* seconds since the epoch            */
    int64_t               not_before;   /* 0: none                            */
    int64_t               issued_at;    /* 0: none, or the epoch itself; see
                                           has_issued_at                      */
    oauth_confirmation_t  confirmation;
    unsigned              has_expires:1;
    unsigned              has_issued_at:1;
    unsigned              event:1;      /* a security event (RFC 8417), such
                                           as a logout token                  */
    unsigned              id_token:1;   /* has the marks of an ID token, or of
                                           a refresh or logout token          */
    const char           *malformed;    /* why it was OAUTH_MALFORMED_CLAIMS:
                                           "sub is not a string"              */
} oauth_claims_t;


/*
 * Reads the claims of an object, which must outlive them.  Returns OAUTH_OK; or
 * OAUTH_MALFORMED_CLAIMS: a registered claim has the wrong type, which
 * claims->malformed names (iss and sub must be strings; exp, nbf and iat
 * numbers; aud a string or an array of strings; act: see oauth_actor_verify).
 * Where sub, nbf or iat is null, "" or [], it counts as absent; exp, iss and
 * aud do not.
 */

oauth_reason_t oauth_claims_read(const oauth_json_t *root,
    oauth_claims_t *claims);


/*
 * Checks the times (RFC 7519 sections 4.1.4 to 4.1.6).  Returns OAUTH_OK,
 * OAUTH_NO_EXPIRY, OAUTH_EXPIRED, OAUTH_NOT_YET_VALID (nbf or iat is in the
 * future), OAUTH_LIFETIME_TOO_LONG.  now is in seconds since the epoch, leeway
 * and max_lifetime are in seconds.  Without iat, the lifetime counts from now.
 */

oauth_reason_t oauth_claims_verify_time(const oauth_claims_t *claims,
    int64_t now, int64_t leeway, int64_t max_lifetime);

/*
 * Appends the granted scopes, separated by single spaces.  They come from the
 * first of these claim paths that has any: a string, which is split at spaces,
 * or an array of strings.  Words that are not a scope-token (RFC 6749 section
 * 3.3) are left out.  A claim that is null is passed over, and a claim of
 * another type ends the search.  Where memory is short, buf->failed is set.
 */

void oauth_claims_scope(const oauth_claims_t *claims,
    const oauth_str_t *paths, size_t npaths, oauth_buf_t *buf);

/*
 * Returns the claim that a list of n names leads to: each is looked up, as by
 * oauth_json_at, in what the name before it has found.  A first name that
 * begins with "act." leads into the actor, never to a claim with that whole
 * name.  NULL: there is none.
 */

const oauth_json_t *oauth_claims_at(const oauth_claims_t *claims,
    const oauth_str_t *names, size_t n);

/*
 * Returns the element of a claim after this one; the first one where element is
 * NULL.  The elements are those of an array, or else the claim itself.  NULL:
 * there are no more, or there is no claim.
 */

const oauth_json_t *oauth_claims_next(const oauth_json_t *claim,
    const oauth_json_t *element);

/*
 * Returns an element as it is compared with a configured value: a string as it
 * is, a number or a boolean by its JSON text, which is appended to buf.
 * Absent: the element is null or a nested value, which equals nothing, or
 * memory is short (buf->failed).
 */

oauth_str_t oauth_claims_value(const oauth_json_t *element, oauth_buf_t *buf);

/*
 * Returns the value if it can identify a token, client or session: a string
 * that is not empty, a number or a boolean.  The identifier is the text that
 * oauth_claims_value makes of it.  Else, and for NULL, it returns NULL.
 */

const oauth_json_t *oauth_claims_identifier(const oauth_json_t *value);

/*
 * Reads a NumericDate (RFC 7519 section 2) without its fraction.  Returns 1 and
 * *seconds, which is so far from the ends of its type that the sum of three
 * such times fits; 0 where value is NULL; -1 where it is not a number, or too
 * close to 0 to be a date.
 */

int oauth_claims_time(const oauth_json_t *value, int64_t *seconds);


#endif /* OAUTH_CLAIMS_H_INCLUDED */
