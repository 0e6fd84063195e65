
/*
 * Random bytes and wiping over OpenSSL, so that the module has no generator of
 * its own.  OpenSSL's error queue is empty after every call.
 */


#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "oauth_secret.h"


int
oauth_secret_create(unsigned char *data, size_t len)
{
    int  rc;

    rc = RAND_bytes_ex(NULL, data, len, 0);

    ERR_clear_error();

    return (rc == 1) ? 0 : -1;
}


void
oauth_secret_wipe(void *data, size_t len)
{
    if (len > 0) {
        OPENSSL_cleanse(data, len);
    }
}
