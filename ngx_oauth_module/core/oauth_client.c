
/*
 * The client's credentials in a request to an authorization server (RFC 6749
 * section 2.3.1, RFC 7523 section 2.2), and the form that asks about a token
 * (RFC 7662 section 2.1).  Buffers have their size before a secret is written
 * to them, because a buffer that grows leaves a copy behind.
 */


#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "oauth_base64url.h"
#include "oauth_client.h"
#include "oauth_secret.h"


#define OAUTH_CLIENT_LIFETIME  60       /* seconds that an assertion is good  */
#define OAUTH_CLIENT_JTI       16       /* random bytes in its jti            */
#define OAUTH_CLIENT_NAMES     512      /* more than the names in a form need */


#define oauth_client_escaped_size(len)  ((len) * 3)


static void oauth_client_append_base64(oauth_buf_t *buf, oauth_str_t s);
static oauth_result_t oauth_client_append_assertion(
    const oauth_client_t *client, oauth_str_t issuer, int64_t now,
    oauth_buf_t *buf);
static void oauth_client_append_escaped(oauth_buf_t *buf, oauth_str_t s);
static int oauth_client_is_plain(unsigned char c);


void
oauth_client_append_authorization(const oauth_client_t *client,
    oauth_buf_t *buf)
{
    oauth_buf_t  pair;

    if (client->kind != OAUTH_CLIENT_BASIC
        && client->kind != OAUTH_CLIENT_BASIC_RAW)
    {
        return;
    }

    memset(&pair, 0, sizeof(oauth_buf_t));

    oauth_buf_reserve(&pair,
                      oauth_client_escaped_size(client->id.len
                                                + client->secret.len) + 1);

    if (client->kind == OAUTH_CLIENT_BASIC) {
        oauth_client_append_escaped(&pair, client->id);
        oauth_buf_append_literal(&pair, ":");
        oauth_client_append_escaped(&pair, client->secret);

    } else {
        oauth_buf_append_str(&pair, client->id);
        oauth_buf_append_literal(&pair, ":");
        oauth_buf_append_str(&pair, client->secret);
    }

    if (pair.failed) {
        buf->failed = 1;

    } else {
        oauth_client_append_base64(buf, oauth_buf_str(&pair));
    }

    oauth_secret_free(&pair);
}


oauth_result_t
oauth_client_append_form(const oauth_client_t *client, oauth_str_t token,
    oauth_str_t issuer, int64_t now, oauth_buf_t *buf)
{
    oauth_buf_t      assertion;
    oauth_result_t   result;

    memset(&assertion, 0, sizeof(oauth_buf_t));

    if (client->kind == OAUTH_CLIENT_KEY) {
        result = oauth_client_append_assertion(client, issuer, now,
                                               &assertion);
        if (result != OAUTH_DONE) {
            oauth_secret_free(&assertion);
            return result;
        }
    }

    oauth_buf_reserve(buf, OAUTH_CLIENT_NAMES + assertion.len
                           + oauth_client_escaped_size(token.len
                                                       + client->id.len
                                                       + client->secret.len));

    oauth_buf_append_literal(buf, "token=");
    oauth_client_append_escaped(buf, token);
    oauth_buf_append_literal(buf, "&token_type_hint=access_token");

    if (client->id.len > 0
        && client->kind != OAUTH_CLIENT_BASIC
        && client->kind != OAUTH_CLIENT_BASIC_RAW)
    {
        oauth_buf_append_literal(buf, "&client_id=");
        oauth_client_append_escaped(buf, client->id);
    }

    if (client->kind == OAUTH_CLIENT_POST) {
        oauth_buf_append_literal(buf, "&client_secret=");
        oauth_client_append_escaped(buf, client->secret);
    }

    /* A JWT has only characters that need no escaping. */

    if (client->kind == OAUTH_CLIENT_KEY) {
        oauth_buf_append_literal(buf,
                                 "&client_assertion_type=urn%3Aietf%3Aparams"
                                 "%3Aoauth%3Aclient-assertion-type"
                                 "%3Ajwt-bearer&client_assertion=");
        oauth_buf_append_str(buf, oauth_buf_str(&assertion));
    }

    oauth_secret_free(&assertion);

    return buf->failed ? OAUTH_NO_MEMORY : OAUTH_DONE;
}


