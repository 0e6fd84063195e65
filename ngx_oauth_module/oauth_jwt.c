
/*
 * A JWT taken apart (RFC 7519 section 7.2, steps 1 to 6): form, header and
 * claims, before any key is looked at.  It owns what was decoded; the text is
 * the caller's.
 */


#include <stdlib.h>

#include "oauth_jwt.h"


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
        reason = oauth_claims_parse(j->jws.payload, &j->claims);
    }

    if (reason == OAUTH_OK && j->claims.issuer.data == NULL) {
        reason = OAUTH_UNKNOWN_ISSUER;
    }

    if (reason != OAUTH_OK) {
        oauth_jwt_free(j);
        return reason;
    }

    *jwt = j;

    return OAUTH_OK;
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
