
/*
 * An access token: a JWT that was verified by the policy of its issuer.  There
 * is no other way to get one, and it never changes, so that whoever holds a
 * token may use what it says.  What depends on the place asked for (audience,
 * scopes, requirements) is not decided here.
 *
 * A token is one counted block of memory: the request holds a reference, a
 * cache another.  Of the claims it has those that decide or that the
 * configuration selects, each as the text that is handed out.
 */


#ifndef OAUTH_TOKEN_H_INCLUDED
#define OAUTH_TOKEN_H_INCLUDED


#include "oauth_jwks.h"
#include "oauth_jwt.h"


/* A claim that the configuration uses; see oauth_claims_at. */

typedef struct {
    const oauth_str_t     *names;
    size_t                 nnames;
    unsigned               text:1;      /* to be handed out                   */
    unsigned               members:1;   /* to be compared                     */
} oauth_select_t;


/* What the configuration says about the tokens of one issuer. */

typedef struct {
    oauth_str_t            issuer;
    oauth_algs_t           algorithms;
    unsigned               access_only:1;   /* token_type at+jwt              */
    int64_t                leeway;          /* seconds                        */
    int64_t                max_lifetime;    /* seconds                        */
    const oauth_str_t     *scope_claims;
    size_t                 nscope_claims;
    const oauth_select_t  *selected;
    size_t                 nselected;
} oauth_policy_t;


/* A selected claim: views into its token. */

typedef struct {
    oauth_str_t            text;        /* as of oauth_json_text; absent: the
                                           token has no such claim, or it is
                                           not to be handed out               */
    const oauth_str_t     *members;     /* itself, or what its array holds;
                                           without null and nested values     */
    size_t                 nmembers;
    unsigned               field:1;     /* a header field can carry the text  */
} oauth_claim_t;


typedef struct {
    size_t                 refs;
    size_t                 size;        /* of the block, bytes                */
    const oauth_policy_t  *policy;      /* by which it was verified           */
    int64_t                starts;      /* seconds since the epoch, with the  */
    int64_t                expires;     /* leeway: starts <= now < expires    */
    oauth_str_t            text;
    oauth_str_t            kid;         /* absent: none                       */
    oauth_str_t            subject;     /* absent: none                       */
    oauth_str_t            scope;       /* granted, separated by spaces       */
    const oauth_str_t     *audience;
    size_t                 naudience;
    const oauth_claim_t   *claims;      /* by their number in
                                           policy->selected                   */
} oauth_token_t;


/*
 * In this order: issuer, type, algorithm, key, signature; then the claims are
 * parsed: issuer, kind, expiry, not before, lifetime, sender constraint.
 * OAUTH_OK, and *token is new with one reference; OAUTH_UNKNOWN_KEY may change
 * with another key set; OAUTH_SERVER_ERROR when memory is short.  now: seconds
 * since the epoch.  The policy outlives the token; the JWT stays the caller's.
 */

oauth_reason_t oauth_token_verify(oauth_jwt_t *jwt,
    const oauth_policy_t *policy, const oauth_jwks_t *keys, int64_t now,
    oauth_token_t **token);

/* 1 when now is within its time. */

int oauth_token_is_current(const oauth_token_t *token, int64_t now);

/* 1 when the claim, or a member of it, is one of the values. */

int oauth_claim_has(const oauth_claim_t *claim, const oauth_str_t *values,
    size_t nvalues);

/*
 * Appends the text of a claim that was not selected, by parsing the token once
 * more; nothing where there is none.  0, or -1 as of oauth_json_text.
 */

int oauth_token_text(const oauth_token_t *token, oauth_str_t name,
    oauth_buf_t *buf);

oauth_token_t *oauth_token_acquire(oauth_token_t *token);

/* Gives one reference back; the last one wipes and frees it. */

void oauth_token_free(oauth_token_t *token);


#endif /* OAUTH_TOKEN_H_INCLUDED */
