
/*
 * A JSON Web Key Set (RFC 7517 section 5): the usable keys of one issuer.
 * Odd keys are skipped and remembered for the log, never fatal; a set without
 * usable keys is.
 */


#ifndef OAUTH_JWKS_H_INCLUDED
#define OAUTH_JWKS_H_INCLUDED


#include "oauth_jwk.h"


#define OAUTH_JWKS_KEYS      256        /* usable keys kept                   */
#define OAUTH_JWKS_UNSOUND   100        /* unsound keys looked at             */
#define OAUTH_JWKS_MEMBERS   1024       /* keys in a document                 */
#define OAUTH_JWKS_TRIED     8          /* keys tried for one token           */
#define OAUTH_JWKS_SKIPPED   8          /* skipped keys remembered            */


typedef struct {
    size_t                index;        /* in "keys"                          */
    const char           *why;
} oauth_jwks_skipped_t;


typedef struct {
    size_t                nkeys;
    oauth_jwk_t           keys[OAUTH_JWKS_KEYS];
    uint32_t              kids[OAUTH_JWKS_KEYS];    /* hashes, to look less   */

    size_t                nunsound;
    size_t                nskipped;     /* may exceed the array               */
    oauth_jwks_skipped_t  skipped[OAUTH_JWKS_SKIPPED];

    oauth_buf_t           text;         /* of these keys, to parse again      */
} oauth_jwks_t;


/*
 * Returns a new set of at least one usable key, which oauth_jwks_free
 * releases, or NULL and a constant sentence in *error.  Once there is a usable
 * key, the search ends after OAUTH_JWKS_UNSOUND keys that are not valid.
 */

oauth_jwks_t *oauth_jwks_parse(oauth_str_t text, oauth_algs_t allowed,
    const char **error);

/*
 * The same, but a set without any usable key is returned, too, with the
 * sentence in *error: what it skipped says why.
 */

oauth_jwks_t *oauth_jwks_read(oauth_str_t text, oauth_algs_t allowed,
    const char **error);

void oauth_jwks_free(oauth_jwks_t *set);

/* 1 when a key may be meant by this kid: it has it, or has no name. */

int oauth_jwks_has(const oauth_jwks_t *set, oauth_str_t kid);


/*
 * Verifies a signature with the keys that fit: those with this exact kid; where
 * no key has it, those without a kid; where the token has none (absent), every
 * key.  Of these those that may verify what alg stands for and is in allowed,
 * OAUTH_JWKS_TRIED at most.  OAUTH_OK; OAUTH_UNKNOWN_KEY: no key has that kid
 * and none without a kid verified it, or the token has no kid and no key fits;
 * OAUTH_KEY_MISMATCH: the kid is there with other algorithms only;
 * OAUTH_BAD_SIGNATURE; OAUTH_SERVER_ERROR.
 */

oauth_reason_t oauth_jwks_verify(const oauth_jwks_t *set, oauth_str_t kid,
    const oauth_alg_t *alg, oauth_algs_t allowed, oauth_str_t input,
    oauth_str_t signature);


#endif /* OAUTH_JWKS_H_INCLUDED */
