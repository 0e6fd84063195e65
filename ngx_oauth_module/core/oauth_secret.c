
/*
 * Random bytes, keyed hashes and wiping over OpenSSL, so that the module has no
 * generator of its own.  OpenSSL's error queue is empty after every call.
 */


#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
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


int
oauth_secret_sign(const unsigned char *secret, oauth_str_t text,
    unsigned char hash[OAUTH_SECRET_HASH])
{
    unsigned char  *rc;

    rc = HMAC(EVP_sha256(), secret, OAUTH_SECRET_HASH, text.data, text.len,
              hash, NULL);

    ERR_clear_error();

    return rc ? 0 : -1;
}


/* The length of the first text goes in first: so no two pairs are the same. */

int
oauth_secret_hash(const unsigned char *secret, oauth_str_t first,
    oauth_str_t second, unsigned char hash[OAUTH_SECRET_HASH])
{
    int          rc;
    oauth_buf_t  text;

    memset(&text, 0, sizeof(oauth_buf_t));

    oauth_buf_append(&text, &first.len, sizeof(first.len));
    oauth_buf_append_str(&text, first);
    oauth_buf_append_str(&text, second);

    rc = text.failed ? -1 : oauth_secret_sign(secret, oauth_buf_str(&text),
                                              hash);
    oauth_secret_free(&text);

    return rc;
}


void
oauth_secret_wipe(void *data, size_t len)
{
    if (len > 0) {
        OPENSSL_cleanse(data, len);
    }
}


void
oauth_secret_free(oauth_buf_t *buf)
{
    oauth_secret_wipe(buf->data, buf->size);
    oauth_buf_free(buf);
}
