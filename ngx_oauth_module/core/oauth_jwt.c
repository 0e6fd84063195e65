
/*
 * Takes a JWT apart (RFC 7519 section 7.2) before a key is chosen.  Its JSON is
 * read at once, for the issuer; what the other claims say is looked at after
 * the signature was verified.  A JWT owns its parts.
 */


#include <stdlib.h>

#include "oauth_jwt.h"


static oauth_reason_t oauth_jwt_parse_payload(oauth_jwt_t *jwt);


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
        reason = oauth_jwt_parse_payload(j);
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
    if (jwt->claims.root) {
        return OAUTH_OK;
    }

    return oauth_claims_read(jwt->payload, &jwt->claims);
}


void
oauth_jwt_free(oauth_jwt_t *jwt)
{
    if (jwt == NULL) {
        return;
    }

    oauth_jws_free(&jwt->jws);
    free(jwt);
}


static oauth_reason_t
oauth_jwt_parse_payload(oauth_jwt_t *jwt)
{
    oauth_jws_t  *jws;

    jws = &jwt->jws;

    jwt->payload = oauth_json_parse(jws->payload, jws->npayload, jws->nodes,
                                    jws->nnodes);
    if (jwt->payload == NULL) {
        return OAUTH_MALFORMED_TOKEN;
    }

    switch (oauth_json_string(jwt->payload, oauth_str("iss"), &jwt->issuer)) {

    case 1:
        return OAUTH_OK;

    case 0:
        return OAUTH_UNKNOWN_ISSUER;

    default:
        return OAUTH_MALFORMED_CLAIMS;
    }
}
