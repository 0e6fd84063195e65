
/*
 * Escapes text for HTML.  A character that would end the text, or that a
 * browser would obey, becomes a reference or is left out.
 */


#include "oauth_html.h"


void
oauth_html_append(oauth_buf_t *buf, oauth_str_t text)
{
    size_t  len;

    for ( /* void */ ; text.len > 0; text.data += len, text.len -= len) {

        len = oauth_str_control(text);

        if (len > 0) {
            continue;
        }

        len = 1;

        switch (text.data[0]) {

        case '&':
            oauth_buf_append_text(buf, "&amp;");
            break;

        case '<':
            oauth_buf_append_text(buf, "&lt;");
            break;

        case '>':
            oauth_buf_append_text(buf, "&gt;");
            break;

        case '"':
            oauth_buf_append_text(buf, "&quot;");
            break;

        case '\'':
            oauth_buf_append_text(buf, "&#39;");
            break;

        default:
            oauth_buf_append(buf, text.data, 1);
        }
    }
}
