
/*
 * The claims of a JWT (RFC 7519 section 4.1, RFC 9068 section 2.2): typed,
 * and the checks that depend on nothing but the clock and the issuer's policy.
 */


#ifndef OAUTH_CLAIMS_H_INCLUDED
#define OAUTH_CLAIMS_H_INCLUDED


#include "oauth_json.h"


typedef struct {
    json_t               *root;
    oauth_str_t           issuer;       /* views into root; absent: none      */
    oauth_str_t           subject;
    json_t               *audience;     /* a string or an array of strings    */
    int64_t               expires;      /* seconds since the epoch            */
    int64_t               not_before;   /* 0: none                            */
    int64_t               issued_at;    /* see has_issued_at                  */
    unsigned              has_expires:1;
    unsigned              has_issued_at:1;
    unsigned              bound:1;      /* cnf (RFC 7800) is there            */
    unsigned              event:1;      /* a security event (RFC 8417), as a
                                           logout token is one                */
    unsigned              id_token:1;   /* marks of an OpenID ID token or of a
                                           refresh token; see oauth_claims.c  */
    const char           *malformed;    /* "iss is not a string": why it was
                                           OAUTH_MALFORMED_CLAIMS             */
} oauth_claims_t;


/*
 * OAUTH_OK, and oauth_claims_free releases it; else nothing is held:
 * OAUTH_MALFORMED_TOKEN (not a JSON object), OAUTH_MALFORMED_CLAIMS (a
 * registered claim of the wrong type, which claims->malformed names: iss, sub
 * not strings; exp, nbf, iat not finite numbers; aud neither a string nor an
 * array of strings), OAUTH_SERVER_ERROR.  Where sub, nbf or iat is null, "" or
 * [], it is absent; exp, iss and aud are what they are.
 */

oauth_reason_t oauth_claims_parse(oauth_str_t payload, oauth_claims_t *claims);

void oauth_claims_free(oauth_claims_t *claims);


/*
 * OAUTH_OK, OAUTH_NO_EXPIRY, OAUTH_EXPIRED, OAUTH_NOT_YET_VALID (nbf or iat
 * ahead of the clock), OAUTH_LIFETIME_TOO_LONG.  All in seconds.  Without iat
 * the lifetime is counted from now.
 */

oauth_reason_t oauth_claims_verify_time(const oauth_claims_t *claims,
    int64_t now, int64_t leeway, int64_t max_lifetime);

/* The i-th audience; absent past the last. */

oauth_str_t oauth_claims_audience(const oauth_claims_t *claims, size_t i);

/*
 * Appends the granted scopes, separated by single spaces: those of the first of
 * these claim paths that has any, a string split at spaces or an array of
 * strings.  Words that are no scope-token (RFC 6749 section 3.3) are left out;
 * null is passed over, and a claim of another type ends the search.
 */

void oauth_claims_scope(const oauth_claims_t *claims,
    const oauth_str_t *paths, size_t npaths, oauth_buf_t *buf);

/*
 * The claim that one name after the other leads to, each looked up as of
 * oauth_json_at in what the one before it named.  NULL: there is none.
 */

const json_t *oauth_claims_at(const oauth_claims_t *claims,
    const oauth_str_t *names, size_t n);

/* How many members a claim has: those of an array, else one. */

size_t oauth_claims_count(const json_t *claim);

/*
 * The i-th member as it is compared with a configured value: a string as it is,
 * a number or a boolean by its JSON text, which goes into buf.  Absent: null or
 * a nested value, which equals nothing, or no memory (buf->failed).
 */

oauth_str_t oauth_claims_member(const json_t *claim, size_t i,
    oauth_buf_t *buf);


#endif /* OAUTH_CLAIMS_H_INCLUDED */
