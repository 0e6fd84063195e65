
/*
 * Escapes text for HTML.  A character that would end the text, or that a
 * browser would obey, becomes a reference or is left out.
 */


#include <inttypes.h>
#include <stdio.h>

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


void
oauth_html_append_number(oauth_buf_t *buf, uint64_t number)
{
    char  text[sizeof("18446744073709551615")];

    (void) snprintf(text, sizeof(text), "%" PRIu64, number);

    oauth_buf_append_text(buf, text);
}


void
oauth_html_append_fact(oauth_buf_t *buf, const char *name, uint64_t number)
{
    oauth_buf_append_literal(buf, "<div><dt>");
    oauth_buf_append_text(buf, name);
    oauth_buf_append_literal(buf, "</dt><dd>");
    oauth_html_append_number(buf, number);
    oauth_buf_append_literal(buf, "</dd></div>\n");
}


void
oauth_html_append_time(oauth_buf_t *buf, int64_t seconds)
{
    size_t  i;

    static const struct {
        int64_t      seconds;
        const char  *name;
    } units[] = {
        { 86400, " days" }, { 3600, " hours" }, { 60, " minutes" }
    };

    if (seconds < 0) {
        seconds = 0;
    }

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (seconds >= 2 * units[i].seconds) {
            oauth_html_append_number(buf, (uint64_t) (seconds
                                                      / units[i].seconds));
            oauth_buf_append_text(buf, units[i].name);
            return;
        }
    }

    oauth_html_append_number(buf, (uint64_t) seconds);
    oauth_buf_append_literal(buf, " s");
}
