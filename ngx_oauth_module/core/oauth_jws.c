
/*
 * Takes a JWS in compact serialisation apart (RFC 7515 sections 3.1, 4.1 and
 * 5.2).  Lengths are checked before anything is decoded, and the header is
 * checked before payload and signature are decoded.  The nodes describe the
 * header until the caller uses them for the payload.
 */


#include <stdlib.h>
#include <string.h>

#include "oauth_base64url.h"
#include "oauth_jws.h"
#include "oauth_secret.h"


typedef struct {
    oauth_str_t           header;
    oauth_str_t           payload;
    oauth_str_t           signature;
} oauth_jws_segments_t;


static oauth_reason_t oauth_jws_split(oauth_str_t text,
    oauth_jws_segments_t *segments);
static size_t oauth_jws_count(oauth_str_t text);
static oauth_str_t oauth_jws_segment(oauth_str_t *rest);
static int oauth_jws_allocate(oauth_jws_t *jws,
    const oauth_jws_segments_t *segments);
static int oauth_jws_decode(oauth_str_t segment, unsigned char *dst,
    oauth_str_t *decoded);
static oauth_reason_t oauth_jws_parse_header(oauth_jws_t *jws, size_t len);
static oauth_reason_t oauth_jws_read_header(oauth_jws_t *jws,
    const oauth_json_t *header);
static oauth_reason_t oauth_jws_read_type(oauth_jws_t *jws,
    const oauth_json_t *header);
static int oauth_jws_type(const oauth_json_t *header, oauth_str_t *type);
static oauth_reason_t oauth_jws_read_kid(oauth_jws_t *jws,
    const oauth_json_t *header);


oauth_reason_t
oauth_jws_parse(oauth_str_t text, oauth_jws_t *jws)
{
    oauth_str_t            header, payload;
    unsigned char         *p;
    oauth_reason_t         reason;
    oauth_jws_segments_t   segments;

    memset(jws, 0, sizeof(oauth_jws_t));

    reason = oauth_jws_split(text, &segments);
    if (reason != OAUTH_OK) {
        return reason;
    }

    if (oauth_jws_allocate(jws, &segments) != 0) {
        return OAUTH_SERVER_ERROR;
    }

    reason = OAUTH_MALFORMED_TOKEN;
    p = jws->storage;

    if (oauth_jws_decode(segments.header, p, &header) != 0) {
        goto failed;
    }

    reason = oauth_jws_parse_header(jws, header.len);
    if (reason != OAUTH_OK) {
        goto failed;
    }

    reason = OAUTH_MALFORMED_TOKEN;
    p += oauth_base64url_decoded_size(segments.header.len);

    if (oauth_jws_decode(segments.payload, p, &payload) != 0) {
        goto failed;
    }

    jws->payload = p;
    jws->npayload = payload.len;

    p += oauth_base64url_decoded_size(segments.payload.len);

    if (oauth_jws_decode(segments.signature, p, &jws->signature) != 0) {
        goto failed;
    }

    jws->input.data = text.data;
    jws->input.len = segments.header.len + 1 + segments.payload.len;

    return OAUTH_OK;

failed:

    oauth_jws_free(jws);

    return reason;
}


int
oauth_jws_is_type(const oauth_jws_t *jws, oauth_str_t type)
{
    oauth_str_t  found;

    return oauth_jws_type(jws->nodes, &found) == 1
           && oauth_str_equal_nocase(found, type);
}


void
oauth_jws_free(oauth_jws_t *jws)
{
    if (jws->storage) {
        oauth_secret_wipe(jws->storage, jws->size);
    }

    free(jws->storage);
    free(jws->nodes);
    memset(jws, 0, sizeof(oauth_jws_t));
}


static oauth_reason_t
oauth_jws_split(oauth_str_t text, oauth_jws_segments_t *segments)
{
    size_t  n;

    if (text.len > OAUTH_JWS_SIZE) {
        return OAUTH_MALFORMED_TOKEN;
    }

    n = oauth_jws_count(text);

    if (n != 3) {
        return (n == 5) ? OAUTH_UNSUPPORTED_TOKEN : OAUTH_MALFORMED_TOKEN;
    }

    segments->header = oauth_jws_segment(&text);
    segments->payload = oauth_jws_segment(&text);
    segments->signature = text;

    if (segments->signature.len
        > oauth_base64url_encoded_size(OAUTH_JWS_SIGNATURE))
    {
        return OAUTH_MALFORMED_TOKEN;
    }

    return OAUTH_OK;
}


/* Returns the number of segments; 6 stands for all larger numbers. */

static size_t
oauth_jws_count(oauth_str_t text)
{
    size_t                n;
    const unsigned char  *p, *last;

    if (text.len == 0) {
        return 0;
    }

    last = text.data + text.len;

    for (n = 1, p = text.data; n < 6; n++) {
        p = memchr(p, '.', (size_t) (last - p));
        if (p == NULL) {
            break;
        }

        p++;
    }

    return n;
}


/*
 * Returns the text before the next dot, which has to be there; *rest begins
 * after that dot.
 */