/*
 * The assertion by which the client proves to the authorization server who it
 * is (RFC 7523 section 3); it has nothing to do with those that the app gets
 * (oauth_assertion.h).  The audience is the issuer, which the revision of that
 * RFC demands.  If it were an endpoint, a hostile server could name the
 * endpoint of another server as its own, and use the assertion there.
 */

static oauth_result_t
oauth_client_append_assertion(const oauth_client_t *client,
    oauth_str_t issuer, int64_t now, oauth_buf_t *buf)
{
    int             rc;
    char           *text;
    size_t          len;
    json_t         *claims;
    json_error_t    error;
    unsigned char   random[OAUTH_CLIENT_JTI];
    unsigned char   jti[oauth_base64url_encoded_size(OAUTH_CLIENT_JTI)];

    if (oauth_secret_create(random, sizeof(random)) != 0) {
        return OAUTH_NO_MEMORY;
    }

    len = oauth_base64url_write((oauth_str_t) { sizeof(random), random }, jti);

    claims = json_pack_ex(&error, 0, "{s:s%, s:s%, s:s%, s:s%, s:I, s:I}",
                          "iss", client->id.data, client->id.len,
                          "sub", client->id.data, client->id.len,
                          "aud", issuer.data, issuer.len,
                          "jti", jti, len,
                          "iat", (json_int_t) now,
                          "exp", (json_int_t) now + OAUTH_CLIENT_LIFETIME);

    if (claims == NULL) {
        return (json_error_code(&error) == json_error_invalid_utf8)
               ? OAUTH_INVALID : OAUTH_NO_MEMORY;
    }

    text = json_dumps(claims, JSON_COMPACT);
    json_decref(claims);

    if (text == NULL) {
        return OAUTH_NO_MEMORY;
    }

    rc = oauth_signer_sign(client->signer, oauth_str_of(text), buf);
    free(text);

    return (rc == 0) ? OAUTH_DONE : OAUTH_NO_MEMORY;
}


/* The alphabet and the padding of RFC 4648 section 4. */

static void
oauth_client_append_base64(oauth_buf_t *buf, oauth_str_t s)
{
    size_t          i, len, size;
    unsigned char  *p;

    size = (s.len + 2) / 3 * 4;

    oauth_buf_reserve(buf, sizeof("Basic ") - 1 + size);
    oauth_buf_append_literal(buf, "Basic ");

    if (buf->failed) {
        return;
    }

    p = buf->data + buf->len;
    len = oauth_base64url_write(s, p);

    for (i = 0; i < len; i++) {
        p[i] = (p[i] == '-') ? '+' : (p[i] == '_') ? '/' : p[i];
    }

    while (len < size) {
        p[len++] = '=';
    }

    buf->len += size;
}


/*
 * application/x-www-form-urlencoded (RFC 6749 appendix B).  As little as
 * possible is escaped, and a space is %20: so a server that does not decode
 * the credentials takes most of them as well.
 */

static void
oauth_client_append_escaped(oauth_buf_t *buf, oauth_str_t s)
{
    size_t  i;
    char    escape[3];

    static const char  digits[] = "0123456789ABCDEF";

    for (i = 0; i < s.len; i++) {
        if (oauth_client_is_plain(s.data[i])) {
            oauth_buf_append(buf, &s.data[i], 1);
            continue;
        }

        escape[0] = '%';
        escape[1] = digits[s.data[i] >> 4];
        escape[2] = digits[s.data[i] & 15];
        oauth_buf_append(buf, escape, 3);
    }
}


static int
oauth_client_is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || c == '-' || c == '.' || c == '_' || c == '~';
}
