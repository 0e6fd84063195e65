
/*
 * SHA-256 (RFC 6234) over OpenSSL, in base64url (RFC 4648 section 5).  It owns
 * nothing.
 */


#include <openssl/err.h>
#include <openssl/evp.h>

#include "oauth_base64url.h"
#include "oauth_hash.h"


int
oauth_hash_write(oauth_str_t data, unsigned char *dst)
{
    int            rc;
    oauth_str_t    hash;
    unsigned char  bytes[EVP_MAX_MD_SIZE];

    hash.data = bytes;

    ERR_clear_error();

    rc = EVP_Q_digest(NULL, "SHA256", NULL, data.data, data.len, bytes,
                      &hash.len);

    ERR_clear_error();

    if (rc != 1) {
        return -1;
    }

    (void) oauth_base64url_write(hash, dst);

    return 0;
}
