
/*
 * The page that a person sees who opens a protected address in a browser: HTML
 * that says what happened, to which resource, and what to do.  The page has no
 * script and no picture, and nothing is fetched for it.  It is written in two
 * halves, like the problem document (oauth_problem.h).
 */


#ifndef OAUTH_PAGE_H_INCLUDED
#define OAUTH_PAGE_H_INCLUDED


#include "oauth_challenge.h"


/*
 * The Content-Security-Policy of a page: it permits the one style sheet of the
 * page, whose SHA-256 stands here, and nobody may show the page in a frame.
 */

#define OAUTH_PAGE_POLICY                                                     \
    "default-src 'none'; "                                                    \
    "style-src 'sha256-U2lba5PB94fnMthXCqP1c867CvH7v2+m3Zuqu0T5R48='; "       \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


/*
 * These append the halves of a page to a buffer; the caller joins them as they
 * are.  The first has what follows from the reason, with the HTTP status.  The
 * second has what tells about the resource; of challenge->reason it uses the
 * kind of answer only.  All values are escaped, and a URL becomes a link where
 * it is one of http or https.  Where memory is short, buf->failed is set.
 */

void oauth_page_write_reason(oauth_buf_t *buf,
    const oauth_reason_info_t *reason, unsigned status);

void oauth_page_write_resource(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);


#endif /* OAUTH_PAGE_H_INCLUDED */
