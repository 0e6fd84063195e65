
/*
 * The refusal as a person reads it who has opened the address in a browser: a
 * page of HTML that says what happened, to which resource, and what to do.  It
 * is whole in itself: no script, no picture, nothing fetched.  Written in two
 * parts, as the problem document is (oauth_challenge.h).
 */


#ifndef OAUTH_PAGE_H_INCLUDED
#define OAUTH_PAGE_H_INCLUDED


#include "oauth_challenge.h"


/*
 * The Content-Security-Policy of a page: nothing but its one style sheet, whose
 * SHA-256 stands here, and nobody may frame it.
 */

#define OAUTH_PAGE_POLICY                                                     \
    "default-src 'none'; "                                                    \
    "style-src 'sha256-U2lba5PB94fnMthXCqP1c867CvH7v2+m3Zuqu0T5R48='; "       \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


/* Appends what follows from the reason, up to where the place comes. */

void oauth_page_write_error(oauth_buf_t *buf,
    const oauth_reason_info_t *reason, unsigned status);

/*
 * Appends what follows from the place and the kind of the answer, up to the
 * end.  Of the challenge, reason counts as a kind only.  Text is escaped, a URL
 * becomes a link if it is one of http or https.
 */

void oauth_page_write_place(oauth_buf_t *buf,
    const oauth_challenge_t *challenge);


#endif /* OAUTH_PAGE_H_INCLUDED */
