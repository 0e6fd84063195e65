
/*
 * Reads forms and queries.  A pair is taken from the text as it is, and is
 * decoded only where its value is wanted: names are compared while they are
 * decoded, so that a form with many parameters needs no memory for them.
 */


#include <string.h>

#include "oauth_encoding.h"
#include "oauth_form.h"


static int oauth_form_next(oauth_str_t *rest, oauth_form_pair_t *pair);
static int oauth_form_is(oauth_str_t text, oauth_str_t name);
static unsigned char oauth_form_byte(oauth_str_t *rest);


int
oauth_form_find(oauth_str_t form, oauth_str_t name, oauth_str_t *value)
{
    size_t             found;
    oauth_form_pair_t  pair;

    found = 0;

    while (form.len) {

        if (oauth_form_next(&form, &pair) == 0
            && pair.value.len
            && oauth_form_is(pair.name, name))
        {
            *value = pair.value;
            found++;
        }
    }

    return (found == 1) ? 0 : -1;
}


size_t
oauth_form_decode(oauth_str_t text, unsigned char *bytes)
{
    size_t  n;

    for (n = 0; text.len; n++) {
        bytes[n] = oauth_form_byte(&text);
    }

    return n;
}


int
oauth_form_read(oauth_str_t text, unsigned char *bytes,
    oauth_form_pair_t *pairs, size_t most, size_t *n)
{
    oauth_form_pair_t  raw, *pair;

    for (*n = 0; text.len; (*n)++) {

        if (*n == most || oauth_form_next(&text, &raw) != 0) {
            return -1;
        }

        pair = &pairs[*n];

        pair->name.data = bytes;
        pair->name.len = oauth_form_decode(raw.name, bytes);
        bytes += pair->name.len;

        pair->value.data = bytes;
        pair->value.len = oauth_form_decode(raw.value, bytes);
        bytes += pair->value.len;
    }

    return 0;
}


/*
 * Takes the next pair from *rest, which is not empty, and leaves it encoded.
 * Returns 0; or -1: what was taken has no "=".
 */

static int
oauth_form_next(oauth_str_t *rest, oauth_form_pair_t *pair)
{
    size_t                len;
    const unsigned char  *p, *end, *equals;

    p = rest->data;
    end = memchr(p, '&', rest->len);

    if (end) {
        len = (size_t) (end - p);
        rest->data = end + 1;
        rest->len -= len + 1;

    } else {
        len = rest->len;
        rest->data += len;
        rest->len = 0;
    }

    equals = memchr(p, '=', len);
    if (equals == NULL) {
        return -1;
    }

    pair->name.data = p;
    pair->name.len = (size_t) (equals - p);

    pair->value.data = equals + 1;
    pair->value.len = len - pair->name.len - 1;

    return 0;
}


/* 1 when the encoded text stands for this name. */

static int
oauth_form_is(oauth_str_t text, oauth_str_t name)
{
    size_t  i;

    for (i = 0; i < name.len; i++) {

        if (text.len == 0 || oauth_form_byte(&text) != name.data[i]) {
            return 0;
        }
    }

    return text.len == 0;
}


/* Takes one byte, decoded, from *rest, which is not empty. */

static unsigned char
oauth_form_byte(oauth_str_t *rest)
{
    int            escaped;
    size_t         len;
    unsigned char  c;

    c = rest->data[0];
    len = 1;

    if (c == '+') {
        c = ' ';

    } else if (c == '%') {
        escaped = oauth_encoding_escape(*rest);

        if (escaped >= 0) {
            c = (unsigned char) escaped;
            len = OAUTH_ENCODING_ESCAPE;
        }
    }

    rest->data += len;
    rest->len -= len;

    return c;
}
