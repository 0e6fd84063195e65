
/*
 * A client's certificate.  Input: the text of a header field, and then again
 * the DER encoding of a certificate.  OpenSSL says which DER is good: written
 * in each form it must lead to its hash, and anything else to a refusal.
 */


#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "fuzz.h"
#include "oauth_base64url.h"
#include "oauth_certificate.h"


#define SHA256  32


static void fuzz_text(oauth_str_t text);
static void fuzz_der(oauth_str_t der);
static int fuzz_is_certificate(oauth_str_t der);
static void fuzz_form(oauth_str_t der, int good, const char *before,
    oauth_str_t base64, int escape, const char *after);
static void fuzz_escape(oauth_buf_t *buf, oauth_str_t text);
static void fuzz_hash(oauth_str_t der,
    const unsigned char *thumbprint);


/* Envoy's field, and what any other text may consist of. */

static fuzz_pattern_t  fuzz_envoy = { .text = "^[A-Za-z]{2,7}=" };
static fuzz_pattern_t  fuzz_plain = {
    .text = "^[A-Za-z0-9+/=%: \t\r\n-]*$"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t  input;

    input.data = data;
    input.len = size;

    fuzz_text(input);
    fuzz_der(input);

    return 0;
}


static void
fuzz_text(oauth_str_t text)
{
    size_t                           len;
    oauth_str_t                      hash;
    unsigned char                    bytes[SHA256 + 1];
    oauth_reason_t                   reason;
    unsigned char   thumbprint[OAUTH_HASH_SIZE];

    reason = oauth_certificate_parse(text, thumbprint);

    fuzz_need_clean();
    fuzz_need(reason == OAUTH_OK || reason == OAUTH_NO_CERTIFICATE
              || reason == OAUTH_CERTIFICATE_MALFORMED);

    if (reason != OAUTH_OK) {
        return;
    }

    fuzz_accepted = 1;

    fuzz_need(fuzz_matches(&fuzz_envoy, text)
              || fuzz_matches(&fuzz_plain, text));

    hash.data = thumbprint;
    hash.len = OAUTH_HASH_SIZE;

    fuzz_need(oauth_base64url_parse(hash, bytes, &len) == 0 && len == SHA256);
}


static void
fuzz_der(oauth_str_t der)
{
    int             good, len;
    oauth_str_t     base64;
    unsigned char  *text;

    if (der.len == 0 || der.len > OAUTH_CERTIFICATE_SIZE / 8) {
        return;
    }

    good = fuzz_is_certificate(der);

    if (good) {
        fuzz_accepted = 1;
    }

    text = malloc(der.len / 3 * 4 + 5);
    fuzz_need(text);

    len = EVP_EncodeBlock(text, der.data, (int) der.len);
    fuzz_need(len > 0);

    base64.data = text;
    base64.len = (size_t) len;

    fuzz_form(der, good, "", base64, 0, "");
    fuzz_form(der, good, ":", base64, 0, ":");
    fuzz_form(der, good, "-----BEGIN CERTIFICATE-----\n", base64, 0,
              "\n-----END CERTIFICATE-----\n");
    fuzz_form(der, good, "-----BEGIN%20CERTIFICATE-----%0A", base64, 1,
              "%0A-----END%20CERTIFICATE-----%0A");
    fuzz_form(der, good, "By=a,Hash=b;Cert=\"", base64, 1, "\";Subject=\"\"");

    free(text);
}


static int
fuzz_is_certificate(oauth_str_t der)
{
    int                   good;
    X509                 *certificate;
    const unsigned char  *p;

    p = der.data;
    certificate = d2i_X509(NULL, &p, (long) der.len);

    good = (certificate != NULL && p == der.data + der.len);

    X509_free(certificate);
    ERR_clear_error();

    return good;
}


static void
fuzz_form(oauth_str_t der, int good, const char *before, oauth_str_t base64,
    int escape, const char *after)
{
    oauth_buf_t                      buf;
    oauth_reason_t                   reason;
    unsigned char   thumbprint[OAUTH_HASH_SIZE];

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_text(&buf, before);

    if (escape) {
        fuzz_escape(&buf, base64);

    } else {
        oauth_buf_append_str(&buf, base64);
    }

    oauth_buf_append_text(&buf, after);
    fuzz_need(!buf.failed);

    reason = oauth_certificate_parse(oauth_buf_str(&buf), thumbprint);

    fuzz_need_clean();
    fuzz_need(reason == (good ? OAUTH_OK : OAUTH_CERTIFICATE_MALFORMED));

    if (good) {
        fuzz_hash(der, thumbprint);
    }

    oauth_buf_free(&buf);
}


static void
fuzz_escape(oauth_buf_t *buf, oauth_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {

        switch (text.data[i]) {

        case '+':
            oauth_buf_append_literal(buf, "%2B");
            break;

        case '/':
            oauth_buf_append_literal(buf, "%2F");
            break;

        case '=':
            oauth_buf_append_literal(buf, "%3D");
            break;

        default:
            oauth_buf_append(buf, &text.data[i], 1);
        }
    }
}


static void
fuzz_hash(oauth_str_t der, const unsigned char *thumbprint)
{
    size_t         len;
    oauth_str_t    text;
    unsigned char  wanted[SHA256], found[SHA256 + 1];

    fuzz_need(EVP_Digest(der.data, der.len, wanted, NULL, EVP_sha256(), NULL));

    text.data = thumbprint;
    text.len = OAUTH_HASH_SIZE;

    fuzz_need(oauth_base64url_parse(text, found, &len) == 0);
    fuzz_need(len == SHA256 && memcmp(wanted, found, SHA256) == 0);
}
