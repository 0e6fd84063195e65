
/*
 * A key prepared for one algorithm: what oauth_key keeps with each key so
 * that no name is looked up and no parameter set per signature.  For
 * oauth_key alone.
 */


#ifndef OAUTH_VERIFIER_H_INCLUDED
#define OAUTH_VERIFIER_H_INCLUDED


#include <openssl/types.h>

#include "oauth_alg.h"


typedef struct oauth_verifier_s  oauth_verifier_t;


/*
 * NULL when memory is short.  The key is of the algorithm's type and curve.
 * The caller frees the verifier; it does not need pkey to stay.
 */

oauth_verifier_t *oauth_verifier_create(EVP_PKEY *pkey,
    const oauth_alg_t *alg);

void oauth_verifier_free(oauth_verifier_t *verifier);

/*
 * OAUTH_OK, OAUTH_BAD_SIGNATURE or OAUTH_SERVER_ERROR.  The signature has the
 * algorithm's exact length.  Errors are left in OpenSSL's queue, which knows
 * whether memory was short where the signature is called bad.
 */

oauth_reason_t oauth_verifier_verify(oauth_verifier_t *verifier,
    oauth_str_t input, oauth_str_t signature);


#endif /* OAUTH_VERIFIER_H_INCLUDED */
