
/*
 * Whether the path of a request target means the same to every server that
 * reads it (RFC 3986 section 2.2, RFC 9110 section 17.1).  nginx reads it to
 * choose a location, and the app reads it to choose an answer.  Where the two
 * readings differ, the app answers for a path whose location was not asked.
 */


#include "oauth_target.h"


static int oauth_target_is_escape(const unsigned char *p);
static int oauth_target_is_dots(oauth_str_t rest);
static size_t oauth_target_dot(oauth_str_t rest);


int
oauth_target_is_ambiguous(oauth_str_t target)
{
    size_t       i;
    oauth_str_t  rest;

    if (oauth_str_starts(target, oauth_str("//"))) {
        return 1;
    }

    for (i = 0; i < target.len; i++) {

        switch (target.data[i]) {

        case '?':
            return 0;

        case '/':
            rest.data = target.data + i + 1;
            rest.len = target.len - i - 1;

            if (oauth_target_is_dots(rest)) {
                return 1;
            }

            break;

        case ';':
        case '#':
        case '\\':
            return 1;

        case '%':
            if (target.len - i > 2 && oauth_target_is_escape(target.data + i))
            {
                return 1;
            }

            break;
        }
    }

    return 0;
}


/*
 * 1 for an escaped "/", ";", "\" or "%", in upper or lower case, else 0.  p has
 * three bytes.  Where proxy_pass has a path, nginx decodes "%3b" and does not
 * escape it again, so that the app sees a ";".
 */

static int
oauth_target_is_escape(const unsigned char *p)
{
    unsigned char  low;

    low = p[2] | 0x20;

    switch (p[1]) {

    case '2':
        return low == 'f' || p[2] == '5';

    case '3':
        return low == 'b';

    case '5':
        return low == 'c';

    default:
        return 0;
    }
}


/* 1 when the segment that rest begins with is "." or "..", escaped or not. */

static int
oauth_target_is_dots(oauth_str_t rest)
{
    size_t    len;
    unsigned  n;

    for (n = 0; n < 3; n++) {

        len = oauth_target_dot(rest);

        if (len == 0) {
            break;
        }

        rest.data += len;
        rest.len -= len;
    }

    return (n == 1 || n == 2)
           && (rest.len == 0 || rest.data[0] == '/' || rest.data[0] == '?');
}


/* Returns the length of a dot, escaped or not; 0: rest begins with no dot. */

static size_t
oauth_target_dot(oauth_str_t rest)
{
    if (rest.len > 0 && rest.data[0] == '.') {
        return 1;
    }

    return (rest.len > 2 && rest.data[0] == '%' && rest.data[1] == '2'
            && (rest.data[2] | 0x20) == 'e') ? 3 : 0;
}
