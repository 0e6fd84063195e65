
/*
 * The value of an Authorization header: the scheme Bearer or DPoP and one
 * b64token (RFC 9110 section 11.4, RFC 6750 section 2.1, RFC 9449 section 7.1).
 * Credentials of another scheme are no token, since they may be meant for
 * somebody else; credentials of these schemes that cannot be read are a
 * malformed request.  The text is a view of the value, nothing is copied.
 */


#include "oauth_credentials.h"


typedef struct {
    oauth_str_t                 name;
    oauth_credentials_scheme_t  scheme;
} oauth_credentials_name_t;


static const oauth_credentials_name_t *oauth_credentials_name(
    oauth_str_t value);
static int oauth_credentials_is_b64token(oauth_str_t text);
static int oauth_credentials_is_b64token_byte(unsigned char c);
static int oauth_credentials_is_jws(oauth_str_t text);


static const oauth_credentials_name_t  oauth_credentials_names[] = {
    { oauth_string(OAUTH_CREDENTIALS_NAME), OAUTH_CREDENTIALS_BEARER },
    { oauth_string(OAUTH_CREDENTIALS_PROOF_NAME), OAUTH_CREDENTIALS_DPOP }
};


oauth_reason_t
oauth_credentials_parse(oauth_str_t value, oauth_credentials_t *credentials)
{
    oauth_reason_t  reason;

    reason = oauth_credentials_peek(value, credentials);

    if (reason == OAUTH_OK
        && !oauth_credentials_is_b64token(credentials->text))
    {
        reason = OAUTH_MALFORMED_REQUEST;
    }

    if (reason != OAUTH_OK) {
        credentials->text = (oauth_str_t) { 0, NULL };
    }

    return reason;
}


oauth_reason_t
oauth_credentials_peek(oauth_str_t value, oauth_credentials_t *credentials)
{
    const oauth_credentials_name_t  *name;

    credentials->scheme = OAUTH_CREDENTIALS_OTHER;
    credentials->text = (oauth_str_t) { 0, NULL };

    name = oauth_credentials_name(value);

    if (name == NULL) {
        return OAUTH_NO_TOKEN;
    }

    value.data += name->name.len;
    value.len -= name->name.len;

    if (value.len > 0 && value.data[0] != ' ') {
        return (value.data[0] == '\t') ? OAUTH_MALFORMED_REQUEST
                                       : OAUTH_NO_TOKEN;
    }

    credentials->scheme = name->scheme;

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

    credentials->text = value;

    return OAUTH_OK;
}


int
oauth_credentials_may_be_token(oauth_str_t value)
{
    return oauth_credentials_name(value) != NULL;
}


int
oauth_credentials_is_opaque(oauth_str_t text)
{
    size_t         i;
    unsigned char  c;

    if (text.len == 0 || text.len > OAUTH_CREDENTIALS_OPAQUE) {
        return 0;
    }

    for (i = 0; i < text.len; i++) {

        c = text.data[i];

        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == ',') {
            return 0;
        }
    }

    return !oauth_credentials_is_jws(text);
}


/* Three parts, none of them empty, with a dot between them. */

static int
oauth_credentials_is_jws(oauth_str_t text)
{
    size_t         i, start, dots;
    unsigned char  c;

    start = 0;
    dots = 0;

    for (i = 0; i < text.len; i++) {

        c = text.data[i];

        if (c == '.') {

            if (i == start || ++dots > 2) {
                return 0;
            }

            start = i + 1;

        } else if (!oauth_credentials_is_b64token_byte(c)
                   || c == '+' || c == '/' || c == '~')
        {
            return 0;
        }
    }

    return dots == 2 && start < text.len;
}


/*
 * Returns the scheme that the value begins with, whatever follows; or NULL.
 * The first letters of their names differ.
 */

static const oauth_credentials_name_t *
oauth_credentials_name(oauth_str_t value)
{
    oauth_str_t                      begin;
    const oauth_credentials_name_t  *name;

    if (value.len == 0) {
        return NULL;
    }

    name = &oauth_credentials_names[(value.data[0] | 0x20) == 'd'];

    if (value.len < name->name.len) {
        return NULL;
    }

    begin.data = value.data;
    begin.len = name->name.len;

    return oauth_str_equal_nocase(begin, name->name) ? name : NULL;
}


/* In a b64token, "=" may stand at the end only. */

static int
oauth_credentials_is_b64token(oauth_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (!oauth_credentials_is_b64token_byte(text.data[i])) {
            break;
        }
    }

    if (i == 0) {
        return 0;
    }

    while (i < text.len && text.data[i] == '=') {
        i++;
    }

    return i == text.len;
}


static int
oauth_credentials_is_b64token_byte(unsigned char c)
{
    /* One bit for each byte: letters, digits, "-", ".", "_", "~", "+", "/". */

    static const uint32_t  bytes[8] = {
        0x00000000, 0x03ffe800, 0x87fffffe, 0x47fffffe, 0, 0, 0, 0
    };

    return bytes[c >> 5] >> (c & 0x1f) & 1;
}
