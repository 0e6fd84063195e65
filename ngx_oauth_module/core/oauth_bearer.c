
/*
 * The value of an Authorization header: the scheme Bearer and one b64token
 * (RFC 9110 section 11.4, RFC 6750 section 2.1).  "No token" and "a token
 * that cannot be read" are different answers: other schemes belong to others.
 * The token is a view of the value, nothing is copied.
 */


#include "oauth_bearer.h"


static int oauth_bearer_is_token(oauth_str_t token);
static int oauth_bearer_is_token_byte(unsigned char c);


oauth_reason_t
oauth_bearer_parse(oauth_str_t value, oauth_str_t *token)
{
    oauth_reason_t  reason;

    reason = oauth_bearer_peek(value, token);

    if (reason == OAUTH_OK && !oauth_bearer_is_token(*token)) {
        reason = OAUTH_MALFORMED_REQUEST;
    }

    if (reason != OAUTH_OK) {
        *token = (oauth_str_t) { 0, NULL };
    }

    return reason;
}


oauth_reason_t
oauth_bearer_peek(oauth_str_t value, oauth_str_t *token)
{
    oauth_str_t  scheme;

    *token = (oauth_str_t) { 0, NULL };

    scheme.len = sizeof("Bearer") - 1;
    scheme.data = value.data;

    if (value.len < scheme.len
        || !oauth_str_equal_nocase(scheme, oauth_str("Bearer")))
    {
        return OAUTH_NO_TOKEN;
    }

    value.data += scheme.len;
    value.len -= scheme.len;

    if (value.len > 0 && value.data[0] != ' ') {
        return (value.data[0] == '\t') ? OAUTH_MALFORMED_REQUEST
                                       : OAUTH_NO_TOKEN;
    }

    while (value.len > 0 && value.data[0] == ' ') {
        value.data++;
        value.len--;
    }

    while (value.len > 0 && value.data[value.len - 1] == ' ') {
        value.len--;
    }

    if (value.len == 0) {
        return OAUTH_MALFORMED_REQUEST;
    }

    *token = value;

    return OAUTH_OK;
}


/* b64token: "=" stands at its end only. */

static int
oauth_bearer_is_token(oauth_str_t token)
{
    size_t  i;

    for (i = 0; i < token.len; i++) {
        if (!oauth_bearer_is_token_byte(token.data[i])) {
            break;
        }
    }

    if (i == 0) {
        return 0;
    }

    while (i < token.len && token.data[i] == '=') {
        i++;
    }

    return i == token.len;
}


static int
oauth_bearer_is_token_byte(unsigned char c)
{
    /* One bit for each byte: letters, digits, "-", ".", "_", "~", "+", "/". */

    static const uint32_t  bytes[8] = {
        0x00000000, 0x03ffe800, 0x87fffffe, 0x47fffffe, 0, 0, 0, 0
    };

    return bytes[c >> 5] >> (c & 0x1f) & 1;
}
