
/*
 * The problem document (RFC 9457) that goes with a refusal.  It says what
 * happened and, where a token helps, how to get one: a language model that has
 * nothing but curl can follow its steps.
 */


#ifndef OAUTH_PROBLEM_H_INCLUDED
#define OAUTH_PROBLEM_H_INCLUDED


#include "oauth_challenge.h"


/*
 * These two append the halves of one JSON object, which the caller joins as
 * they are.  The first has what follows from the reason: status, title, detail
 * and error.  The second has what tells about the resource: resource and, where
 * the reason leads to an answer with a challenge, resource_metadata, scope,
 * acr_values, max_age and how_to_authenticate; of challenge->reason it uses the
 * kind of answer only.  Values are left out as oauth_challenge_clean leaves
 * them out.  Where memory is short, buf->failed is set.
 */

void oauth_problem_write_reason(oauth_buf_t *buf,
    const oauth_reason_info_t *reason, unsigned status);
void oauth_problem_write_resource(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);


#endif /* OAUTH_PROBLEM_H_INCLUDED */
