
/*
 * A file of trusted certificates: it has one or more, with any text around
 * them, but none that is broken.  The certificates are made when the test runs.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "oauth_certificates.h"


typedef struct {
    char         text[16384];
    size_t       len;
} pem_t;


static void
append(pem_t *pem, const char *data, size_t len)
{
    assert_true(pem->len + len <= sizeof(pem->text));

    memcpy(pem->text + pem->len, data, len);
    pem->len += len;
}


static void
append_certificate(pem_t *pem)
{
    int        len;
    BIO       *bio;
    char      *data;
    X509      *certificate;
    EVP_PKEY  *key;

    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    bio = BIO_new(BIO_s_mem());

    assert_non_null(key);
    assert_non_null(certificate);
    assert_non_null(bio);

    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(bio, certificate), 1);

    len = (int) BIO_get_mem_data(bio, &data);
    append(pem, data, (size_t) len);

    BIO_free(bio);
    X509_free(certificate);
    EVP_PKEY_free(key);
}


static int
is_valid(const pem_t *pem)
{
    int          valid;
    oauth_str_t  text;

    text.data = (const unsigned char *) pem->text;
    text.len = pem->len;

    valid = oauth_certificates_valid(text);

    assert_int_equal(ERR_peek_error(), 0);

    return valid;
}


static void
certificates_good(void **state)
{
    pem_t  pem;

    (void) state;

    pem.len = 0;
    append_certificate(&pem);
    assert_int_equal(is_valid(&pem), 1);

    append_certificate(&pem);
    assert_int_equal(is_valid(&pem), 1);

    append(&pem, "a comment\n\n", 11);
    append_certificate(&pem);
    assert_int_equal(is_valid(&pem), 1);
}


static void
certificates_none(void **state)
{
    size_t      i;
    pem_t       pem;

    static const char *const  texts[] = {
        "",
        "\n",
        "no certificate\n",
        "-----BEGIN CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        pem.len = 0;
        append(&pem, texts[i], strlen(texts[i]));
        assert_int_equal(is_valid(&pem), 0);
    }
}


/* A file with a broken certificate is refused, even if another one is good. */

static void
certificates_broken(void **state)
{
    pem_t  pem;

    (void) state;

    pem.len = 0;
    append_certificate(&pem);
    pem.len -= 40;
    assert_int_equal(is_valid(&pem), 0);

    pem.len = 0;
    append_certificate(&pem);
    append(&pem, "-----BEGIN CERTIFICATE-----\nAAAA\n", 33);
    append(&pem, "-----END CERTIFICATE-----\n", 26);
    assert_int_equal(is_valid(&pem), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(certificates_good),
        cmocka_unit_test(certificates_none),
        cmocka_unit_test(certificates_broken)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
