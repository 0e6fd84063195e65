
/*
 * The refusal as the client reads it: the WWW-Authenticate challenge
 * (RFC 9110 section 11.6.1, RFC 6750 section 3, RFC 9728 section 5.1) and the
 * problem document (RFC 9457) that a model with nothing but curl can follow.
 */


#ifndef OAUTH_CHALLENGE_H_INCLUDED
#define OAUTH_CHALLENGE_H_INCLUDED


#include "oauth.h"


typedef struct {
    const oauth_reason_info_t  *reason;
    unsigned                    status;       /* of the HTTP answer           */
    oauth_str_t                 resource;
    oauth_str_t                 metadata;     /* URL of the document          */
    oauth_str_t                 scope;        /* separated by spaces; empty:
                                                 none is asked for            */
    oauth_str_t                 issuer;       /* authorization server to name
                                                 in the steps                 */
} oauth_challenge_t;


/*
 * Appends the value: "Bearer " and the parameters error, error_description,
 * resource_metadata, scope, in this order, all quoted, none empty; nothing at
 * all where the answer has no challenge.  A value with a byte outside printable
 * ASCII, a quote or a backslash is left out.
 */

void oauth_challenge_write(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);

/*
 * Appends the problem document as JSON: status, title, detail, error,
 * resource, resource_metadata, scope, how_to_authenticate; the last only where
 * the answer has a challenge.
 */

void oauth_challenge_write_problem(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);


/*
 * The same in two parts, so that both can be written beforehand: what follows
 * from the reason, and what follows from the place and the kind of the answer.
 * Of the value the second part may be empty, else ", " joins the two after an
 * error, " " where there is none.  The parts of the document are joined as
 * they are.
 */

void oauth_challenge_write_error(oauth_buf_t *buf,
    const oauth_reason_info_t *reason);
void oauth_challenge_write_place(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);

void oauth_challenge_write_problem_error(oauth_buf_t *buf,
    const oauth_reason_info_t *reason, unsigned status);
void oauth_challenge_write_problem_place(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);


#endif /* OAUTH_CHALLENGE_H_INCLUDED */