static oauth_str_t
oauth_jws_segment(oauth_str_t *rest)
{
    oauth_str_t           segment;
    const unsigned char  *dot;

    dot = memchr(rest->data, '.', rest->len);

    segment.data = rest->data;
    segment.len = (size_t) (dot - rest->data);

    rest->data = dot + 1;
    rest->len -= segment.len + 1;

    return segment;
}


/* Returns 0, or -1: memory is short. */

static int
oauth_jws_allocate(oauth_jws_t *jws, const oauth_jws_segments_t *segments)
{
    size_t  header, payload;

    header = oauth_base64url_decoded_size(segments->header.len);
    payload = oauth_base64url_decoded_size(segments->payload.len);

    jws->size = header + payload
                + oauth_base64url_decoded_size(segments->signature.len);
    jws->nnodes = oauth_json_nodes(header > payload ? header : payload);

    jws->storage = malloc(jws->size);
    jws->nodes = malloc(jws->nnodes * sizeof(oauth_json_t));

    if (jws->storage && jws->nodes) {
        return 0;
    }

    free(jws->storage);
    free(jws->nodes);
    memset(jws, 0, sizeof(oauth_jws_t));

    return -1;
}


/* Returns 0, or -1 where the segment is empty or not base64url. */

static int
oauth_jws_decode(oauth_str_t segment, unsigned char *dst,
    oauth_str_t *decoded)
{
    decoded->data = dst;

    return segment.len > 0
           && oauth_base64url_parse(segment, dst, &decoded->len) == 0 ? 0 : -1;
}


static oauth_reason_t
oauth_jws_parse_header(oauth_jws_t *jws, size_t len)
{
    const oauth_json_t  *header;

    header = oauth_json_parse(jws->storage, len, jws->nodes, jws->nnodes);

    return header ? oauth_jws_read_header(jws, header) : OAUTH_MALFORMED_TOKEN;
}


static oauth_reason_t
oauth_jws_read_header(oauth_jws_t *jws, const oauth_json_t *header)
{
    oauth_str_t     name;
    oauth_reason_t  reason;

    /*
     * RFC 7515 section 4.1.11: an extension that is not understood makes the
     * JWS invalid, and none is understood here.  b64 (RFC 7797) changes what
     * the payload means, also where crit does not list it.  These members are
     * refused even if they are null, since nobody knows what that means.
     */

    if (oauth_json_member(header, oauth_str("enc"))
        || oauth_json_member(header, oauth_str("zip"))
        || oauth_json_member(header, oauth_str("crit"))
        || oauth_json_member(header, oauth_str("b64")))
    {
        return OAUTH_UNSUPPORTED_TOKEN;
    }

    if (oauth_json_string(header, oauth_str("alg"), &name) != 1) {
        return OAUTH_WRONG_ALGORITHM;
    }

    jws->alg = oauth_alg_lookup(name);
    if (jws->alg == NULL) {
        return OAUTH_WRONG_ALGORITHM;
    }

    reason = oauth_jws_read_type(jws, header);
    if (reason != OAUTH_OK) {
        return reason;
    }

    return oauth_jws_read_kid(jws, header);
}


/* RFC 9068 section 2.1.  JOSE says only that the JWS is in this form. */

static oauth_reason_t
oauth_jws_read_type(oauth_jws_t *jws, const oauth_json_t *header)
{
    oauth_str_t  type;

    switch (oauth_jws_type(header, &type)) {

    case 0:
        jws->type = OAUTH_TYPE_ABSENT;
        return OAUTH_OK;

    case 1:
        break;

    default:
        return OAUTH_MALFORMED_TOKEN;
    }

    if (oauth_str_equal_nocase(type, oauth_str("at+jwt"))) {
        jws->type = OAUTH_TYPE_ACCESS;

    } else if (oauth_str_equal_nocase(type, oauth_str("JWT"))
               || oauth_str_equal_nocase(type, oauth_str("JOSE")))
    {
        jws->type = OAUTH_TYPE_JWT;

    } else {
        jws->type = OAUTH_TYPE_OTHER;
    }

    return OAUTH_OK;
}


/*
 * Reads typ as oauth_json_string does.  RFC 7515 section 4.1.9: media types are
 * not case-sensitive, and "application/" may be left out.
 */

static int
oauth_jws_type(const oauth_json_t *header, oauth_str_t *type)
{
    int          found;
    oauth_str_t  prefix;

    found = oauth_json_string(header, oauth_str("typ"), type);
    if (found != 1) {
        return found;
    }

    prefix.data = type->data;
    prefix.len = sizeof("application/") - 1;

    if (type->len > prefix.len
        && oauth_str_equal_nocase(prefix, oauth_str("application/")))
    {
        type->data += prefix.len;
        type->len -= prefix.len;
    }

    return 1;
}


static oauth_reason_t
oauth_jws_read_kid(oauth_jws_t *jws, const oauth_json_t *header)
{
    int          found;
    oauth_str_t  kid;

    found = oauth_json_string(header, oauth_str("kid"), &kid);
    if (found == 0) {
        return OAUTH_OK;
    }

    if (found < 0 || kid.len == 0 || kid.len > OAUTH_JWS_KID) {
        return OAUTH_MALFORMED_TOKEN;
    }

    jws->kid = kid;

    return OAUTH_OK;
}
