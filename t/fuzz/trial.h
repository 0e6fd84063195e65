
/*
 * The input of fuzz_token: a line of words that configure the policy and say
 * which key signs; then one line each for the header and the payload as JSON,
 * which are signed here.  After the word "raw", the rest is the text of the
 * token.  The keys are those of t/unit/token_fixture.
 */


#ifndef TRIAL_H_INCLUDED
#define TRIAL_H_INCLUDED


#include "oauth_token.h"


#define TRIAL_PATHS  4


typedef enum {
    TRIAL_ALL,
    TRIAL_PINNED,
    TRIAL_NAMELESS,
    TRIAL_FOREIGN,
    TRIAL_SETS
} trial_set_t;


/* Do not copy it: the policy points into it. */

typedef struct {
    oauth_token_rules_t        policy;
    oauth_str_t           paths[TRIAL_PATHS];  /* of policy.scope_claims      */
    int64_t               now;
    trial_set_t           set;
    oauth_alg_id_t        sign;                /* whatever the header says    */
    int                   raw;                 /* not signed here             */
    int                   foreign;             /* signed by a key of no set   */
    int                   flip;                /* one bit changed             */
    int64_t               flip_at;
    oauth_str_t           header;
    oauth_str_t           payload;
} trial_t;


/* The key sets; they exist after the first input was read. */

extern oauth_jwks_t  *trial_sets[TRIAL_SETS];


/*
 * Returns the text of the token, which fuzz_free frees; c points into the
 * input.
 */

oauth_str_t trial_read(trial_t *c, oauth_str_t input);

/* Changes one bit of a copy; the number may go round the text several times. */

void trial_flip(oauth_str_t text, size_t bit);


#endif /* TRIAL_H_INCLUDED */
