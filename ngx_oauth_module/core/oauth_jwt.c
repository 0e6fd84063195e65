
/*
 * Takes a JWT apart (RFC 7519 section 7.2) before a key is chosen.  Only the
 * issuer is needed for that.  It is found without a JSON parser, so that
 * nobody can make us build a tree with a token that is not signed; the claims
 * are parsed after the signature was verified.  A JWT owns its parts.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_jwt.h"


static oauth_str_t oauth_jwt_issuer(oauth_str_t payload);
static int oauth_jwt_value(const unsigned char *p, const unsigned char *last,
    oauth_str_t *value);
static const unsigned char *oauth_jwt_after(const unsigned char *p,
    const unsigned char *last, unsigned char c);


oauth_reason_t
oauth_jwt_parse(oauth_str_t text, oauth_jwt_t **jwt)
{
    oauth_jwt_t     *j;
    oauth_reason_t   reason;

    j = calloc(1, sizeof(oauth_jwt_t));
    if (j == NULL) {
        return OAUTH_SERVER_ERROR;
    }

    j->text = text;

    reason = oauth_jws_parse(text, &j->jws);

    if (reason == OAUTH_OK) {
        j->issuer = oauth_jwt_issuer(j->jws.payload);
    }

    if (reason == OAUTH_OK && j->issuer.data == NULL) {

        reason = oauth_jwt_read(j);

        if (reason == OAUTH_OK && j->issuer.data == NULL) {
            reason = OAUTH_UNKNOWN_ISSUER;
        }
    }

    if (reason != OAUTH_OK) {
        oauth_jwt_free(j);
        return reason;
    }

    *jwt = j;

    return OAUTH_OK;
}


oauth_reason_t
oauth_jwt_read(oauth_jwt_t *jwt)
{
    oauth_reason_t  reason;

    if (jwt->claims.root) {
        return OAUTH_OK;
    }

    reason = oauth_claims_parse(jwt->jws.payload, &jwt->claims);

    if (reason == OAUTH_OK) {
        jwt->issuer = jwt->claims.issuer;
    }

    return reason;
}


void
oauth_jwt_free(oauth_jwt_t *jwt)
{
    if (jwt == NULL) {
        return;
    }

    oauth_claims_free(&jwt->claims);
    oauth_jws_free(&jwt->jws);
    free(jwt);
}


/*
 * Returns the string "iss" of the outermost object.  In JSON without a
 * backslash, every second quote ends a string.  Where the payload is not JSON,
 * the result may be anything: such a payload is refused when it is parsed.
 * Absent: there is no iss, there is more than one, or only a parser can tell.
 */

static oauth_str_t
oauth_jwt_issuer(oauth_str_t payload)
{
    size_t                depth;
    oauth_str_t           issuer, none;
    const unsigned char  *p, *last, *end;

    none = (oauth_str_t) { 0, NULL };
    issuer = none;
    depth = 0;
    last = payload.data + payload.len;

    if (payload.len == 0 || memchr(payload.data, '\\', payload.len)) {
        return none;
    }

    for (p = payload.data; p < last; p++) {

        if (*p == '{' || *p == '[') {
            depth++;
            continue;
        }

        if (*p == '}' || *p == ']') {
            depth--;
            continue;
        }

        if (*p != '"') {
            continue;
        }

        end = memchr(p + 1, '"', (size_t) (last - p - 1));
        if (end == NULL) {
            return none;
        }

        if (depth == 1 && end - p == 4 && memcmp(p, "\"iss", 4) == 0) {

            if (oauth_jwt_value(end + 1, last, &issuer) < 0) {
                return none;
            }
        }

        p = end;
    }

    return issuer;
}


/*
 * p is after a string.  Returns 0 where that string was not the name of a
 * member; 1 where it was, and *value is the member's string; -1 where the
 * member is not a string, or *value has one already.
 */

static int
oauth_jwt_value(const unsigned char *p, const unsigned char *last,
    oauth_str_t *value)
{
    const unsigned char  *end;

    p = oauth_jwt_after(p, last, ':');
    if (p == NULL) {
        return 0;
    }

    p = oauth_jwt_after(p, last, '"');
    end = p ? memchr(p, '"', (size_t) (last - p)) : NULL;

    if (end == NULL || value->data) {
        return -1;
    }

    value->data = p;
    value->len = (size_t) (end - p);

    return 1;
}


/*
 * Returns the place after the character c, where it is the next one except for
 * white space; else NULL.
 */

static const unsigned char *
oauth_jwt_after(const unsigned char *p, const unsigned char *last,
    unsigned char c)
{
    while (p < last && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')) {
        p++;
    }

    return (p < last && *p == c) ? p + 1 : NULL;
}
