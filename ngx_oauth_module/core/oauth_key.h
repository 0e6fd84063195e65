
/*
 * Public keys and signature verification over OpenSSL 3 (EVP).  A key is
 * imported once and kept with its prepared contexts; verifying neither parses
 * keys nor fetches algorithms.  A key is used by one thread.
 *
 * The signature's length is checked before OpenSSL sees it: RSA exactly the
 * modulus, ECDSA exactly r || s (RFC 7518 section 3.4), Ed25519 64 bytes, Ed448
 * 114 bytes.
 * OpenSSL's error queue is empty after every call.
 */


#ifndef OAUTH_KEY_H_INCLUDED
#define OAUTH_KEY_H_INCLUDED


#include "oauth_alg.h"


typedef struct oauth_key_s  oauth_key_t;


/*
 * Imports a public key.  NULL when it is not usable: RSA below 2048 or above
 * 8192 bits or a public exponent below 3, even or above 2^32, a curve that
 * oauth_alg does not have, a point off the curve or of small order, memory.
 * The bytes are big-endian numbers as in RFC 7518 section 6; zero bytes in
 * front may be too many, or missing.  For OKP they are RFC 8032's encoding, of
 * which one zero byte in front may be missing.  The caller frees it.
 */

oauth_key_t *oauth_key_create_rsa(oauth_str_t n, oauth_str_t e);

oauth_key_t *oauth_key_create_ec(oauth_str_t curve, oauth_str_t x,
    oauth_str_t y);

oauth_key_t *oauth_key_create_okp(oauth_str_t curve, oauth_str_t x);

void oauth_key_free(oauth_key_t *key);


/* The algorithms that a key of this type and curve can verify. */

oauth_algs_t oauth_key_algorithms(const oauth_key_t *key);


/*
 * OAUTH_OK, OAUTH_BAD_SIGNATURE (also when alg is none of the key's), or
 * OAUTH_SERVER_ERROR when memory is short (as far as OpenSSL says so: of the
 * hashes inside PSS and EdDSA it does not).
 */

oauth_reason_t oauth_key_verify(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_str_t signature);


/* Random bytes, not to be guessed: 0, or -1 where there are none. */

int oauth_random(unsigned char *data, size_t len);

/* Overwrites bytes that are about to be freed. */

void oauth_wipe(void *data, size_t len);


#endif /* OAUTH_KEY_H_INCLUDED */
