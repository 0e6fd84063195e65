
/*
 * Takes a JWT apart (RFC 7519 section 7.2).  The payload is parsed before the
 * signature is verified, because the issuer selects the key; the other claims
 * are read afterwards.  A JWT owns what was decoded, but not its text.
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
oauth_jwt_shrink(oauth_jwt_t *jwt)
{
    size_t         n;
    oauth_jws_t   *jws;
    oauth_json_t  *nodes;

    /* The claims that were read are views of the nodes. */

    if (jwt->claims.root) {
        return;
    }

    jws = &jwt->jws;
    n = jwt->payload->nodes;

    nodes = realloc(jws->nodes, n * sizeof(oauth_json_t));

    if (nodes) {
        jws->nodes = nodes;
        jws->nnodes = n;
        jwt->payload = nodes;
    }
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
    oauth_jws_t         *jws;
    const oauth_json_t  *payload;

    jws = &jwt->jws;

    payload = oauth_json_parse(jws->payload, jws->npayload, jws->nodes,
                               jws->nnodes);
    if (payload == NULL) {
        return OAUTH_MALFORMED_TOKEN;
    }

    jwt->payload = payload;

    switch (oauth_json_string(jwt->payload, oauth_str("iss"), &jwt->issuer)) {

    case 1:
        return OAUTH_OK;

    case 0:
        return OAUTH_UNKNOWN_ISSUER;

    default:
        return OAUTH_MALFORMED_CLAIMS;
    }
}
