
/*
 * A key that is ready to verify with one algorithm: no name has to be looked up
 * and no parameter set for a signature any more.  Only oauth_key uses it, and
 * keeps one for each algorithm of a key.
 */


#ifndef OAUTH_VERIFIER_H_INCLUDED
#define OAUTH_VERIFIER_H_INCLUDED


#include <openssl/types.h>

#include "oauth_alg.h"


typedef struct oauth_verifier_s  oauth_verifier_t;


/*
 * Returns a new verifier for a key, whose type and curve must be those of the
 * algorithm.  NULL: memory is short.  oauth_verifier_free releases the
 * verifier, which holds a reference to pkey of its own.
 */

oauth_verifier_t *oauth_verifier_create(EVP_PKEY *pkey,
    const oauth_alg_t *alg);

/* Releases a verifier.  NULL is allowed. */

void oauth_verifier_free(oauth_verifier_t *verifier);

/*
 * Verifies the signature over input, which must have the exact length that the
 * algorithm and the key require.  Returns OAUTH_OK, OAUTH_BAD_SIGNATURE or
 * OAUTH_SERVER_ERROR (memory is short).  Errors are left in OpenSSL's queue:
 * OAUTH_BAD_SIGNATURE may mean that memory was short, and only the queue says
 * so.
 */

oauth_reason_t oauth_verifier_verify(oauth_verifier_t *verifier,
    oauth_str_t input, oauth_str_t signature);


#endif /* OAUTH_VERIFIER_H_INCLUDED */
