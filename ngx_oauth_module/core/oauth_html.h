
/*
 * What the HTML pages share: their beginning, and text in them.  Whatever
 * somebody else wrote, such as a URL of the configuration or an error of
 * another server, is appended by this function.
 */


#ifndef OAUTH_HTML_H_INCLUDED
#define OAUTH_HTML_H_INCLUDED


#include "oauth.h"


/* How every page begins; its title and style, and the end of "head" follow. */

#define OAUTH_HTML_START                                                      \
    "<!DOCTYPE html>\n"                                                       \
    "<html lang=\"en\">\n"                                                    \
    "<head>\n"                                                                \
    "<meta charset=\"utf-8\">\n"                                              \
    "<meta name=\"viewport\" content=\"width=device-width, "                  \
    "initial-scale=1\">\n"                                                    \
    "<meta name=\"robots\" content=\"noindex\">\n"


/*
 * Appends text so that it may stand between tags and in a quoted attribute.
 * Control characters are left out.  Where memory is short, buf->failed is set.
 */

void oauth_html_append(oauth_buf_t *buf, oauth_str_t text);

/* The same for a number. */

void oauth_html_append_number(oauth_buf_t *buf, uint64_t number);

/* A time, in the largest unit of which there are at least two. */

void oauth_html_append_time(oauth_buf_t *buf, int64_t seconds);

/* A number with its name, a constant, as part of a list "dl". */

void oauth_html_append_fact(oauth_buf_t *buf, const char *name,
    uint64_t number);


#endif /* OAUTH_HTML_H_INCLUDED */
