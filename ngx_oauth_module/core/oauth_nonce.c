
/*
 * Nonces for proofs (RFC 9449 section 8): 8 bytes with the number of a slot,
 * and the first 16 bytes of the HMAC-SHA-256 (RFC 2104) of these.  Nothing is
 * kept.
 */


#include <string.h>

#include <openssl/crypto.h>

#include "oauth_base64url.h"
#include "oauth_nonce.h"


#define OAUTH_NONCE_NUMBER  8           /* bytes                              */
#define OAUTH_NONCE_MAC     16          /* bytes                              */
#define OAUTH_NONCE_BYTES   (OAUTH_NONCE_NUMBER + OAUTH_NONCE_MAC)


static int oauth_nonce_compute(const unsigned char *secret, int64_t slot,
    unsigned char *nonce);


int
oauth_nonce_write(const unsigned char secret[OAUTH_NONCE_KEY], int64_t now,
    unsigned char text[OAUTH_NONCE_SIZE])
{
    oauth_str_t    bytes;
    unsigned char  nonce[OAUTH_NONCE_BYTES];

    if (oauth_nonce_compute(secret, now / OAUTH_NONCE_SLOT, nonce) != 0) {
        return -1;
    }

    bytes.data = nonce;
    bytes.len = sizeof(nonce);

    (void) oauth_base64url_write(bytes, text);

    return 0;
}


oauth_nonce_age_t
oauth_nonce_verify(const unsigned char secret[OAUTH_NONCE_KEY],
    oauth_str_t text, int64_t now, int64_t *until)
{
    size_t         i, len;
    int64_t        slot, age;
    unsigned char  nonce[oauth_base64url_decoded_size(OAUTH_NONCE_SIZE)];
    unsigned char  wanted[OAUTH_NONCE_BYTES];

    if (text.len != OAUTH_NONCE_SIZE
        || oauth_base64url_parse(text, nonce, &len) != 0
        || nonce[0] & 0x80)
    {
        return OAUTH_NONCE_FOREIGN;
    }

    for (slot = 0, i = 0; i < OAUTH_NONCE_NUMBER; i++) {
        slot = slot << 8 | nonce[i];
    }

    /*
     * Memory is short.  The nonce may have been written with this secret, and
     * an old one must not pass as foreign: a foreign one is accepted where no
     * nonce is demanded.
     */

    if (oauth_nonce_compute(secret, slot, wanted) != 0) {
        return OAUTH_NONCE_OLD;
    }

    if (CRYPTO_memcmp(nonce, wanted, OAUTH_NONCE_BYTES) != 0) {
        return OAUTH_NONCE_FOREIGN;
    }

    /* The clock of the worker that wrote it may be a little ahead of ours. */

    age = now / OAUTH_NONCE_SLOT - slot;

    if (age < -1 || age > 1) {
        return OAUTH_NONCE_OLD;
    }

    *until = (slot + 2) * OAUTH_NONCE_SLOT;

    return (age == 1) ? OAUTH_NONCE_PREVIOUS : OAUTH_NONCE_CURRENT;
}


static int
oauth_nonce_compute(const unsigned char *secret, int64_t slot,
    unsigned char *nonce)
{
    int            i;
    oauth_str_t    number;
    unsigned char  mac[OAUTH_SECRET_HASH];

    for (i = OAUTH_NONCE_NUMBER - 1; i >= 0; i--, slot >>= 8) {
        nonce[i] = (unsigned char) (slot & 0xff);
    }

    number.data = nonce;
    number.len = OAUTH_NONCE_NUMBER;

    if (oauth_secret_sign(secret, number, mac) != 0) {
        return -1;
    }

    memcpy(nonce + OAUTH_NONCE_NUMBER, mac, OAUTH_NONCE_MAC);

    return 0;
}
