
/*
 * What the tests of oauth_key share: one private key for each algorithm,
 * its public half imported by the code under test, and assertions that look at
 * OpenSSL's error queue, too.
 */


#ifndef KEY_FIXTURE_H_INCLUDED
#define KEY_FIXTURE_H_INCLUDED


#include <openssl/evp.h>

#include "oauth_key.h"


/*
 * The top byte of such a modulus is 0x02 or 0x03, so that one signature in two
 * begins with a zero byte and s + n has the length of the modulus.
 */

#define KEY_RSA_BITS  2050
#define KEY_RSA_SIZE  257


extern const oauth_str_t  key_input;
extern EVP_PKEY          *key_rsa;


/* Make and free the keys; for a group. */

int key_setup(void **state);
int key_teardown(void **state);

/* The private key of an algorithm, borrowed. */

EVP_PKEY *key_private(const oauth_alg_t *alg);

/* Its public half, imported; oauth_key_free. */

oauth_key_t *key_public(const oauth_alg_t *alg);

/*
 * A number of a key by OpenSSL's name, of len bytes or as many as it has, in a
 * new buffer.
 */

oauth_str_t key_number(EVP_PKEY *pkey, const char *name, size_t len,
    oauth_buf_t *buf);

/* The signature over key_input, in a new buffer. */

void key_sign(oauth_buf_t *buf, const oauth_alg_t *alg);

void key_assert(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t input, oauth_str_t signature, oauth_reason_t reason);
void key_assert_bad(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t signature);
void key_assert_good(oauth_key_t *key, const oauth_alg_t *alg,
    oauth_str_t signature);


#endif /* KEY_FIXTURE_H_INCLUDED */
