
/*
 * The value of an Authorization header: the scheme Bearer and one b64token
 * (RFC 9110 section 11.4, RFC 6750 section 2.1).  "No token" and "a token
 * that cannot be read" are different answers: other schemes belong to others.
 * The token is a view of the value, nothing is copied.
 */


#include "oauth_bearer.h"


static int oauth_bearer_is_token_byte(unsigned char c);
static size_t oauth_bearer_skip_spaces(oauth_str_t value, size_t i);


oauth_reason_t
oauth_bearer_parse(oauth_str_t value, oauth_str_t *token)
{
    size_t       i, start;
    oauth_str_t  scheme;

    token->len = 0;
    token->data = NULL;

    scheme.len = sizeof("Bearer") - 1;
    scheme.data = value.data;

    if (value.len < scheme.len
        || !oauth_str_equal_nocase(scheme, oauth_str("Bearer")))
    {
        return OAUTH_NO_TOKEN;
    }

    if (value.len > scheme.len && value.data[scheme.len] != ' ') {
        return (value.data[scheme.len] == '\t') ? OAUTH_MALFORMED_REQUEST
                                                : OAUTH_NO_TOKEN;
    }

    start = oauth_bearer_skip_spaces(value, scheme.len);
    i = start;

    while (i < value.len && oauth_bearer_is_token_byte(value.data[i])) {
        i++;
    }

    if (i == start) {
        return OAUTH_MALFORMED_REQUEST;
    }

    while (i < value.len && value.data[i] == '=') {
        i++;
    }

    if (oauth_bearer_skip_spaces(value, i) != value.len) {
        return OAUTH_MALFORMED_REQUEST;
    }

    token->len = i - start;
    token->data = value.data + start;

    return OAUTH_OK;
}


/* A byte of b64token but "=", which stands at its end only. */

static int
oauth_bearer_is_token_byte(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9'))
    {
        return 1;
    }

    return c == '-' || c == '.' || c == '_' || c == '~' || c == '+'
           || c == '/';
}


static size_t
oauth_bearer_skip_spaces(oauth_str_t value, size_t i)
{
    while (i < value.len && value.data[i] == ' ') {
        i++;
    }

    return i;
}
