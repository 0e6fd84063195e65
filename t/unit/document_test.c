
/*
 * JSON documents: U+0000 in them, how many members and values they may have, a
 * member that comes twice, strings, times, and writing.  That they are read by
 * the same rules as tokens is in json_test.c.
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
#include "oauth_document.h"


/* Parses a copy of exactly the text's size, without a NUL after it. */

static json_t *
document_parse(oauth_str_t text, size_t max_members)
{
    json_t         *value;
    oauth_str_t     exact;
    unsigned char  *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);

    exact.data = copy;
    exact.len = text.len;

    (void) oauth_document_parse(exact, max_members, &value);

    free(copy);

    return value;
}


static void
document_refuse_nul(oauth_str_t text, size_t max_members)
{
    json_t  *value;

    assert_int_equal(oauth_document_parse_nul(text, max_members, &value),
                     OAUTH_INVALID);
    assert_null(value);
}


/* In a key set U+0000 does not spoil the text; everything else does. */

static void
document_nul(void **state)
{
    json_t       *value;
    oauth_str_t   s;

    (void) state;

    (void) oauth_document_parse_nul(oauth_str("{\"a\":\"x\\u0000y\"}"), 1,
                                    &value);

    assert_non_null(value);
    assert_int_equal(oauth_document_string(value, "a", &s), 1);
    assert_true(oauth_str_equal(s, oauth_str("x\0y")));

    json_decref(value);

    document_refuse_nul(oauth_str("{\"a\":1,\"a\":1}"), 2);
    document_refuse_nul(oauth_str("{\"a\":\"\0\"}"), 1);
    document_refuse_nul(oauth_str("{\"a\":1\0}"), 1);
    document_refuse_nul(oauth_str("{\"a\":1,\"b\":1}"), 1);
}


/* Returns 1 when a document is accepted, and releases its text. */

static int
document_accepts(oauth_buf_t *buf, size_t max_members)
{
    int      good;
    json_t  *value;

    value = document_parse(oauth_buf_str(buf), max_members);
    good = (value != NULL);

    json_decref(value);
    oauth_buf_free(buf);

    return good;
}


static int
document_members_parse(size_t n, size_t max_members)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));
    json_copy_append_members(&buf, n);

    return document_accepts(&buf, max_members);
}


static void
document_members(void **state)
{
    (void) state;

    assert_true(document_members_parse(512, 512));
    assert_false(document_members_parse(513, 512));
    assert_false(document_members_parse(700, 512));
    assert_true(document_members_parse(700, 700));
    assert_true(document_members_parse(10, 10));
    assert_false(document_members_parse(10, 9));
}


static int
document_values_parse(size_t n, const char *one)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));
    json_copy_append_array(&buf, n, one);

    return document_accepts(&buf, 1);
}


/*
 * The object and both arrays count as values, too; an empty array counts as
 * two.
 */

static void
document_values(void **state)
{
    (void) state;

    assert_true(document_values_parse(OAUTH_DOCUMENT_VALUES - 3, "1"));
    assert_false(document_values_parse(OAUTH_DOCUMENT_VALUES - 2, "1"));
    assert_true(document_values_parse(9, "[]"));
}


static void
document_string_member(void **state)
{
    json_t       *value;
    oauth_str_t   s;

    (void) state;

    value = document_parse(oauth_str("{\"s\":\"x\",\"e\":\"\",\"n\":1,"
                                     "\"z\":null}"), 4);

    assert_non_null(value);

    assert_int_equal(oauth_document_string(value, "s", &s), 1);
    assert_true(oauth_str_equal(s, oauth_str("x")));
    assert_int_equal(oauth_document_string(value, "e", &s), 1);
    assert_int_equal(s.len, 0);
    assert_non_null(s.data);
    assert_int_equal(oauth_document_string(value, "absent", &s), 0);
    assert_int_equal(oauth_document_string(value, "n", &s), -1);
    assert_int_equal(oauth_document_string(value, "z", &s), -1);
    assert_int_equal(oauth_document_string(NULL, "s", &s), 0);

    assert_null(oauth_document_str(NULL).data);
    assert_null(oauth_document_str(json_object_get(value, "n")).data);
    assert_int_equal(oauth_document_str(json_object_get(value, "n")).len, 0);

    json_decref(value);
}


static void
document_writes(void **state)
{
    size_t       i;
    json_t      *value;
    oauth_buf_t  buf;

    static const struct {
        const char  *text;
        int          good;
    } cases[] = {
        { "{}", 1 },
        { "{\"b\":[1,\"x,y%\"],\"a\":null}", 1 },
        { "{\"a\":\"line\\nfeed\"}", 1 },
        { "{\"a\":\"\x7f\"}", 0 },
        { "{\"\xc2\x85\":1}", 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        value = document_parse(keys_str(cases[i].text), 2);
        assert_non_null(value);

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_buf_append_literal(&buf, "\n");

        assert_int_equal(oauth_document_write(value, &buf),
                         cases[i].good ? 0 : -1);
        assert_false(buf.failed);
        assert_int_equal(buf.len, cases[i].good ? 1 + strlen(cases[i].text)
                                                : 1);
        assert_memory_equal(buf.data + 1, cases[i].text, buf.len - 1);

        json_decref(value);
        oauth_buf_free(&buf);
    }
}


static void
document_write_fails(void **state)
{
    json_t       *value;
    oauth_buf_t   buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    buf.failed = 1;
    value = json_object();

    assert_int_equal(oauth_document_write(value, &buf), -1);
    json_decref(value);

    buf.failed = 0;

    assert_int_equal(oauth_document_write(NULL, &buf), -1);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 0);
}


