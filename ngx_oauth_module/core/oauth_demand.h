
/*
 * What a location demands of a verified token: an audience (RFC 7519 section
 * 4.1.3, RFC 8707), a subject where it is forwarded, required claims, how and
 * when the user has signed in (RFC 9470), and scopes (RFC 6749 section 3.3).
 * Each function takes values that the caller has evaluated, and returns a
 * reason.  The caller goes in the order of this header, and evaluates the
 * values of a term only when all terms before it are met.  Nothing is kept or
 * copied.
 */


#ifndef OAUTH_DEMAND_H_INCLUDED
#define OAUTH_DEMAND_H_INCLUDED


#include "oauth_scope.h"
#include "oauth_token.h"


/*
 * Returns the URL of the i-th resource of the server, counted from 0; absent
 * after the last one.
 */

typedef oauth_str_t (*oauth_demand_resource_pt)(const void *data, size_t i);


/* What header fields need of a subject that they carry, as a set of bits. */

#define OAUTH_DEMAND_SUBJECT_FIELD    1     /* see oauth_str_is_field         */
#define OAUTH_DEMAND_SUBJECT_TEXT     2     /* no control character           */
#define OAUTH_DEMAND_SUBJECT_ENCODED  4     /* not longer than
                                               OAUTH_ENCODING_SIZE            */


/* What does not depend on the request. */

typedef struct {
    oauth_str_t                resource;    /* the URL of the location's
                                               resource; absent: every
                                               audience is refused            */
    const oauth_str_t         *audience;    /* further values, exact          */
    size_t                     naudience;
    oauth_demand_resource_pt   others;      /* resources of the same server;
                                               the location's own may be among
                                               them                           */
    const void                *data;        /* for others                     */
    const oauth_str_t         *acr;         /* values of which the token has to
                                               have one                       */
    size_t                     nacr;        /* 0: it need not have any        */
    int64_t                    max_age;     /* seconds since the user has
                                               signed in, at most; 0: that is
                                               not compared                   */
    unsigned                   any_audience:1;  /* it is not compared         */
    unsigned                   subject:3;   /* what the fields need that carry
                                               the subject; 0: there is none  */
} oauth_demand_t;


/*
 * Compares the audience and the subject.  One value of the token's audience has
 * to be the resource, a further value, or a URL below the resource (see
 * oauth_demand_is_below): else OAUTH_NO_AUDIENCE where the token has none, or
 * OAUTH_WRONG_AUDIENCE.  Then the header fields must be able to carry the
 * subject: else OAUTH_NO_SUBJECT.  Returns OAUTH_OK where both are met.
 */

oauth_reason_t oauth_demand_verify(const oauth_demand_t *demand,
    const oauth_token_t *token);

/*
 * 1 when url is below the resource, and neither equals nor is below a resource
 * of the server with a longer URL; else 0.
 */

int oauth_demand_is_below(const oauth_demand_t *demand, oauth_str_t url);

/*
 * OAUTH_OK where the claim, or a member of it, is one of the values; else
 * OAUTH_REQUIREMENT_NOT_MET.
 */

oauth_reason_t oauth_demand_claim(const oauth_token_claim_t *claim,
    const oauth_str_t *values, size_t nvalues);

/*
 * Does the same with one value that comes from the request.  A value that is
 * empty is never met, not even by an empty claim.
 */

oauth_reason_t oauth_demand_claim_value(const oauth_token_claim_t *claim,
    oauth_str_t value);

/*
 * OAUTH_OK where acr of the token is one of the values (RFC 9470 section 3), or
 * where there are none; else OAUTH_INSUFFICIENT_AUTHENTICATION.
 */

oauth_reason_t oauth_demand_acr(const oauth_demand_t *demand,
    const oauth_token_t *token);

/*
 * OAUTH_OK where the user has signed in no longer ago than max_age, or where
 * there is no max_age; else OAUTH_INSUFFICIENT_AUTHENTICATION, also where the
 * token does not say when, or names a time in the future.  The leeway of the
 * token's issuer is allowed in both directions.  now is in seconds since the
 * epoch.
 */

oauth_reason_t oauth_demand_max_age(const oauth_demand_t *demand,
    const oauth_token_t *token, int64_t now);

/*
 * OAUTH_OK where each of the scopes (separated by spaces) is granted, by itself
 * or through the rules; else OAUTH_INSUFFICIENT_SCOPE.  A value without any
 * scope, or one that is not bounded (see oauth_scope_bounded), is never met.
 */

oauth_reason_t oauth_demand_scopes(oauth_str_t scopes, oauth_str_t granted,
    const oauth_scope_rule_t *rules, size_t nrules);


#endif /* OAUTH_DEMAND_H_INCLUDED */
