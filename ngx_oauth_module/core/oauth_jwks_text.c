
/*
 * Writes a key set (RFC 7517 section 5) that is no longer than it has to be: it
 * has those members of a key that oauth_jwk reads, where they are strings.  The
 * text is the caller's.
 */


#include <string.h>

#include "oauth_jwks_text.h"


static int oauth_jwks_text_write(const char *data, size_t len, void *text);


void
oauth_jwks_text_append(oauth_buf_t *text, const json_t *key)
{
    size_t         i;
    const char    *separator;
    const json_t  *member;

    static const char  *names[] = { "kty", "kid", "alg", "crv", "n", "e", "x",
                                    "y" };

    if (text->len == 0) {
        oauth_buf_append_literal(text, "{\"keys\":[{");

    } else {
        oauth_buf_append_literal(text, ",{");
    }

    separator = "\"";

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        member = json_object_get(key, names[i]);
        if (!json_is_string(member)) {
            continue;
        }

        oauth_buf_append(text, separator, strlen(separator));
        oauth_buf_append(text, names[i], strlen(names[i]));
        oauth_buf_append_literal(text, "\":");

        if (json_dump_callback(member, oauth_jwks_text_write, text,
                               JSON_ENCODE_ANY|JSON_COMPACT)
            != 0)
        {
            text->failed = 1;
        }

        separator = ",\"";
    }

    oauth_buf_append_literal(text, "}");
}


void
oauth_jwks_text_end(oauth_buf_t *text)
{
    oauth_buf_append_literal(text, "]}");
}


static int
oauth_jwks_text_write(const char *data, size_t len, void *text)
{
    oauth_buf_t  *buf;

    buf = text;
    oauth_buf_append(buf, data, len);

    return buf->failed ? -1 : 0;
}