static void
document_assert_twice(oauth_str_t text, oauth_result_t result,
    const char *name)
{
    json_t          *value;
    oauth_str_t      exact, twice;
    unsigned char   *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);

    exact.data = copy;
    exact.len = text.len;
    twice = oauth_str("left");

    assert_int_equal(oauth_document_parse_list(exact, 8, &value, &twice),
                     result);
    assert_int_equal(value != NULL, result == OAUTH_DONE);
    assert_int_equal(twice.data != NULL, name != NULL);

    if (name) {
        assert_true(oauth_str_equal(twice, oauth_str_of(name)));
    }

    json_decref(value);
    free(copy);
}


/* A member that comes twice is named as the text has it. */

static void
document_list(void **state)
{
    (void) state;

    document_assert_twice(oauth_str("{}"), OAUTH_DONE, NULL);
    document_assert_twice(oauth_str("[]"), OAUTH_DONE, NULL);
    document_assert_twice(oauth_str("[{\"a\":1},{\"a\":1}]"), OAUTH_DONE,
                          NULL);
    document_assert_twice(oauth_str("[1]"), OAUTH_DONE, NULL);
    document_assert_twice(oauth_str("1"), OAUTH_INVALID, NULL);
    document_assert_twice(oauth_str(""), OAUTH_INVALID, NULL);
    document_assert_twice(oauth_str("[] []"), OAUTH_INVALID, NULL);
    document_assert_twice(oauth_str("{\"a\":1,}"), OAUTH_INVALID, NULL);
    document_assert_twice(oauth_str("[\"\\u0000\"]"), OAUTH_INVALID, NULL);

    document_assert_twice(oauth_str("{\"a\":1,\"a\":1}"), OAUTH_INVALID, "a");
    document_assert_twice(oauth_str("[{\"b\":{\"x\":1 , \"x\" : 2}}]"),
                          OAUTH_INVALID, "x");
    document_assert_twice(oauth_str("{\"\":1,\"\":1}"), OAUTH_INVALID, "");
    document_assert_twice(oauth_str("{\"a\":1,\"\\u0061\":1}"),
                          OAUTH_INVALID, "\\u0061");
    document_assert_twice(oauth_str("{\"\\\\\":1,\"\\\\\":1}"),
                          OAUTH_INVALID, "\\\\");
    document_assert_twice(oauth_str("{\"a\\\"b\":1,\"a\\\"b\":1}"),
                          OAUTH_INVALID, "a\\\"b");
    document_assert_twice(oauth_str("{\"\\\"\":1,\"\\\"\":1}"),
                          OAUTH_INVALID, "\\\"");
    document_assert_twice(oauth_str("{\"\xc3\xa4\":\"\xc3\xb6\","
                                    "\"\xc3\xa4\":1}"),
                          OAUTH_INVALID, "\xc3\xa4");
    document_assert_twice(oauth_str("{\"a name of more than twenty bytes\":1,"
                                    "\"a name of more than twenty bytes\":1}"),
                          OAUTH_INVALID, "a name of more than twenty bytes");
}


static void
document_time(void **state)
{
    size_t   i;
    int64_t  seconds;
    json_t  *value;

    static const struct {
        const char  *text;
        int          found;
        int64_t      seconds;
    } cases[] = {
        { "[1700000000]", 1, 1700000000 },
        { "[1700000000.9]", 1, 1700000000 },
        { "[1.7e9]", 1, 1700000000 },
        { "[-1.5]", 1, -1 },
        { "[0]", 1, 0 },
        { "[9223372036854775807]", 1, (int64_t) 1 << 53 },
        { "[-9223372036854775807]", 1, -((int64_t) 1 << 53) },
        { "[1e300]", 1, (int64_t) 1 << 53 },
        { "[-1e300]", 1, -((int64_t) 1 << 53) },
        { "[\"1700000000\"]", -1, 5 },
        { "[null]", -1, 5 },
        { "[true]", -1, 5 },
        { "[]", 0, 5 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        value = json_loads(cases[i].text, 0, NULL);
        assert_non_null(value);

        seconds = 5;
        assert_int_equal(oauth_document_time(json_array_get(value, 0),
                                             &seconds), cases[i].found);
        assert_int_equal(seconds, cases[i].seconds);

        json_decref(value);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(document_nul),
        cmocka_unit_test(document_members),
        cmocka_unit_test(document_values),
        cmocka_unit_test(document_string_member),
        cmocka_unit_test(document_writes),
        cmocka_unit_test(document_write_fails),
        cmocka_unit_test(document_list),
        cmocka_unit_test(document_time)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
