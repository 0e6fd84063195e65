
/*
 * Reads trusted certificates (RFC 7468, RFC 5280) to find out whether that is
 * possible.  Nothing is kept: libcurl is given the text itself.
 */


#include <limits.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "oauth_certificates.h"


int
oauth_certificates_valid(oauth_str_t pem)
{
    BIO           *bio;
    X509          *certificate;
    int            n;
    unsigned long  error;

    if (pem.len > INT_MAX) {
        return 0;
    }

    bio = BIO_new_mem_buf(pem.data, (int) pem.len);
    if (bio == NULL) {
        ERR_clear_error();
        return 0;
    }

    ERR_clear_error();

    for (n = 0; /* void */ ; n++) {

        certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        if (certificate == NULL) {
            break;
        }

        X509_free(certificate);
    }

    /* OpenSSL reports the end of the text as an error, the only good one. */

    error = ERR_peek_last_error();

    BIO_free(bio);
    ERR_clear_error();

    return n > 0
           && ERR_GET_LIB(error) == ERR_LIB_PEM
           && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}
