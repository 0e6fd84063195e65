
/*
 * SHA-256 (RFC 6234) over OpenSSL, as it is and in base64url (RFC 4648 section
 * 5).  It owns nothing.
 */


#include <openssl/err.h>
#include <openssl/evp.h>

#include "oauth_base64url.h"
#include "oauth_hash.h"


int
oauth_hash_write(oauth_str_t data, unsigned char *dst)
{
    unsigned char  bytes[OAUTH_HASH_BYTES];

    if (oauth_hash_write_bytes(data, bytes) != 0) {
        return -1;
    }

    (void) oauth_base64url_write((oauth_str_t) { OAUTH_HASH_BYTES, bytes },
                                 dst);

    return 0;
}


int
oauth_hash_write_bytes(oauth_str_t data, unsigned char *dst)
{
    int  rc;

    ERR_clear_error();

    rc = EVP_Q_digest(NULL, "SHA256", NULL, data.data, data.len, dst, NULL);

    ERR_clear_error();

    return (rc == 1) ? 0 : -1;
}
