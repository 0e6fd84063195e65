
/*
 * What fuzz_token holds a verdict against: the JSON itself and plain
 * arithmetic.  Each aborts by fuzz_need where the verdict is wrong.
 */


#ifndef ORACLE_H_INCLUDED
#define ORACLE_H_INCLUDED


#include "trial.h"


/* Header and payload may be accepted. */

void oracle_accepted(const trial_t *c);

/* The algorithm that has signed: the key of EdDSA is one of Ed25519. */

oauth_algs_t oracle_signed(const trial_t *c);

/* What is refused was not good by the very reason. */

void oracle_refused(oauth_reason_t reason, const trial_t *c);

/* A token says what its JWT does, and nothing of it lies outside its block. */

void oracle_token(oauth_token_t *token, const oauth_jwt_t *jwt,
    const trial_t *c);


#endif /* ORACLE_H_INCLUDED */
