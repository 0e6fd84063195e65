
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


#endif /* OAUTH_HTML_H_INCLUDED */
