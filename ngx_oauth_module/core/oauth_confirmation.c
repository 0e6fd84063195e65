
/*
 * The claim "cnf" (RFC 7800 section 3.1): "jkt" is the thumbprint of a key of
 * DPoP (RFC 9449 section 6.1), "x5t#S256" that of a client's certificate (RFC
 * 8705 section 3.1).  Other members are not understood here.  Nothing is
 * copied.
 */


#include "oauth_base64url.h"
#include "oauth_confirmation.h"


static oauth_str_t oauth_confirmation_thumbprint(const oauth_json_t *value);


oauth_confirmation_t
oauth_confirmation_parse(const oauth_json_t *cnf)
{
    const oauth_json_t    *value;
    oauth_confirmation_t   confirmation;

    confirmation.kind = OAUTH_CONFIRMATION_NONE;
    confirmation.thumbprint = (oauth_str_t) { 0, NULL };

    if (cnf == NULL) {
        return confirmation;
    }

    value = oauth_json_member(cnf, oauth_str("jkt"));

    if (value) {
        confirmation.kind = OAUTH_CONFIRMATION_JKT;

    } else {
        value = oauth_json_member(cnf, oauth_str("x5t#S256"));
        confirmation.kind = value ? OAUTH_CONFIRMATION_X5T
                                  : OAUTH_CONFIRMATION_OTHER;
    }

    if (oauth_json_is(cnf, OAUTH_JSON_OBJECT) && cnf->len == 1) {
        confirmation.thumbprint = oauth_confirmation_thumbprint(value);
    }

    return confirmation;
}


static oauth_str_t
oauth_confirmation_thumbprint(const oauth_json_t *value)
{
    size_t         len;
    oauth_str_t    text;
    unsigned char  hash[oauth_base64url_decoded_size(OAUTH_CONFIRMATION_SIZE)];

    text = oauth_json_str(value);

    if (text.len != OAUTH_CONFIRMATION_SIZE
        || oauth_base64url_parse(text, hash, &len) != 0)
    {
        return (oauth_str_t) { 0, NULL };
    }

    return text;
}
