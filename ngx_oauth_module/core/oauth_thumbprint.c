
/*
 * The thumbprint of a public key (RFC 7638 sections 3.2 and 3.3, RFC 8037
 * section 2).  The JSON text lives in a buffer for one call; there is nothing
 * secret in it.
 */


#include <string.h>

#include "oauth_base64url.h"
#include "oauth_thumbprint.h"


static void oauth_thumbprint_append(oauth_buf_t *buf, const char *before,
    oauth_str_t number);
static int oauth_thumbprint_done(oauth_buf_t *buf, unsigned char *dst);


int
oauth_thumbprint_write_rsa(oauth_str_t n, oauth_str_t e, unsigned char *dst)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_thumbprint_append(&buf, "{\"e\":\"", e);
    oauth_thumbprint_append(&buf, "\",\"kty\":\"RSA\",\"n\":\"", n);

    return oauth_thumbprint_done(&buf, dst);
}


int
oauth_thumbprint_write_ec(oauth_str_t curve, oauth_str_t x, oauth_str_t y,
    unsigned char *dst)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "{\"crv\":\"");
    oauth_buf_append_str(&buf, curve);
    oauth_thumbprint_append(&buf, "\",\"kty\":\"EC\",\"x\":\"", x);
    oauth_thumbprint_append(&buf, "\",\"y\":\"", y);

    return oauth_thumbprint_done(&buf, dst);
}


int
oauth_thumbprint_write_okp(oauth_str_t curve, oauth_str_t x,
    unsigned char *dst)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "{\"crv\":\"");
    oauth_buf_append_str(&buf, curve);
    oauth_thumbprint_append(&buf, "\",\"kty\":\"OKP\",\"x\":\"", x);

    return oauth_thumbprint_done(&buf, dst);
}


static void
oauth_thumbprint_append(oauth_buf_t *buf, const char *before,
    oauth_str_t number)
{
    oauth_buf_append_text(buf, before);
    oauth_base64url_append(buf, number);
}


static int
oauth_thumbprint_done(oauth_buf_t *buf, unsigned char *dst)
{
    int  rc;

    oauth_buf_append_literal(buf, "\"}");

    rc = buf->failed ? -1 : oauth_hash_write(oauth_buf_str(buf), dst);

    oauth_buf_free(buf);

    return rc;
}
