
/*
 * A JSON Web Key Set (RFC 7517 section 5): the keys of one issuer that can be
 * used here.  Other keys in the document are skipped, and the first few are
 * remembered for the log; a document without a usable key is an error.  A set
 * owns its keys and is used in one thread.
 */


#ifndef OAUTH_JWKS_H_INCLUDED
#define OAUTH_JWKS_H_INCLUDED


#include "oauth_jwk.h"


#define OAUTH_JWKS_KEYS      256        /* usable keys that are kept          */
#define OAUTH_JWKS_UNSOUND   100        /* unsound keys that are looked at    */
#define OAUTH_JWKS_MEMBERS   1024       /* keys in a document                 */
#define OAUTH_JWKS_TRIED     8          /* keys that are tried for one token  */
#define OAUTH_JWKS_SKIPPED   8          /* skipped keys that are remembered   */


typedef struct {
    size_t                index;        /* in "keys"                          */
    const char           *why;          /* a constant sentence                */
} oauth_jwks_skipped_t;


typedef struct {
    size_t                nkeys;
    oauth_jwk_t           keys[OAUTH_JWKS_KEYS];
    uint32_t              kids[OAUTH_JWKS_KEYS];    /* hashes, compared before
                                                       the kids themselves    */

    size_t                nunsound;
    size_t                nskipped;     /* may be more than are remembered    */
    oauth_jwks_skipped_t  skipped[OAUTH_JWKS_SKIPPED];

    oauth_buf_t           text;         /* a document with these keys only;
                                           other workers parse it             */
} oauth_jwks_t;


/*
 * Parses a document and keeps the keys that may verify an algorithm of allowed.
 * Returns a new set with at least one key, which oauth_jwks_free releases.
 * NULL: *error is a constant sentence that says what is wrong.  Once there is a
 * usable key, no further keys are tried after OAUTH_JWKS_UNSOUND unsound ones,
 * which cost time.
 */

oauth_jwks_t *oauth_jwks_parse(oauth_str_t text, oauth_algs_t allowed,
    const char **error);

/*
 * Does the same, but a set without any usable key is returned, too, and *error
 * then says so: the skipped keys in it say why.
 */

oauth_jwks_t *oauth_jwks_read(oauth_str_t text, oauth_algs_t allowed,
    const char **error);

/* Releases a set and its keys.  NULL is allowed. */

void oauth_jwks_free(oauth_jwks_t *set);

/*
 * 1 when a token with this kid may be signed with a key of the set: a key has
 * that kid or none, or the kid is absent and the set has a key; else 0.
 */

int oauth_jwks_has(const oauth_jwks_t *set, oauth_str_t kid);

/*
 * 1 where what was refused for this reason may be good with another key set:
 * the issuer may have a new key by now, with a new kid or with that of an old
 * key.  Else 0.
 */

int oauth_jwks_other_may_help(oauth_reason_t reason);


/*
 * Verifies a signature with the candidate keys.  These are the keys with this
 * very kid; if no key has it, those without a kid; if the token has none
 * (absent), every key.  At most OAUTH_JWKS_TRIED of them are tried, and only
 * those for an algorithm that alg stands for and that is in allowed.  Returns
 * OAUTH_OK, or
 *
 *   OAUTH_UNKNOWN_KEY     no key has that kid, and none without a kid has
 *                         verified it; or the token has no kid and no key fits
 *   OAUTH_KEY_MISMATCH    only keys for other algorithms have that kid
 *   OAUTH_BAD_SIGNATURE
 *   OAUTH_SERVER_ERROR    memory is short
 */

oauth_reason_t oauth_jwks_verify(const oauth_jwks_t *set, oauth_str_t kid,
    const oauth_alg_t *alg, oauth_algs_t allowed, oauth_str_t input,
    oauth_str_t signature);

/*
 * Does the same, and sets *key to the key of the set that has verified the
 * signature; NULL: none has.
 */

oauth_reason_t oauth_jwks_find(const oauth_jwks_t *set, oauth_str_t kid,
    const oauth_alg_t *alg, oauth_algs_t allowed, oauth_str_t input,
    oauth_str_t signature, const oauth_jwk_t **key);


#endif /* OAUTH_JWKS_H_INCLUDED */
