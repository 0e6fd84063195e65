
/*
 * Quoting for a log.  Nothing that is written can end the quotes, the line or
 * the terminal's colours.  The name in an e-mail address is a person's, so it
 * is left out wherever an address may stand: a claim can hold anything.
 */


#include <string.h>

#include "oauth_quote.h"


#define OAUTH_QUOTE_LONGEST  4          /* bytes that one byte becomes        */
#define OAUTH_QUOTE_DOTS     3


static size_t oauth_quote_word(oauth_str_t text, size_t i, size_t *at);
static int oauth_quote_ends_word(unsigned char c);
static unsigned char *oauth_quote_byte(unsigned char *p, unsigned char c);
static unsigned char *oauth_quote_dots(unsigned char *p, unsigned char *last);


/* There is always room for dots after what was written. */

unsigned char *
oauth_quote_write(unsigned char *p, unsigned char *last, oauth_str_t text)
{
    size_t  i, word, at;

    for (i = 0, word = 0; i < text.len; i++) {

        if (last - p < OAUTH_QUOTE_LONGEST + OAUTH_QUOTE_DOTS) {
            return oauth_quote_dots(p, last);
        }

        if (i >= word) {

            word = oauth_quote_word(text, i, &at);

            if (at > i) {
                p = oauth_quote_dots(p, last);
                i = at - 1;
                continue;
            }
        }

        p = oauth_quote_byte(p, text.data[i]);
    }

    return p;
}


/*
 * The index after the word that begins at i, and in *at that of its last "@",
 * or i where it has none.
 */

static size_t
oauth_quote_word(oauth_str_t text, size_t i, size_t *at)
{
    *at = i;

    do {
        if (text.data[i] == '@') {
            *at = i;
        }

    } while (!oauth_quote_ends_word(text.data[i++]) && i < text.len);

    return i;
}


static int
oauth_quote_ends_word(unsigned char c)
{
    return c <= 0x20 || c == 0x7f || strchr("/:,;<>()[]\"?#&=|", c) != NULL;
}


static unsigned char *
oauth_quote_byte(unsigned char *p, unsigned char c)
{
    static const unsigned char  digits[] = "0123456789ABCDEF";

    if (c > 0x20 && c < 0x7f && c != '"' && c != '\\') {
        *p++ = c;
        return p;
    }

    *p++ = '\\';
    *p++ = 'x';
    *p++ = digits[c >> 4];
    *p++ = digits[c & 0xf];

    return p;
}


static unsigned char *
oauth_quote_dots(unsigned char *p, unsigned char *last)
{
    size_t  n;

    n = (last - p < OAUTH_QUOTE_DOTS) ? (size_t) (last - p)
                                      : OAUTH_QUOTE_DOTS;
    memset(p, '.', n);

    return p + n;
}
