
/*
 * The request target as the client sent it: whether its path means the same to
 * every server that reads it.  A location is chosen by nginx's reading, the app
 * answers by its own; where they differ, the policy of one path guards another
 * one (RFC 3986 section 2.2, RFC 9110 section 17.1).
 */


#include "oauth_target.h"


static int oauth_target_is_escape(const unsigned char *p);


int
oauth_target_is_ambiguous(oauth_str_t target)
{
    size_t  i;

    for (i = 0; i < target.len; i++) {

        switch (target.data[i]) {

        case '?':
            return 0;

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
 * Of "/", ";", "\" or "%", in upper or lower case.  There are three bytes.
 * nginx decodes "%3b" and does not escape it again, where proxy_pass has a
 * path: the app sees a ";".
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
