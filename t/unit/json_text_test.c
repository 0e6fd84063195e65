
/*
 * JSON as text: claims for header fields, numbers in their form, and what is
 * never handed out.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json_copy.h"
#include "keys.h"


/* A claim's value and its text; NULL: never handed out. */

static const char  *text_cases[][2] = {
    { "\"plain\"", "plain" },
    { "\"\"", "" },
    { "\"a,b%c\"", "a,b%c" },
    { "\"\\u00e9 \\\" \\\\\"", "\xc3\xa9 \" \\" },
    { "1", "1" },
    { "-9007199254740993", "-9007199254740993" },
    { "1.5", "1.5" },
    { "1.1", "1.1" },
    { "0.1", "0.1" },
    { "-0", "0" },
    { "-0.0", "-0.0" },
    { "0.10", "0.1" },
    { "0.123456789012345678", "0.123456789012346" },
    { "1E2", "100.0" },
    { "1.5e+300", "1.5e300" },
    { "15e299", "1.5e300" },
    { "1e-7", "1e-7" },
    { "1.25e-0010", "1.25e-10" },
    { "123456789012345678.0", "1.23456789012346e17" },
    { "true", "true" },
    { "false", "false" },
    { "null", "" },
    { "[]", "" },
    { "[\"a\"]", "a" },
    { "[\"a\",\"b\"]", "a,b" },
    { "[\"a,b\",\"c\"]", "a%2Cb,c" },
    { "[\"a%2Cb\",\"%\",\",\"]", "a%252Cb,%25,%2C" },
    { "[1,true,null,\"x\",2.5]", "1,true,,x,2.5" },
    { "[[1,2],[3]]", "[1%2C2],[3]" },
    { "[{\"a\":1,\"b\":2}]", "{\"a\":1%2C\"b\":2}" },
    { "{}", "{}" },
    { "{ \"b\" : [ 1, \"x,y\" ], \"a\" : null }",
      "{\"b\":[1,\"x,y\"],\"a\":null}" },
    { "{\"a\":\"line\\nfeed\"}", "{\"a\":\"line\\nfeed\"}" },
    { "{\"\\u001f\\\\\":\"\\b\\f\\r\\t\\/\\\"\\u000B\"}",
      "{\"\\u001F\\\\\":\"\\b\\f\\r\\t/\\\"\\u000B\"}" },
    { "[{},[],{\"a\":[],\"b\":{}}]", "{},[],{\"a\":[]%2C\"b\":{}}" },
    { "\"\\u00a0\\u00c2\"", "\xc2\xa0\xc3\x82" },
    { "\"\\u0400\\u1085\"", "\xd0\x80\xe1\x82\x85" },

    { "\"line\\nfeed\"", NULL },
    { "\"\\r\"", NULL },
    { "\"tab\\t\"", NULL },
    { "\"\\u001f\"", NULL },
    { "\"\\u007f\"", NULL },
    { "[\"good\",\"b\\nad\"]", NULL },
    { "{\"a\":\"\\u007f\"}", NULL },
    { "\"\\u0080\"", NULL },
    { "\"a\\u0085b\"", NULL },
    { "\"\\u009f\"", NULL },
    { "\"\xc2\x9b\"", NULL },
    { "[\"a\",\"\\u0090\"]", NULL },
    { "{\"\\u0085\":1}", NULL },
    { "{\"a\":{\"b\":\"\\u0085\"}}", NULL }
};


static void
text_claims(void **state)
{
    int           rc;
    char          text[128];
    size_t        i;
    json_copy_t   copy;
    const char   *expected;
    oauth_buf_t   buf;

    (void) state;

    for (i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {

        expected = text_cases[i][1];
        snprintf(text, sizeof(text), "{\"a\":%s}", text_cases[i][0]);

        json_copy_parse(&copy, keys_str(text));
        assert_non_null(copy.root);

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_buf_append_literal(&buf, "before\n");

        rc = oauth_json_text(copy.root + 2, &buf);

        if (rc != (expected ? 0 : -1)
            || buf.len != 7 + (expected ? strlen(expected) : 0)
            || memcmp(buf.data + 7, expected ? expected : "", buf.len - 7))
        {
            fail_msg("%s: %d \"%.*s\"", text_cases[i][0], rc, (int) buf.len,
                     (char *) buf.data);
        }

        json_copy_free(&copy);
        oauth_buf_free(&buf);
    }
}


/* Bytes have control characters, too; in all else they are the same. */

static void
text_bytes(void **state)
{
    json_copy_t  copy;
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    json_copy_parse(&copy, oauth_str("{\"a\":[\"b\\n,\",\"\\u0085%\"]}"));

    assert_int_equal(oauth_json_text(copy.root + 2, &buf), -1);
    assert_int_equal(oauth_json_bytes(copy.root + 2, &buf), 0);
    assert_true(oauth_str_equal(oauth_buf_str(&buf),
                                oauth_str("b\n%2C,\xc2\x85%25")));
    assert_int_equal(oauth_json_bytes(NULL, &buf), 0);

    oauth_buf_free(&buf);
    json_copy_free(&copy);
}


static void
text_fails(void **state)
{
    json_copy_t  copy;
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_json_text(NULL, &buf), 0);
    assert_int_equal(buf.len, 0);

    json_copy_parse(&copy, oauth_str("{\"a\":\"x\",\"b\":\"\"}"));
    buf.failed = 1;

    assert_int_equal(oauth_json_text(copy.root + 2, &buf), -1);
    assert_int_equal(oauth_json_text(copy.root + 4, &buf), -1);

    json_copy_free(&copy);
}


/*
 * Values as JSON, written again: the same values, numbers in the same digits,
 * and control characters, which a header could not carry.
 */

static void
text_json(void **state)
{
    size_t       i;
    char         text[512];
    json_copy_t  copy;
    oauth_buf_t  buf;

    static const char  *cases[][2] = {
        { "\"plain\"", "\"plain\"" },
        { "\"\\u00e9 \\\" \\\\ \\u0085 \\n\"",
          "\"\xc3\xa9 \\\" \\\\ \xc2\x85 \\n\"" },
        { "-0", "-0" },
        { "1.50E+2", "1.50E+2" },
        { "0.123456789012345678", "0.123456789012345678" },
        { "9223372036854775807", "9223372036854775807" },
        { "null", "null" },
        { "true", "true" },
        { "[]", "[]" },
        { "[ 1 , \"a,b%\" , [ false ] ]", "[1,\"a,b%\",[false]]" },
        { "{ \"b\" : { } , \"a\" : [ null ] }",
          "{\"b\":{},\"a\":[null]}" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{\"a\":%s}", cases[i][0]);
        json_copy_parse(&copy, keys_str(text));
        assert_non_null(copy.root);

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_json_append(copy.root + 2, &buf);

        if (!oauth_str_equal(oauth_buf_str(&buf), oauth_str_of(cases[i][1]))) {
            fail_msg("%s: \"%.*s\"", cases[i][0], (int) buf.len,
                     (char *) buf.data);
        }

        json_copy_free(&copy);
        oauth_buf_free(&buf);
    }

    oauth_json_append_string(oauth_str("a\"\\\n"), &buf);
    assert_true(oauth_str_equal(oauth_buf_str(&buf),
                                oauth_str("\"a\\\"\\\\\\n\"")));
    oauth_buf_free(&buf);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(text_claims),
        cmocka_unit_test(text_bytes),
        cmocka_unit_test(text_fails),
        cmocka_unit_test(text_json)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
