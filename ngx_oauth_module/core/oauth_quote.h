
/*
 * Text that somebody else wrote, as a line of a log may show it: visible ASCII
 * on one line, cut to a length, without addresses of people.
 */


#ifndef OAUTH_QUOTE_H_INCLUDED
#define OAUTH_QUOTE_H_INCLUDED


#include "oauth.h"


/*
 * Writes the text to p and returns the end of what was written, which is never
 * after last.  Bytes that are not visible ASCII, quotes and backslashes become
 * \xHH; "..." stands for what did not fit.  Of "joe@example.com" only
 * "...@example.com" is written.
 */

unsigned char *oauth_quote_write(unsigned char *p, unsigned char *last,
    oauth_str_t text);


#endif /* OAUTH_QUOTE_H_INCLUDED */
