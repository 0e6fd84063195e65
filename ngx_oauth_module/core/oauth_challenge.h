
/*
 * The challenge of a refusal: the value of WWW-Authenticate (RFC 9110 section
 * 11.6.1, RFC 6750 section 3, RFC 9728 section 5.1, RFC 9449 section 7.1, RFC
 * 9470 section 3), and the facts about the resource that the challenge, the
 * problem document and the page show.  All strings are the caller's.
 */


#ifndef OAUTH_CHALLENGE_H_INCLUDED
#define OAUTH_CHALLENGE_H_INCLUDED


#include "oauth.h"


/* An empty string is a fact that is not known, or not to be shown. */

typedef struct {
    const oauth_reason_info_t  *reason;
    oauth_str_t                 resource;
    oauth_str_t                 metadata;     /* URL of the document          */
    oauth_str_t                 scope;        /* separated by spaces; empty:
                                                 none is asked for            */
    oauth_str_t                 issuer;       /* the authorization server that
                                                 the steps name               */
    oauth_str_t                 documentation;    /* URL, on pages only       */
    oauth_str_t                 acr_values;   /* ways to sign in, separated by
                                                 spaces; empty: any           */
    int64_t                     max_age;      /* seconds since the sign-in; 0:
                                                 any                          */
    unsigned                    dpop:1;       /* tokens without a DPoP key are
                                                 not accepted                 */
} oauth_challenge_t;


/* What the challenge of a resource says that accepts DPoP. */

typedef struct {
    const oauth_reason_info_t  *reason;
    oauth_str_t                 resource;     /* as oauth_challenge_write_
                                                 resource writes it           */
    oauth_str_t                 algorithms;   /* separated by spaces          */
    unsigned                    bearer:1;     /* other tokens are accepted, too
                                                                              */
} oauth_challenge_dpop_t;


/*
 * These two append the halves of the value, so that both can be written before
 * a request comes.  The first has the scheme and what follows from the reason:
 * error and error_description.  The second has what tells about the resource:
 * resource_metadata, scope, acr_values and max_age; it may be empty.  If it is
 * not, the caller joins the two with ", " if the first has an error, else with
 * a space.  All values are quoted, and none is empty.  When memory is short,
 * buf->failed is set.
 */

void oauth_challenge_write_reason(oauth_buf_t *buf,
    const oauth_reason_info_t *reason);
void oauth_challenge_write_resource(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);

/*
 * Appends the whole value for a resource that accepts DPoP: a challenge of the
 * scheme Bearer, with what tells about the resource, and one of the scheme DPoP
 * after it; or only that, with all.  Many clients read the first challenge
 * only, and it must be theirs.  The error is in the one that it is about.  When
 * memory is short, buf->failed is set.
 */

void oauth_challenge_write_dpop(oauth_buf_t *buf,
    const oauth_challenge_dpop_t *challenge);

/*
 * Returns a copy in which resource, metadata, scope, issuer and acr_values are
 * empty where they have a quote, a backslash or a byte outside printable ASCII,
 * since they could not stand between quotes as they are.
 */

oauth_challenge_t oauth_challenge_clean(const oauth_challenge_t *challenge);


#endif /* OAUTH_CHALLENGE_H_INCLUDED */
