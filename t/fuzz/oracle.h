
/*
 * What fuzz_token compares a verdict with: the JSON itself and plain
 * arithmetic.  Each function aborts through fuzz_need if the verdict is wrong.
 */


#ifndef ORACLE_H_INCLUDED
#define ORACLE_H_INCLUDED


#include "trial.h"


/* Asserts that the header and the payload may be accepted. */

void oracle_accepted(const trial_t *c);

/* The algorithm that signed the token.  The key for EdDSA is an Ed25519 key. */

oauth_algs_t oracle_signed(const trial_t *c);

/* Asserts that the reason for a refusal is true. */

void oracle_refused(oauth_reason_t reason, const trial_t *c);

/*
 * Asserts that a token says what its JWT says, and that all of it lies in its
 * block.
 */

void oracle_token(oauth_token_t *token, const oauth_jwt_t *jwt,
    const trial_t *c);


#endif /* ORACLE_H_INCLUDED */
