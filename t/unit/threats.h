
/*
 * Tokens that are wrong in exactly one way, as headers and payloads.  Each test
 * that uses the table signs them correctly, so that nothing but the check under
 * test can refuse them.  The table serves the code under test and another
 * library.
 */


#ifndef THREATS_H_INCLUDED
#define THREATS_H_INCLUDED


#include "oauth_alg.h"


typedef struct {
    const char      *row;               /* the kind of attack */
    const char      *name;              /* unique */
    oauth_str_t      header;            /* "@" is the alg, "$" the kid; absent:
                                           the good one */
    oauth_str_t      payload;           /* absent: the good one */
    oauth_reason_t   reason;
} threats_case_t;


extern const threats_case_t  threats_headers[];
extern const size_t          threats_nheaders;
extern const threats_case_t  threats_claims[];
extern const size_t          threats_nclaims;


/*
 * Returns the good case first, then those of both tables, and NULL after the
 * last.
 */

const threats_case_t *threats_case(size_t i);


/* Appends the token of a case, signed by the key of token_fixture.h. */

void threats_append(oauth_buf_t *buf, const threats_case_t *c,
    const oauth_alg_t *alg);


#endif /* THREATS_H_INCLUDED */
