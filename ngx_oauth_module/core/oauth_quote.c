
/*
 * Quoting for a log.  Nothing that is written can end the quotes or the line,
 * or change the colours of a terminal.  The part of an e-mail address before
 * the "@" names a person and is left out, whatever the text should be: a claim
 * can hold anything; unless the caller wants all of it.  The memory is the
 * caller's.
 */


#include <string.h>

#include "oauth_quote.h"


#define OAUTH_QUOTE_LONGEST  4          /* bytes that one byte may become     */
#define OAUTH_QUOTE_DOTS     3


static unsigned char *oauth_quote_write_text(unsigned char *p,
    unsigned char *last, oauth_str_t text, int names);
static size_t oauth_quote_word(oauth_str_t text, size_t i, size_t *at);
static int oauth_quote_ends_word(unsigned char c);
static unsigned char *oauth_quote_byte(unsigned char *p, unsigned char c);
static unsigned char *oauth_quote_dots(unsigned char *p, unsigned char *last);


unsigned char *
oauth_quote_write(unsigned char *p, unsigned char *last, oauth_str_t text)
{
    return oauth_quote_write_text(p, last, text, 0);
}


unsigned char *
oauth_quote_write_all(unsigned char *p, unsigned char *last, oauth_str_t text)
{
    return oauth_quote_write_text(p, last, text, 1);
}


/* After each step there is still room for the dots. */

static unsigned char *
oauth_quote_write_text(unsigned char *p, unsigned char *last, oauth_str_t text,
    int names)
{
    size_t  i, word, at;

    for (i = 0, word = 0; i < text.len; i++) {

        if (last - p < OAUTH_QUOTE_LONGEST + OAUTH_QUOTE_DOTS) {
            return oauth_quote_dots(p, last);
        }

        if (!names && i >= word) {

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
 * Returns the index after the word that begins at i.  *at is the index of the
 * last "@" in it, or i where it has none.
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
