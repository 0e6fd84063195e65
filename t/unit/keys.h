
/*
 * Keys that are made when a test runs, their JWKs, and signatures with them.
 * Since the signature of a token is right, only the check under test can refuse
 * it.  If something cannot be made, the program ends.
 */


#ifndef KEYS_H_INCLUDED
#define KEYS_H_INCLUDED


#include <openssl/evp.h>

#include "oauth_alg.h"


/* A C string as a view. */

oauth_str_t keys_str(const char *s);


/* New keys; EVP_PKEY_free.  EC by JWK curve: "P-256". */

EVP_PKEY *keys_rsa(unsigned bits);
EVP_PKEY *keys_ec(const char *curve);
EVP_PKEY *keys_ed25519(void);
EVP_PKEY *keys_ed448(void);

/* A new key that fits an algorithm; RSA of 2048 bits. */

EVP_PKEY *keys_for(oauth_alg_id_t id);


/* Appends base64url of the bytes. */

void keys_append_base64url(oauth_buf_t *buf, oauth_str_t bytes);

/*
 * Appends the public key as a JSON object; more, unless empty, are further
 * members: "\"kid\":\"a\"".
 */

void keys_append_jwk(oauth_buf_t *buf, EVP_PKEY *key, const char *more);

/* Appends a signature as JWS has it. */

void keys_append_signature(oauth_buf_t *buf, EVP_PKEY *key,
    oauth_alg_id_t id, oauth_str_t input);

/* Appends a PSS signature with any salt length and any MGF1 digest. */

void keys_append_pss(oauth_buf_t *buf, EVP_PKEY *key, const char *digest,
    const char *mgf, int salt, oauth_str_t input);

/* Appends header.payload, both given as JSON text. */

void keys_append_input(oauth_buf_t *buf, oauth_str_t header,
    oauth_str_t payload);

/* Appends a whole token, signed with alg whatever the header says. */

void keys_append_token(oauth_buf_t *buf, EVP_PKEY *key, oauth_alg_id_t id,
    oauth_str_t header, oauth_str_t payload);

/* Changes the signature of the token that the buffer ends with. */

void keys_spoil(oauth_buf_t *token);

/* The private or the public key as PEM; free(). */

char *keys_pem(EVP_PKEY *key, int private);


/* Appends a number as len bytes, big-endian. */

void keys_append_number(oauth_buf_t *buf, const BIGNUM *number, size_t len);

/* A number of the key by OpenSSL's name ("n"); BN_free. */

BIGNUM *keys_number(EVP_PKEY *key, const char *name);


#endif /* KEYS_H_INCLUDED */
