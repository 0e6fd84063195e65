
/*
 * What the fuzz targets share.  Nothing here comes from the code under test, so
 * a target can compare the core with it.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"


int  fuzz_accepted;

static fuzz_pattern_t  fuzz_scope_token = { .text = "^([!#-[]|[]^-~])+$" };


void
fuzz_check(int ok, const char *what, const char *file, int line)
{
    if (ok) {
        return;
    }

    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    ERR_print_errors_fp(stderr);
    abort();
}


oauth_str_t
fuzz_line(oauth_str_t *rest)
{
    oauth_str_t           line;
    const unsigned char  *end;

    line = *rest;
    end = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;

    if (end) {
        line.len = (size_t) (end - rest->data);
        rest->data = end + 1;
        rest->len -= line.len + 1;

    } else {
        rest->data += rest->len;
        rest->len = 0;
    }

    return line;
}


int
fuzz_word(oauth_str_t *rest, oauth_str_t *word)
{
    const unsigned char  *p, *last;

    last = rest->data + rest->len;

    for (p = rest->data; p < last && *p == ' '; p++) { /* void */ }

    word->data = p;

    while (p < last && *p != ' ') {
        p++;
    }

    word->len = (size_t) (p - word->data);

    rest->data = p;
    rest->len = (size_t) (last - p);

    return word->len > 0;
}


int64_t
fuzz_number(oauth_str_t *rest)
{
    int      i;
    int64_t  n;

    n = 0;

    for (i = 0; i < 15 && rest->len > 0; i++) {

        if (rest->data[0] < '0' || rest->data[0] > '9') {
            break;
        }

        n = n * 10 + (rest->data[0] - '0');
        rest->data++;
        rest->len--;
    }

    return n;
}


int64_t
fuzz_seconds(oauth_str_t *rest)
{
    oauth_str_t  word;

    (void) fuzz_word(rest, &word);

    return fuzz_number(&word) % FUZZ_SECONDS;
}


oauth_str_t
fuzz_copy(oauth_str_t s)
{
    unsigned char  *copy;

    copy = malloc(s.len ? s.len : 1);
    fuzz_need(copy);

    if (s.len) {
        memcpy(copy, s.data, s.len);
    }

    s.data = copy;

    return s;
}


void
fuzz_free(oauth_str_t copy)
{
    free((void *) copy.data);
}


/*
 * Matches a copy with a NUL after it, because AddressSanitizer looks for the
 * NUL.
 */

int
fuzz_matches(fuzz_pattern_t *pattern, oauth_str_t s)
{
    int          found;
    char        *text;
    regmatch_t   match[1];

    if (!pattern->ready) {
        fuzz_need(regcomp(&pattern->regex, pattern->text,
                          REG_EXTENDED | REG_NOSUB) == 0);
        pattern->ready = 1;
    }

    text = calloc(1, s.len + 1);
    fuzz_need(text);

    if (s.len) {
        memcpy(text, s.data, s.len);
    }

    match[0].rm_so = 0;
    match[0].rm_eo = (regoff_t) s.len;

    found = (regexec(&pattern->regex, text, 1, match, REG_STARTEND) == 0);

    free(text);

    return found;
}


int
fuzz_is_scope(oauth_str_t s)
{
    return fuzz_matches(&fuzz_scope_token, s);
}


const json_t *
fuzz_member(const json_t *object, const char *name)
{
    json_t  *value, *empty;

    value = json_object_get(object, name);
    empty = json_pack("[n,s,[]]", "");
    fuzz_need(empty);

    if (json_equal(value, json_array_get(empty, 0))
        || json_equal(value, json_array_get(empty, 1))
        || json_equal(value, json_array_get(empty, 2)))
    {
        value = NULL;
    }

    json_decref(empty);

    return value;
}
