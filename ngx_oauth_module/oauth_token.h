
/*
 * An access token from its text to a verdict: the policy, in order.
 *
 * A token is one reference-counted object: the request holds a reference, a
 * cache another.  Its claims are handed out only after oauth_token_verify has
 * said OAUTH_OK.  What depends on the place asked for (audience, scopes,
 * requirements) is not decided here.
 */


#ifndef OAUTH_TOKEN_H_INCLUDED
#define OAUTH_TOKEN_H_INCLUDED


#include "oauth_claims.h"
#include "oauth_jwks.h"
#include "oauth_jws.h"


/* What the configuration says about the tokens of one issuer. */

typedef struct {
    oauth_str_t           issuer;
    oauth_algs_t          algorithms;
    unsigned              access_only:1;   /* token_type at+jwt               */
    int64_t               leeway;          /* seconds                         */
    int64_t               max_lifetime;    /* seconds                         */
    const oauth_str_t    *scope_claims;
    size_t                nscope_claims;
} oauth_policy_t;


typedef struct {
    size_t                refs;
    unsigned              verified:1;
    oauth_jws_t           jws;          /* its input is gone after verify     */
    oauth_claims_t        claims;
    oauth_buf_t           scope;        /* granted, separated by spaces       */
    const oauth_policy_t *policy;       /* by which it was verified           */
} oauth_token_t;


/*
 * Takes a token apart: *token gets a new object with one reference.
 * The text must stay until oauth_token_verify.  Reasons as of oauth_jws_parse
 * and oauth_claims_parse; OAUTH_UNKNOWN_ISSUER when iss is absent.
 */

oauth_reason_t oauth_token_parse(oauth_str_t text, oauth_token_t **token);

/* The issuer it names, not to be trusted: it picks the policy, no more. */

oauth_str_t oauth_token_issuer(const oauth_token_t *token);

/*
 * In this order: issuer, type, algorithm, key, signature, expiry, not before,
 * lifetime, sender constraint.  OAUTH_UNKNOWN_KEY may change with another key
 * set.  now: seconds since the epoch.  The policy outlives the token.
 */

oauth_reason_t oauth_token_verify(oauth_token_t *token,
    const oauth_policy_t *policy, const oauth_jwks_t *keys, int64_t now);

/* Expiry alone, for a token verified earlier: OAUTH_OK or OAUTH_EXPIRED. */

oauth_reason_t oauth_token_verify_expiry(const oauth_token_t *token,
    int64_t now);

/* NULL before it is verified. */

const oauth_claims_t *oauth_token_claims(const oauth_token_t *token);

/* The granted scopes; absent before it is verified. */

oauth_str_t oauth_token_scope(const oauth_token_t *token);

oauth_token_t *oauth_token_acquire(oauth_token_t *token);

/* Gives one reference back; the last one wipes and frees it. */

void oauth_token_free(oauth_token_t *token);


#endif /* OAUTH_TOKEN_H_INCLUDED */
