
/*
 * The claim "cnf" (RFC 7800 section 3.1): "jkt" is the thumbprint of a key of
 * DPoP (RFC 9449 section 6.1), "x5t#S256" that of a client's certificate (RFC
 * 8705 section 3.1).  Other members are not understood here.  Nothing is
 * copied.
 */


#include <string.h>

#include "oauth_base64url.h"
#include "oauth_confirmation.h"


static uint32_t oauth_confirmation_read(const oauth_json_t *cnf,
    oauth_str_t name, oauth_confirmation_t *confirmation,
    oauth_str_t *thumbprint);


oauth_confirmation_t
oauth_confirmation_parse(const oauth_json_t *cnf)
{
    uint32_t              n;
    oauth_confirmation_t  confirmation;

    memset(&confirmation, 0, sizeof(oauth_confirmation_t));

    if (cnf == NULL) {
        return confirmation;
    }

    confirmation.bound = 1;

    n = oauth_confirmation_read(cnf, oauth_str("jkt"), &confirmation,
                                &confirmation.jkt);
    n += oauth_confirmation_read(cnf, oauth_str("x5t#S256"), &confirmation,
                                 &confirmation.x5t);

    if (n == 0 || n != cnf->len) {
        confirmation.unknown = 1;
    }

    return confirmation;
}


/* Returns how many members of that name the claim has: 1 or 0. */

static uint32_t
oauth_confirmation_read(const oauth_json_t *cnf, oauth_str_t name,
    oauth_confirmation_t *confirmation, oauth_str_t *thumbprint)
{
    size_t               len;
    oauth_str_t          text;
    unsigned char        hash[oauth_base64url_decoded_size(OAUTH_HASH_SIZE)];
    const oauth_json_t  *value;

    value = oauth_json_member(cnf, name);

    if (value == NULL) {
        return 0;
    }

    text = oauth_json_str(value);

    if (text.len != OAUTH_HASH_SIZE
        || oauth_base64url_parse(text, hash, &len) != 0)
    {
        confirmation->unknown = 1;
        return 1;
    }

    *thumbprint = text;

    return 1;
}
