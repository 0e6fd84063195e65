
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
    oauth_str_t                 resource;
    oauth_str_t                 metadata;     /* URL of the document          */
    oauth_str_t                 scope;        /* separated by spaces; empty:
                                                 none is asked for            */
    oauth_str_t                 issuer;       /* authorization server to name
                                                 in the steps                 */
    oauth_str_t                 documentation;    /* URL, on pages only       */
} oauth_challenge_t;


/*
 * The value in two parts, so that both can be written beforehand: "Bearer" and
 * the parameters error and error_description, which follow from the reason,
 * and resource_metadata and scope, which follow from the place.  All are
 * quoted, none is empty; a value with a byte outside printable ASCII, a quote
 * or a backslash is left out.  Where the second part is not empty, ", " joins
 * the two after an error, " " where there is none.
 */

void oauth_challenge_write_error(oauth_buf_t *buf,
    const oauth_reason_info_t *reason);
void oauth_challenge_write_place(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);

/*
 * The problem document as JSON, in two parts that are joined as they are:
 * status, title, detail, error; resource, and where the answer to the reason
 * has a challenge, resource_metadata, scope, how_to_authenticate.
 */

void oauth_challenge_write_problem_error(oauth_buf_t *buf,
    const oauth_reason_info_t *reason, unsigned status);
void oauth_challenge_write_problem_place(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);


#endif /* OAUTH_CHALLENGE_H_INCLUDED */
