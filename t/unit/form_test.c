
/*
 * Forms and queries: how a name and a value are decoded, which parameter is
 * found and which is not, and which queries are read.  Texts are copied into
 * allocations of exactly their size, and so are the bytes that are decoded, so
 * that a sanitizer sees a read or a write past the end.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_form.h"


#define FORM_PAIRS  3


/* A value that is absent is not found. */

typedef struct {
    oauth_str_t   text;
    oauth_str_t   value;
} form_case_t;


static const form_case_t  form_values[] = {
    { oauth_string(""), oauth_string("") },
    { oauth_string("a"), oauth_string("a") },
    { oauth_string("eyJ.e30.-_~"), oauth_string("eyJ.e30.-_~") },
    { oauth_string("a+b++c+"), oauth_string("a b  c ") },
    { oauth_string("a%2Bb%2bc"), oauth_string("a+b+c") },
    { oauth_string("%41%6a%6A%7A"), oauth_string("Ajjz") },
    { oauth_string("a%20b"), oauth_string("a b") },
    { oauth_string("%00"), oauth_string("\0") },
    { oauth_string("%ff%FF%fF"), oauth_string("\xff\xff\xff") },
    { oauth_string("M%C3%BCller"), oauth_string("M\xc3\xbcller") },
    { oauth_string("M\xc3\xbcller"), oauth_string("M\xc3\xbcller") },
    { oauth_string("a=b"), oauth_string("a=b") },
    { oauth_string("%26%3D%25"), oauth_string("&=%") },

    /* one decoding only */

    { oauth_string("%2541"), oauth_string("%41") },
    { oauth_string("%252B"), oauth_string("%2B") },

    /* what begins no escape stands for itself */

    { oauth_string("%"), oauth_string("%") },
    { oauth_string("a%"), oauth_string("a%") },
    { oauth_string("%4"), oauth_string("%4") },
    { oauth_string("%%"), oauth_string("%%") },
    { oauth_string("%%41"), oauth_string("%A") },
    { oauth_string("%4%41"), oauth_string("%4A") },
    { oauth_string("%zz"), oauth_string("%zz") },
    { oauth_string("%4g"), oauth_string("%4g") },
    { oauth_string("%g4"), oauth_string("%g4") },
    { oauth_string("%+1"), oauth_string("% 1") },
    { oauth_string("% 1"), oauth_string("% 1") },
    { oauth_string("%0x41"), oauth_string("%0x41") },
    { oauth_string("%u0041"), oauth_string("%u0041") }
};


static const form_case_t  form_parameters[] = {
    { oauth_string("token=a"), oauth_string("a") },
    { oauth_string("token=a&token_type_hint=access_token"),
      oauth_string("a") },
    { oauth_string("x=1&y=2&token=a"), oauth_string("a") },
    { oauth_string("token=a=b=="), oauth_string("a=b==") },
    { oauth_string("token==a"), oauth_string("=a") },
    { oauth_string("token=a+b%2B"), oauth_string("a b+") },
    { oauth_string("token=%26token%3Db"), oauth_string("&token=b") },
    { oauth_string("%74oke%6E=a"), oauth_string("a") },
    { oauth_string("=b&token=a"), oauth_string("a") },
    { oauth_string("other&token=a"), oauth_string("a") },
    { oauth_string("&&token=a&&"), oauth_string("a") },
    { oauth_string("token=%00"), oauth_string("\0") },
    { oauth_string("token=a;token=b"), oauth_string("a;token=b") },

    /* without a value it is as good as not there */

    { oauth_string("token&token=a"), oauth_string("a") },
    { oauth_string("token=&token=a&token="), oauth_string("a") },
    { oauth_string("token="), { 0, NULL } },
    { oauth_string("token"), { 0, NULL } },

    { oauth_string(""), { 0, NULL } },
    { oauth_string("&"), { 0, NULL } },
    { oauth_string("="), { 0, NULL } },
    { oauth_string("a"), { 0, NULL } },
    { oauth_string("other=token"), { 0, NULL } },
    { oauth_string("Token=a"), { 0, NULL } },
    { oauth_string("toke=a"), { 0, NULL } },
    { oauth_string("tokens=a"), { 0, NULL } },
    { oauth_string("+token=a"), { 0, NULL } },
    { oauth_string("token%00=a"), { 0, NULL } },
    { oauth_string("token%3Da"), { 0, NULL } },
    { oauth_string("%2574oken=a"), { 0, NULL } },
    { oauth_string("x%26token=a"), { 0, NULL } },
    { oauth_string("x;token=a"), { 0, NULL } },
    { oauth_string("x=1\ntoken=a"), { 0, NULL } },
    { oauth_string("token[]=a"), { 0, NULL } },

    { oauth_string("token=a&token=b"), { 0, NULL } },
    { oauth_string("token=a&token=a"), { 0, NULL } },
    { oauth_string("token=a&x=1&t%6Fken=b"), { 0, NULL } }
};


/* The pairs, each as name, "=", value, "|"; absent: the query is refused. */

static const form_case_t  form_queries[] = {
    { oauth_string(""), oauth_string("") },
    { oauth_string("a=b"), oauth_string("a=b|") },
    { oauth_string("a=b&"), oauth_string("a=b|") },
    { oauth_string("issuer=https%3A%2F%2Fas.example&subject=joe"),
      oauth_string("issuer=https://as.example|subject=joe|") },
    { oauth_string("a=&=b&="), oauth_string("a=|=b|=|") },
    { oauth_string("a%20b+c=d%3D%26"), oauth_string("a b c=d=&|") },
    { oauth_string("a=1&a=1"), oauth_string("a=1|a=1|") },
    { oauth_string("a=1=2"), oauth_string("a=1=2|") },
    { oauth_string("a=%"), oauth_string("a=%|") },

    { oauth_string("a"), { 0, NULL } },
    { oauth_string("&"), { 0, NULL } },
    { oauth_string("&a=b"), { 0, NULL } },
    { oauth_string("a=b&&"), { 0, NULL } },
    { oauth_string("a=b&c"), { 0, NULL } },
    { oauth_string("a%3Db"), { 0, NULL } },
    { oauth_string("a=1&b=2&c=3&d=4"), { 0, NULL } }
};


