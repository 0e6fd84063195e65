
/*
 * Forms and queries.  Input: a line with the name of a parameter, then the
 * form.  A second reader, which cuts the form into pieces first and decodes
 * each with sscanf, must find the same value and the same pairs.  What was
 * read, written again with every byte escaped, must be read as the same pairs.
 */


#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "oauth_encoding.h"
#include "oauth_form.h"


#define FUZZ_PAIRS  16


typedef struct {
    oauth_str_t           name;
    oauth_str_t           value;
    int                   complete;     /* it has a "="                       */
} fuzz_pair_t;


static void fuzz_find(oauth_str_t name, oauth_str_t form);
static void fuzz_read(oauth_str_t form);
static void fuzz_again(const oauth_form_pair_t *pairs, size_t n);
static void fuzz_any(oauth_str_t bytes);
static void fuzz_escape(oauth_buf_t *buf, oauth_str_t text);
static oauth_str_t fuzz_piece(oauth_str_t *rest, char end, int *found);
static int fuzz_pair(oauth_str_t *rest, fuzz_pair_t *pair);
static void fuzz_pair_free(fuzz_pair_t *pair);
static oauth_str_t fuzz_decoded(oauth_str_t text);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oauth_str_t  input, name, form;

    input.data = data;
    input.len = size;

    name = fuzz_copy(fuzz_line(&input));
    form = fuzz_copy(input);

    fuzz_find(name, form);
    fuzz_read(form);
    fuzz_any(form);

    fuzz_free(name);
    fuzz_free(form);

    return 0;
}


static void
fuzz_find(oauth_str_t name, oauth_str_t form)
{
    int             rc;
    size_t          found;
    oauth_str_t     rest, encoded, value, expected;
    fuzz_pair_t     pair;
    unsigned char  *bytes;

    expected = (oauth_str_t) { 0, NULL };
    found = 0;
    rest = form;

    while (fuzz_pair(&rest, &pair)) {

        if (pair.complete && pair.value.len
            && oauth_str_equal(pair.name, name))
        {
            found++;
            fuzz_free(expected);
            expected = fuzz_copy(pair.value);
        }

        fuzz_pair_free(&pair);
    }

    rc = oauth_form_find(form, name, &encoded);
    fuzz_need((rc == 0) == (found == 1));

    if (rc == 0) {
        fuzz_accepted = 1;
        fuzz_need(encoded.len > 0);
        fuzz_need(encoded.data > form.data
                  && encoded.data + encoded.len <= form.data + form.len);

        bytes = malloc(encoded.len);
        fuzz_need(bytes);

        value.data = bytes;
        value.len = oauth_form_decode(encoded, bytes);

        fuzz_need(value.len > 0 && value.len <= encoded.len);
        fuzz_need(oauth_str_equal(value, expected));

        free(bytes);
    }

    fuzz_free(expected);
}


static void
fuzz_read(oauth_str_t form)
{
    int                 good, rc;
    size_t              i, n;
    oauth_str_t         rest;
    fuzz_pair_t         pair;
    unsigned char      *bytes;
    oauth_form_pair_t   pairs[FUZZ_PAIRS];

    bytes = malloc(form.len ? form.len : 1);
    fuzz_need(bytes);

    rc = oauth_form_read(form, bytes, pairs, FUZZ_PAIRS, &n);
    fuzz_need(n <= FUZZ_PAIRS);

    good = 1;
    rest = form;

    for (i = 0; fuzz_pair(&rest, &pair); i++) {

        good = good && pair.complete && i < FUZZ_PAIRS;

        if (good) {
            fuzz_need(rc != 0 || i < n);
            fuzz_need(i >= n || oauth_str_equal(pairs[i].name, pair.name));
            fuzz_need(i >= n || oauth_str_equal(pairs[i].value, pair.value));
        }

        fuzz_pair_free(&pair);
    }

    fuzz_need((rc == 0) == good);

    if (rc == 0) {
        fuzz_need(i == n);
        fuzz_again(pairs, n);
    }

    free(bytes);
}


