
/*
 * Public keys that verify signatures, over OpenSSL 3.  A key is imported once
 * and kept; for each algorithm that it is used with it keeps a verifier, so
 * that verifying neither parses a key nor fetches an algorithm.  Whoever
 * creates a key owns it, and uses it in one thread.  OpenSSL's error queue is
 * empty after every call.
 */


#ifndef OAUTH_KEY_H_INCLUDED
#define OAUTH_KEY_H_INCLUDED


#include "oauth_alg.h"


typedef struct oauth_key_s  oauth_key_t;


/*
 * These import a public key (RFC 7518 section 6, RFC 8037 section 2).  Returns
 * OAUTH_DONE, and *key is new: oauth_key_free releases it.  Else *key is NULL:
 * OAUTH_INVALID where the key cannot be used, OAUTH_NO_MEMORY.
 *
 * RSA: big-endian numbers.  The modulus has 2048 to 8192 bits; the exponent is
 * odd, at least 3 and has at most 32 bits.
 */

oauth_result_t oauth_key_create_rsa(oauth_str_t n, oauth_str_t e,
    oauth_key_t **key);

/*
 * EC: the name of a curve that oauth_alg has, and a point on it.  The
 * coordinates are big-endian numbers; some servers leave out zero bytes at
 * their beginning or write too many, and both are accepted.
 */

oauth_result_t oauth_key_create_ec(oauth_str_t curve, oauth_str_t x,
    oauth_str_t y, oauth_key_t **key);

/*
 * OKP: the name of a curve that oauth_alg has, and the encoding of RFC 8032 of
 * a point that is not of small order.  One zero byte may be missing at its
 * beginning, and there may be too many.
 */

oauth_result_t oauth_key_create_okp(oauth_str_t curve, oauth_str_t x,
    oauth_key_t **key);

/* Releases a key and its verifiers.  NULL is allowed. */

void oauth_key_free(oauth_key_t *key);


/* Returns the algorithms that a key of this type and curve can verify. */

oauth_algs_t oauth_key_algorithms(const oauth_key_t *key);

/*
 * Verifies the signature over input.  Returns OAUTH_OK; OAUTH_BAD_SIGNATURE,
 * also where alg is not one of the key's; OAUTH_SERVER_ERROR where memory is
 * short, as far as OpenSSL says so (it does not for the hashes inside PSS and
 * EdDSA).  A signature must have its exact length before OpenSSL sees it: RSA
 * that of the modulus, ECDSA that of r || s (RFC 7518 section 3.4), Ed25519 64
 * bytes, Ed448 114 bytes.
 */

oauth_reason_t oauth_key_verify(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_str_t signature);


#endif /* OAUTH_KEY_H_INCLUDED */
