
/*
 * Reads a client's certificate from text: the escapes of URLs and the white
 * space are taken out, then the lines around the base64 of PEM (RFC 7468) or
 * the colons of RFC 9440, and what remains is base64 (RFC 4648 section 4) of
 * one certificate in DER (RFC 5280).  The memory of a call is freed by it.
 */


#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "oauth_base64url.h"
#include "oauth_certificate.h"
#include "oauth_encoding.h"


/* The lines of PEM, whose spaces are taken out like all others. */

static const oauth_str_t  oauth_certificate_begin =
    oauth_string("-----BEGINCERTIFICATE-----");
static const oauth_str_t  oauth_certificate_end =
    oauth_string("-----ENDCERTIFICATE-----");


/* A text that begins with one of these is Envoy's field. */

static const oauth_str_t  oauth_certificate_keys[] = {
    oauth_string("By="),
    oauth_string("Hash="),
    oauth_string("Cert="),
    oauth_string("Chain="),
    oauth_string("Subject="),
    oauth_string("URI="),
    oauth_string("DNS=")
};

#define OAUTH_CERTIFICATE_KEYS                                                \
    (sizeof(oauth_certificate_keys) / sizeof(oauth_certificate_keys[0]))


static int oauth_certificate_is_envoy(oauth_str_t text);
static oauth_reason_t oauth_certificate_envoy(oauth_str_t text,
    oauth_str_t *value);
static int oauth_certificate_member(oauth_str_t *rest, oauth_str_t *key,
    oauth_str_t *value);
static int oauth_certificate_quoted(oauth_str_t *rest, oauth_str_t *value);
static void oauth_certificate_skip(oauth_str_t *rest, size_t n);
static int oauth_certificate_unescape(oauth_str_t text, unsigned char *dst,
    size_t *len);
static int oauth_certificate_is_space(unsigned char c);
static oauth_reason_t oauth_certificate_unwrap(oauth_str_t *text);
static int oauth_certificate_base64(unsigned char *text, size_t len,
    unsigned char *der, size_t *size);
static oauth_reason_t oauth_certificate_check(oauth_str_t der);
static oauth_reason_t oauth_certificate_read(oauth_str_t text,
    unsigned char *memory, unsigned char *thumbprint);


oauth_reason_t
oauth_certificate_parse(oauth_str_t text, unsigned char *thumbprint)
{
    unsigned char   *memory;
    oauth_reason_t   reason;

    if (text.len > OAUTH_CERTIFICATE_SIZE) {
        return OAUTH_CERTIFICATE_MALFORMED;
    }

    if (oauth_certificate_is_envoy(text)) {
        reason = oauth_certificate_envoy(text, &text);

        if (reason != OAUTH_OK) {
            return reason;
        }
    }

    if (text.len == 0) {
        return OAUTH_NO_CERTIFICATE;
    }

    memory = malloc(text.len + oauth_base64url_decoded_size(text.len));
    if (memory == NULL) {
        return OAUTH_SERVER_ERROR;
    }

    reason = oauth_certificate_read(text, memory, thumbprint);

    free(memory);

    return reason;
}


/* "memory" has room for the text, and behind it for what it decodes to. */

static oauth_reason_t
oauth_certificate_read(oauth_str_t text, unsigned char *memory,
    unsigned char *thumbprint)
{
    size_t           len;
    oauth_str_t      body, der;
    unsigned char   *start, *bytes;
    oauth_reason_t   reason;

    if (!oauth_certificate_unescape(text, memory, &len)) {
        return OAUTH_CERTIFICATE_MALFORMED;
    }

    body.data = memory;
    body.len = len;

    reason = oauth_certificate_unwrap(&body);

    if (reason != OAUTH_OK) {
        return reason;
    }

    start = memory + (body.data - memory);
    bytes = memory + text.len;

    if (!oauth_certificate_base64(start, body.len, bytes, &der.len)) {
        return OAUTH_CERTIFICATE_MALFORMED;
    }

    der.data = bytes;

    reason = oauth_certificate_check(der);

    if (reason != OAUTH_OK) {
        return reason;
    }

    return oauth_hash_write(der, thumbprint) == 0 ? OAUTH_OK
                                                  : OAUTH_SERVER_ERROR;
}


