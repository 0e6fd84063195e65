
/*
 * Text that somebody else wrote, made fit for a line of a log: visible ASCII on
 * one line, bounded in length, without the e-mail addresses of people.
 */


#ifndef OAUTH_QUOTE_H_INCLUDED
#define OAUTH_QUOTE_H_INCLUDED


#include "oauth.h"


/*
 * Writes the text to p, and nothing at or after last.  Returns the end of what
 * was written.  A byte that is not visible ASCII, a quote or a backslash
 * becomes \xHH; "..." stands for what did not fit.  Of "joe@example.com" only
 * "...@example.com" is written.
 */

unsigned char *oauth_quote_write(unsigned char *p, unsigned char *last,
    oauth_str_t text);

/* Does the same, and writes all of an e-mail address. */

unsigned char *oauth_quote_write_all(unsigned char *p, unsigned char *last,
    oauth_str_t text);


#endif /* OAUTH_QUOTE_H_INCLUDED */
