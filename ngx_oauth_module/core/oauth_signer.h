
/*
 * A private key that signs JWTs (RFC 7515 section 5.1).  An RSA key signs with
 * RS256, a key on P-256 with ES256: every program that takes such a key takes
 * these.  The module names its key by its thumbprint (RFC 7638).  A signer owns
 * its key, which is wiped when the signer is freed.  OpenSSL's error queue is
 * empty after every call.
 */


#ifndef OAUTH_SIGNER_H_INCLUDED
#define OAUTH_SIGNER_H_INCLUDED


#include "oauth.h"


#define OAUTH_SIGNER_KID  43            /* characters of a thumbprint         */


typedef struct oauth_signer_s  oauth_signer_t;


/*
 * Creates a signer from a private key in PEM, without a passphrase: RSA with
 * 2048 to 8192 bits, or EC on P-256.  type is a constant, the typ of the JWTs
 * that it signs: at most 48 letters, digits, "-" and "+".  Returns OAUTH_DONE,
 * and *signer is new: oauth_signer_free releases it.  Else *signer is NULL, and
 * *why is a constant sentence that says what is wrong: OAUTH_INVALID,
 * OAUTH_NO_MEMORY.
 */

oauth_result_t oauth_signer_create(oauth_str_t pem, const char *type,
    oauth_signer_t **signer, const char **why);

/* Releases a signer and its key.  NULL is allowed. */

void oauth_signer_free(oauth_signer_t *signer);

/* Returns the thumbprint of the key, a view of the signer. */

oauth_str_t oauth_signer_kid(const oauth_signer_t *signer);

/*
 * Appends the public key as a JWK (RFC 7517 section 4) with kid, alg and use;
 * nothing of the private key is in it.  Returns 0; else -1: memory is short,
 * and part of it may have been appended.
 */

int oauth_signer_append_jwk(const oauth_signer_t *signer, oauth_buf_t *buf);

/*
 * Appends a JWT with these claims, byte for byte.  The caller gives the text of
 * a JSON object: it is not looked at here.  The header of the JWT has alg, typ
 * and kid.  Returns 0; else -1, and nothing is appended: memory is short, or
 * OpenSSL failed.
 */

int oauth_signer_sign(const oauth_signer_t *signer, oauth_str_t claims,
    oauth_buf_t *buf);


#endif /* OAUTH_SIGNER_H_INCLUDED */