static int
oauth_certificate_is_envoy(oauth_str_t text)
{
    size_t       i;
    oauth_str_t  start;

    start = text;

    for (i = 0; i < OAUTH_CERTIFICATE_KEYS; i++) {

        start.len = oauth_certificate_keys[i].len;

        if (text.len >= start.len
            && oauth_str_equal_nocase(start, oauth_certificate_keys[i]))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * The elements of the field are separated by commas, their members by
 * semicolons.  The nearest proxy has written the last element, and only that
 * one is about the client of the proxy.  An element before it may be the
 * client's own, so it must not be able to reach into the last one: a quote has
 * its place only where a value begins and where it ends.
 */

static oauth_reason_t
oauth_certificate_envoy(oauth_str_t text, oauth_str_t *value)
{
    unsigned int  found;
    oauth_str_t   key, rest, member;

    found = 0;
    rest = text;

    while (oauth_certificate_member(&rest, &key, &member)) {

        if (oauth_str_equal_nocase(key, oauth_str("Cert"))) {
            *value = member;
            found++;
        }

        if (rest.len == 0) {
            return found == 0 ? OAUTH_NO_CERTIFICATE
                   : found == 1 ? OAUTH_OK : OAUTH_CERTIFICATE_MALFORMED;
        }

        if (rest.data[0] == ',') {
            found = 0;
        }

        oauth_certificate_skip(&rest, 1);
    }

    return OAUTH_CERTIFICATE_MALFORMED;
}


/*
 * Takes a member "key=value" from *rest, which then is empty or begins with
 * the separator that follows.  Returns 1; or 0 if there is no member.
 */

static int
oauth_certificate_member(oauth_str_t *rest, oauth_str_t *key,
    oauth_str_t *value)
{
    size_t                i;
    const unsigned char  *p;

    while (rest->len && oauth_certificate_is_space(rest->data[0])) {
        oauth_certificate_skip(rest, 1);
    }

    p = rest->len ? memchr(rest->data, '=', rest->len) : NULL;
    if (p == NULL) {
        return 0;
    }

    key->data = rest->data;
    key->len = (size_t) (p - rest->data);

    if (memchr(key->data, ',', key->len)
        || memchr(key->data, ';', key->len)
        || memchr(key->data, '"', key->len))
    {
        return 0;
    }

    oauth_certificate_skip(rest, key->len + 1);

    if (rest->len && rest->data[0] == '"') {
        return oauth_certificate_quoted(rest, value);
    }

    for (i = 0; i < rest->len; i++) {

        if (rest->data[i] == ',' || rest->data[i] == ';') {
            break;
        }

        if (rest->data[i] == '"') {
            return 0;
        }
    }

    value->data = rest->data;
    value->len = i;

    oauth_certificate_skip(rest, i);

    return 1;
}


/*
 * Takes a value in quotes.  A quote with a backslash before it does not end the
 * value, which is returned as it is, with its backslashes.
 */

static int
oauth_certificate_quoted(oauth_str_t *rest, oauth_str_t *value)
{
    size_t  i;

    for (i = 1; i < rest->len && rest->data[i] != '"'; i++) {
        if (rest->data[i] == '\\') {
            i++;
        }
    }

    if (i >= rest->len) {
        return 0;
    }

    value->data = rest->data + 1;
    value->len = i - 1;
    oauth_certificate_skip(rest, i + 1);

    return rest->len == 0 || rest->data[0] == ',' || rest->data[0] == ';';
}


static void
oauth_certificate_skip(oauth_str_t *rest, size_t n)
{
    rest->data += n;
    rest->len -= n;
}


/*
 * Copies the text without white space, and with the bytes that its escapes
 * stand for.  Returns 1; or 0 if an escape is not complete.
 */

static int
oauth_certificate_unescape(oauth_str_t text, unsigned char *dst, size_t *len)
{
    int             escaped;
    unsigned char   c, *start;

    start = dst;

    while (text.len) {

        c = text.data[0];

        if (c == '%') {
            escaped = oauth_encoding_escape(text);

            if (escaped < 0) {
                return 0;
            }

            c = (unsigned char) escaped;
            oauth_certificate_skip(&text, OAUTH_ENCODING_ESCAPE);

        } else {
            oauth_certificate_skip(&text, 1);
        }

        if (!oauth_certificate_is_space(c)) {
            *dst++ = c;
        }
    }

    *len = (size_t) (dst - start);

    return 1;
}


static int
oauth_certificate_is_space(unsigned char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}


/*
 * Removes the colons of RFC 9440 or the lines of PEM around the base64.  An
 * empty text, and nothing between two colons, mean that there is no
 * certificate; nothing between the lines of PEM is malformed.
 */

static oauth_reason_t
oauth_certificate_unwrap(oauth_str_t *text)
{
    size_t       begin, end;
    oauth_str_t  tail;

    begin = 0;
    end = 0;

    if (oauth_str_starts(*text, oauth_str(":"))) {
        begin = 1;
        tail = oauth_str(":");

    } else if (oauth_str_starts(*text, oauth_certificate_begin)) {
        begin = oauth_certificate_begin.len;
        tail = oauth_certificate_end;
    }

    if (begin) {
        end = tail.len;

        if (text->len < begin + end
            || memcmp(text->data + text->len - end, tail.data, end) != 0)
        {
            return OAUTH_CERTIFICATE_MALFORMED;
        }
    }

    text->data += begin;
    text->len -= begin + end;

    if (text->len > 0) {
        return OAUTH_OK;
    }

    return (end == oauth_certificate_end.len) ? OAUTH_CERTIFICATE_MALFORMED
                                              : OAUTH_NO_CERTIFICATE;
}


/*
 * Decodes base64 with its padding, by way of base64url, so that there is one
 * spelling only; the text is changed.  Returns 1; or 0 if it is not base64.
 */

static int
oauth_certificate_base64(unsigned char *text, size_t len, unsigned char *der,
    size_t *size)
{
    size_t       i;
    oauth_str_t  digits;

    if (len % 4) {
        return 0;
    }

    for (i = 0; i < 2 && len && text[len - 1] == '='; i++) {
        len--;
    }

    for (i = 0; i < len; i++) {

        switch (text[i]) {

        case '+':
            text[i] = '-';
            break;

        case '/':
            text[i] = '_';
            break;

        case '-':
        case '_':
            return 0;
        }
    }

    digits.data = text;
    digits.len = len;

    return oauth_base64url_parse(digits, der, size) == 0;
}


/*
 * Requires one certificate and nothing else.  OpenSSL does not always say that
 * it had no memory, but malloc does: it sets errno.
 */

static oauth_reason_t
oauth_certificate_check(oauth_str_t der)
{
    X509                 *certificate;
    oauth_reason_t        reason;
    const unsigned char  *p;

    p = der.data;
    errno = 0;
    certificate = d2i_X509(NULL, &p, (long) der.len);

    if (certificate) {
        reason = (p == der.data + der.len) ? OAUTH_OK
                                           : OAUTH_CERTIFICATE_MALFORMED;

    } else {
        reason = (errno == ENOMEM) ? OAUTH_SERVER_ERROR
                                   : OAUTH_CERTIFICATE_MALFORMED;
    }

    X509_free(certificate);
    ERR_clear_error();

    return reason;
}
