
/*
 * Parsing a JWS.  Input: the text of the JWS.  If the input begins with "{", it
 * is three lines from which the JWS is made: the header and the payload as
 * JSON, and the bytes of the signature.  The parts, put together again, must be
 * the text.  The header must say what the result says.  If the text is refused,
 * the log must be told the truth about it.
 */


#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "keys.h"
#include "oauth_base64url.h"
#include "oauth_document.h"
#include "oauth_jws.h"
#include "oauth_refused.h"


static void fuzz_encode(oauth_str_t input, oauth_buf_t *buf);
static void fuzz_parse(oauth_str_t text);
static void fuzz_refused(oauth_str_t text, oauth_reason_t reason);
static void fuzz_parts(oauth_str_t text, const oauth_jws_t *jws);
static void fuzz_header(const json_t *header, const oauth_jws_t *jws);
static void fuzz_type(const json_t *header, oauth_jws_type_t type);
static json_t *fuzz_header_of(oauth_str_t text);


static fuzz_pattern_t  fuzz_access = {
    .text = "^([Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]/)?"
            "[Aa][Tt]\\+[Jj][Ww][Tt]$"
};

static fuzz_pattern_t  fuzz_jwt = {
    .text = "^([Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]/)?"
            "([Jj][Ww][Tt]|[Jj][Oo][Ss][Ee])$"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_buf_t  buf;
    oauth_str_t  input;

    input.data = data;
    input.len = size;

    if (size == 0 || data[0] != '{') {
        fuzz_parse(input);
        return 0;
    }

    memset(&buf, 0, sizeof(oauth_buf_t));

    fuzz_encode(input, &buf);
    input = fuzz_copy(oauth_buf_str(&buf));

    fuzz_parse(input);

    fuzz_free(input);
    oauth_buf_free(&buf);

    return 0;
}


static void
fuzz_encode(oauth_str_t input, oauth_buf_t *buf)
{
    oauth_str_t  header, payload;

    header = fuzz_line(&input);
    payload = fuzz_line(&input);

    keys_append_input(buf, header, payload);
    oauth_buf_append_literal(buf, ".");
    keys_append_base64url(buf, fuzz_line(&input));
}


static void
fuzz_parse(oauth_str_t text)
{
    json_t          *header;
    oauth_jws_t      jws;
    oauth_reason_t   reason;

    memset(&jws, 0xa5, sizeof(oauth_jws_t));

    reason = oauth_jws_parse(text, &jws);
    fuzz_need_clean();

    fuzz_refused(text, reason);

    if (reason != OAUTH_OK) {
        fuzz_need(reason == OAUTH_MALFORMED_TOKEN
                  || reason == OAUTH_UNSUPPORTED_TOKEN
                  || reason == OAUTH_WRONG_ALGORITHM);
        fuzz_need(jws.storage == NULL && jws.kid.data == NULL
                  && jws.payload == NULL && jws.signature.data == NULL);
        return;
    }

    fuzz_accepted = 1;

    fuzz_parts(text, &jws);

    header = fuzz_header_of(text);
    fuzz_header(header, &jws);
    json_decref(header);

    oauth_jws_free(&jws);
    fuzz_need(jws.storage == NULL);
}


/*
 * What the log is told: each malformed token has a sentence that says what is
 * wrong.
 */

static void
fuzz_refused(oauth_str_t text, oauth_reason_t reason)
{
    oauth_refused_t  refused;

    oauth_refused_read(text, &refused);
    fuzz_need_clean();

    fuzz_need(reason != OAUTH_OK || refused.fault == NULL);
    fuzz_need(reason != OAUTH_MALFORMED_TOKEN || refused.fault);
    fuzz_need(reason != OAUTH_UNSUPPORTED_TOKEN
              || refused.encrypted || refused.extension);

    oauth_refused_opaque(text);

    oauth_refused_free(&refused);
}


static void
fuzz_parts(oauth_str_t text, const oauth_jws_t *jws)
{
    size_t                 dots, i;
    oauth_buf_t            buf;
    const unsigned char   *dot;

    fuzz_need(text.len <= OAUTH_JWS_SIZE);
    fuzz_need(jws->signature.len <= OAUTH_JWS_SIGNATURE);
    fuzz_need(jws->input.data == text.data);

    for (i = 0, dots = 0; i < text.len; i++) {
        dots += (text.data[i] == '.');
    }

    fuzz_need(dots == 2);

    dot = memchr(text.data, '.', text.len);

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append(&buf, text.data, (size_t) (dot - text.data) + 1);
    keys_append_base64url(&buf, (oauth_str_t) { jws->npayload, jws->payload });
    fuzz_need(oauth_str_equal(oauth_buf_str(&buf), jws->input));

    oauth_buf_append_literal(&buf, ".");
    keys_append_base64url(&buf, jws->signature);
    fuzz_need(oauth_str_equal(oauth_buf_str(&buf), text));

    oauth_buf_free(&buf);
}


static void
fuzz_header(const json_t *header, const oauth_jws_t *jws)
{
    size_t       i;
    oauth_str_t  value;

    static const char  *never[] = { "enc", "zip", "crit", "b64" };

    for (i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        fuzz_need(json_object_get(header, never[i]) == NULL);
    }

    fuzz_need(oauth_document_string(header, "alg", &value) == 1);
    fuzz_need(jws->alg && oauth_str_equal(value, jws->alg->name));

    fuzz_type(header, jws->type);

    if (jws->kid.data == NULL) {
        fuzz_need(json_object_get(header, "kid") == NULL);
        return;
    }

    fuzz_need(jws->kid.len >= 1 && jws->kid.len <= OAUTH_JWS_KID);
    fuzz_need(oauth_document_string(header, "kid", &value) == 1);
    fuzz_need(oauth_str_equal(value, jws->kid));
}


static void
fuzz_type(const json_t *header, oauth_jws_type_t type)
{
    oauth_str_t  value;

    if (json_object_get(header, "typ") == NULL) {
        fuzz_need(type == OAUTH_TYPE_ABSENT);
        return;
    }

    fuzz_need(oauth_document_string(header, "typ", &value) == 1);

    if (fuzz_matches(&fuzz_access, value)) {
        fuzz_need(type == OAUTH_TYPE_ACCESS);

    } else if (fuzz_matches(&fuzz_jwt, value)) {
        fuzz_need(type == OAUTH_TYPE_JWT);

    } else {
        fuzz_need(type == OAUTH_TYPE_OTHER);
    }
}


static json_t *
fuzz_header_of(oauth_str_t text)
{
    json_t         *header;
    oauth_str_t     segment, decoded;
    unsigned char  *bytes;

    segment.data = text.data;
    segment.len = (size_t) ((const unsigned char *) memchr(text.data, '.',
                                                           text.len)
                            - text.data);

    bytes = malloc(oauth_base64url_decoded_size(segment.len));
    fuzz_need(bytes);

    decoded.data = bytes;
    fuzz_need(oauth_base64url_parse(segment, bytes, &decoded.len) == 0);

    (void) oauth_document_parse(decoded, OAUTH_JSON_MEMBERS, &header);
    fuzz_need(header);

    free(bytes);

    return header;
}