static unsigned char *
form_copy(oauth_str_t s)
{
    unsigned char  *copy;

    copy = malloc(s.len ? s.len : 1);
    assert_non_null(copy);
    memcpy(copy, s.data, s.len);

    return copy;
}


static void
form_assert(oauth_str_t found, const form_case_t *c)
{
    if (!oauth_str_equal(found, c->value)
        || (found.data == NULL) != (c->value.data == NULL))
    {
        fail_msg("\"%.*s\": \"%.*s\"", (int) c->text.len,
                 (const char *) c->text.data, (int) found.len,
                 found.data ? (const char *) found.data : "not there");
    }
}


static void
form_decodes(void **state)
{
    size_t          i;
    oauth_str_t     text, value;
    unsigned char  *copy, *bytes;

    (void) state;

    for (i = 0; i < sizeof(form_values) / sizeof(form_case_t); i++) {

        text = form_values[i].text;
        copy = form_copy(text);
        bytes = malloc(text.len ? text.len : 1);
        assert_non_null(bytes);

        text.data = copy;
        value.data = bytes;
        value.len = oauth_form_decode(text, bytes);

        form_assert(value, &form_values[i]);

        free(bytes);
        free(copy);
    }
}


static void
form_finds(void **state)
{
    size_t          i;
    oauth_str_t     text, encoded, value;
    unsigned char  *copy, *bytes;

    (void) state;

    for (i = 0; i < sizeof(form_parameters) / sizeof(form_case_t); i++) {

        text = form_parameters[i].text;
        copy = form_copy(text);
        bytes = malloc(text.len ? text.len : 1);
        assert_non_null(bytes);

        text.data = copy;
        value = (oauth_str_t) { 0, NULL };

        if (oauth_form_find(text, oauth_str("token"), &encoded) == 0) {
            value.data = bytes;
            value.len = oauth_form_decode(encoded, bytes);
        }

        form_assert(value, &form_parameters[i]);

        free(bytes);
        free(copy);
    }
}


static void
form_reads(void **state)
{
    size_t              i, k, n;
    oauth_buf_t         buf;
    oauth_str_t         text, value;
    unsigned char      *copy, *bytes;
    oauth_form_pair_t   pairs[FORM_PAIRS];

    (void) state;

    for (i = 0; i < sizeof(form_queries) / sizeof(form_case_t); i++) {

        text = form_queries[i].text;
        copy = form_copy(text);
        bytes = malloc(text.len ? text.len : 1);
        assert_non_null(bytes);
        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_buf_reserve(&buf, 1);

        text.data = copy;
        value = (oauth_str_t) { 0, NULL };

        if (oauth_form_read(text, bytes, pairs, FORM_PAIRS, &n) == 0) {

            for (k = 0; k < n; k++) {
                oauth_buf_append_str(&buf, pairs[k].name);
                oauth_buf_append_literal(&buf, "=");
                oauth_buf_append_str(&buf, pairs[k].value);
                oauth_buf_append_literal(&buf, "|");
            }

            value = oauth_buf_str(&buf);
        }

        form_assert(value, &form_queries[i]);

        oauth_buf_free(&buf);
        free(bytes);
        free(copy);
    }
}


/* Each byte as an escape, and as it is where it may be. */

static void
form_bytes(void **state)
{
    char           text[8];
    unsigned int   i;
    unsigned char  byte, bytes[8];

    (void) state;

    for (i = 0; i < 256; i++) {

        (void) snprintf(text, sizeof(text), "%%%02x", i);

        assert_int_equal(oauth_form_decode(oauth_str_of(text), bytes), 1);
        assert_int_equal(bytes[0], i);

        byte = (unsigned char) i;

        assert_int_equal(oauth_form_decode((oauth_str_t) { 1, &byte }, bytes),
                         1);
        assert_int_equal(bytes[0], i == '+' ? ' ' : i);
    }
}


/* A form may have no bytes at all, and no limit but its length. */

static void
form_lengths(void **state)
{
    size_t              i, n;
    oauth_buf_t         buf;
    oauth_str_t         value;
    oauth_form_pair_t   pairs[1];

    static const oauth_str_t  none = { 0, NULL };

    (void) state;

    assert_int_equal(oauth_form_find(none, oauth_str("token"), &value), -1);
    assert_int_equal(oauth_form_read(none, NULL, pairs, 1, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(oauth_form_read(oauth_str("a=b"), NULL, pairs, 0, &n),
                     -1);

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < 10000; i++) {
        oauth_buf_append_literal(&buf, "x=%41&");
    }

    oauth_buf_append_literal(&buf, "token=a");
    assert_false(buf.failed);

    assert_int_equal(oauth_form_find(oauth_buf_str(&buf), oauth_str("token"),
                                     &value), 0);
    assert_true(oauth_str_equal(value, oauth_str("a")));

    assert_int_equal(oauth_form_find(oauth_buf_str(&buf), oauth_str("x"),
                                     &value), -1);

    oauth_buf_free(&buf);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(form_decodes),
        cmocka_unit_test(form_finds),
        cmocka_unit_test(form_reads),
        cmocka_unit_test(form_bytes),
        cmocka_unit_test(form_lengths)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