static void
fuzz_again(const oauth_form_pair_t *pairs, size_t n)
{
    size_t              i, m;
    oauth_buf_t         buf;
    unsigned char      *bytes;
    oauth_form_pair_t   again[FUZZ_PAIRS];

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < n; i++) {
        fuzz_escape(&buf, pairs[i].name);
        oauth_buf_append_literal(&buf, "=");
        fuzz_escape(&buf, pairs[i].value);
        oauth_buf_append_literal(&buf, "&");
    }

    fuzz_need(!buf.failed);

    bytes = malloc(buf.len ? buf.len : 1);
    fuzz_need(bytes);

    fuzz_need(oauth_form_read(oauth_buf_str(&buf), bytes, again, FUZZ_PAIRS,
                              &m)
              == 0);
    fuzz_need(m == n);

    for (i = 0; i < n; i++) {
        fuzz_need(oauth_str_equal(again[i].name, pairs[i].name));
        fuzz_need(oauth_str_equal(again[i].value, pairs[i].value));
    }

    oauth_buf_free(&buf);
    free(bytes);
}


/* What the core writes with percent-escapes, a form gives back. */

static void
fuzz_any(oauth_str_t bytes)
{
    oauth_buf_t     buf;
    oauth_str_t     value;
    unsigned char  *back;

    memset(&buf, 0, sizeof(oauth_buf_t));

    if (oauth_encoding_write(OAUTH_ENCODING_PERCENT, bytes, &buf) == 0) {

        back = malloc(buf.len ? buf.len : 1);
        fuzz_need(back);

        value.data = back;
        value.len = oauth_form_decode(oauth_buf_str(&buf), back);

        fuzz_need(oauth_str_equal(value, bytes));

        free(back);
    }

    oauth_buf_free(&buf);
}


static void
fuzz_escape(oauth_buf_t *buf, oauth_str_t text)
{
    char    escape[4];
    size_t  i;

    for (i = 0; i < text.len; i++) {
        (void) snprintf(escape, sizeof(escape), "%%%02X", text.data[i]);
        oauth_buf_append(buf, escape, 3);
    }
}


/* Removes what is before the first "end" from *rest, and that byte. */

static oauth_str_t
fuzz_piece(oauth_str_t *rest, char end, int *found)
{
    size_t       i;
    oauth_str_t  piece;

    for (i = 0; i < rest->len && rest->data[i] != end; i++) { /* void */ }

    *found = (i < rest->len);

    piece.data = rest->data;
    piece.len = i;

    rest->data += i + (size_t) *found;
    rest->len -= i + (size_t) *found;

    return piece;
}


/* Removes the next pair from *rest: 1, or 0 at the end; fuzz_pair_free. */

static int
fuzz_pair(oauth_str_t *rest, fuzz_pair_t *pair)
{
    int          found;
    oauth_str_t  piece;

    if (rest->len == 0) {
        return 0;
    }

    piece = fuzz_piece(rest, '&', &found);

    pair->name = fuzz_decoded(fuzz_piece(&piece, '=', &pair->complete));
    pair->value = fuzz_decoded(piece);

    return 1;
}


static void
fuzz_pair_free(fuzz_pair_t *pair)
{
    fuzz_free(pair->name);
    fuzz_free(pair->value);
}


/* fuzz_free */

static oauth_str_t
fuzz_decoded(oauth_str_t text)
{
    char            digits[3];
    size_t          i;
    unsigned int    value;
    oauth_str_t     decoded;
    unsigned char  *p;

    decoded.len = 0;
    p = malloc(text.len + 1);
    fuzz_need(p);
    decoded.data = p;

    for (i = 0; i < text.len; i++) {

        if (text.data[i] == '%' && i + 2 < text.len
            && isxdigit(text.data[i + 1]) && isxdigit(text.data[i + 2]))
        {
            memcpy(digits, text.data + i + 1, 2);
            digits[2] = '\0';
            fuzz_need(sscanf(digits, "%x", &value) == 1);

            p[decoded.len++] = (unsigned char) value;
            i += 2;

        } else {
            p[decoded.len++] = (text.data[i] == '+') ? ' ' : text.data[i];
        }
    }

    return decoded;
}
