
/*
 * JSON: documents just inside and just outside each limit, what RFC 8259 and
 * RFC 7519 section 4 refuse, paths, and claims as text.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys.h"
#include "oauth_json.h"


#define OK(text)   { oauth_string(text), 1 }
#define BAD(text)  { oauth_string(text), 0 }


typedef struct {
    oauth_str_t  text;
    int          good;
} json_case_t;


static const json_case_t  json_cases[] = {
    OK("{}"),
    OK(" \t\r\n{ \"a\" : [ ] }\n"),
    OK("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"),
    OK("{\"a\":\"\\\"}{][:\\\\\"}"),
    OK("{\"\\u00e9\":\"\\ud83d\\ude00\"}"),
    OK("{\"a\":\"\xc3\xa9\xf0\x9f\x98\x80\"}"),
    OK("{\"a\":-1.5e-3,\"b\":9223372036854775807,\"c\":1e308}"),

    /* Not an object, or more than one object. */

    BAD(""),
    BAD(" "),
    BAD("[]"),
    BAD("[{}]"),
    BAD("null"),
    BAD("1"),
    BAD("\"{}\""),
    BAD("{}{}"),
    BAD("{} x"),
    BAD("{}\0"),
    BAD("{},"),
    BAD("{}}"),
    BAD("}{"),
    BAD("]"),
    BAD("{"),
    BAD("{\"a\""),
    BAD("{\"a\":"),
    BAD("{\"a\":1"),
    BAD("{\"a\":[1"),
    BAD("{\"a\":[1}"),
    BAD("{\"a"),
    BAD("{\"a\\\""),

    /* Texts that other parsers accept. */

    BAD("{\"a\":1,}"),
    BAD("{a:1}"),
    BAD("{'a':1}"),
    BAD("{\"a\":1/**/}"),
    BAD("//\n{}"),
    BAD("\xef\xbb\xbf{}"),
    BAD("{\0}\0"),
    BAD("\0{\0}"),
    BAD("{\"a\":01}"),
    BAD("{\"a\":+1}"),
    BAD("{\"a\":.5}"),
    BAD("{\"a\":1.}"),
    BAD("{\"a\":0x10}"),
    BAD("{\"a\":NaN}"),
    BAD("{\"a\":Infinity}"),
    BAD("{\"a\":-Infinity}"),
    BAD("{\"a\":123\0}"),
    BAD("{\"a\":[1\0,2]}"),
    BAD("{\"a\":true\0}"),
    BAD("{\"a\":1\x7f}"),
    BAD("{\"a\":1\xc2\x85}"),
    BAD("{\"a\":1\v}"),
    BAD("{\"a\":1e309}"),
    BAD("{\"a\":-1e400}"),
    BAD("{\"a\":9223372036854775808}"),
    BAD("{\"a\":undefined}"),
    BAD("{\"a\":True}"),

    /* Strings. */

    BAD("{\"a\":\"\n\"}"),
    BAD("{\"a\":\"\0\"}"),
    BAD("{\"a\":\"\\u0000\"}"),
    BAD("{\"a\\u0000\":1}"),
    BAD("{\"a\":\"\\x41\"}"),
    BAD("{\"a\":\"\\ud800\"}"),
    BAD("{\"a\":\"\\udc00\\ud800\"}"),
    BAD("{\"a\":\"\xff\"}"),
    BAD("{\"a\":\"\xc0\x80\"}"),
    BAD("{\"a\":\"\xed\xa0\x80\"}"),
    BAD("{\"a\":\"\xf4\x90\x80\x80\"}"),
    BAD("{\"a\":\"\xc3\"}"),

    /* One name with two values. */

    BAD("{\"a\":1,\"a\":1}"),
    BAD("{\"a\":1,\"\\u0061\":2}"),
    BAD("{\"b\":{\"a\":1,\"a\":2}}"),
    BAD("{\"b\":[{\"a\":1,\"a\":2}]}")
};


/* Parses a copy of exactly the text's size, without a NUL after it. */

static json_t *
json_parse(oauth_str_t text, size_t max_members)
{
    json_t         *value;
    oauth_str_t     exact;
    unsigned char  *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.len);

    exact.data = copy;
    exact.len = text.len;

    (void) oauth_json_parse(exact, max_members, &value);

    free(copy);

    return value;
}


static void
json_table(void **state)
{
    size_t   i;
    json_t  *value;

    (void) state;

    for (i = 0; i < sizeof(json_cases) / sizeof(json_case_t); i++) {
        value = json_parse(json_cases[i].text, OAUTH_JSON_MEMBERS);

        if ((value != NULL) != json_cases[i].good) {
            fail_msg("case %d: %.*s", (int) i, (int) json_cases[i].text.len,
                     (const char *) json_cases[i].text.data);
        }

        json_decref(value);
    }
}


/*
 * Puts a raw control character at each place of a text.  White space is
 * allowed.  Only jansson would skip a NUL after a number.
 */

static void
json_controls(void **state)
{
    char         copy[64];
    size_t       i, len;
    json_t      *value, *lax;
    unsigned     c;
    const char  *place;

    static const char  text[] =
        "{\"a\":1,\"b\":[-2.5e1,true,\"x\\n\"],\"c\":null}";

    (void) state;

    len = sizeof(text) - 1;

    for (i = 0; i <= len; i++) {

        memcpy(copy, text, i);
        memcpy(copy + i + 1, text + i, len - i);

        for (c = 0; c < 0x20; c++) {

            copy[i] = (char) c;

            value = json_parse((oauth_str_t) { len + 1,
                                               (unsigned char *) copy }, 10);
            (void) oauth_json_parse_nul((oauth_str_t) { len + 1,
                                           (unsigned char *) copy }, 10, &lax);

            place = strchr("{}[]:,", text[i]);

            if (strchr("\t\n\r", (int) c) == NULL || c == 0) {
                if (value || lax) {
                    fail_msg("byte %u at %d", c, (int) i);
                }

            } else if (i == 0 || place) {
                assert_non_null(value);
                assert_non_null(lax);
            }

            json_decref(value);
            json_decref(lax);
        }
    }
}


static void
json_refuse_nul(oauth_str_t text, size_t max_members)
{
    json_t  *value;

    assert_int_equal(oauth_json_parse_nul(text, max_members, &value),
                     OAUTH_INVALID);
    assert_null(value);
}


/* In a key set U+0000 does not spoil the text; everything else does. */

static void
json_nul(void **state)
{
    json_t       *value;
    oauth_str_t   s;

    (void) state;

    (void) oauth_json_parse_nul(oauth_str("{\"a\":\"x\\u0000y\"}"), 1, &value);

    assert_non_null(value);
    assert_int_equal(oauth_json_string(value, "a", &s), 1);
    assert_true(oauth_str_equal(s, oauth_str("x\0y")));

    json_decref(value);

    json_refuse_nul(oauth_str("{\"a\":1,\"a\":1}"), 2);
    json_refuse_nul(oauth_str("{\"a\":\"\0\"}"), 1);
    json_refuse_nul(oauth_str("{\"a\":1\0}"), 1);
    json_refuse_nul(oauth_str("{\"a\":1,\"b\":1}"), 1);
}


/* {"a":[[[...]]]} of that depth. */

static int
json_depth_parses(size_t depth, char open, char close)
{
    int      good;
    char     text[256], *p;
    size_t   i;
    json_t  *value;

    p = text;

    for (i = 0; i < depth; i++) {
        if (i == 0 || open == '{') {
            memcpy(p, "{\"a\":", 5);
            p += 5;

        } else {
            *p++ = open;
        }
    }

    *p++ = '1';

    for (i = 0; i < depth; i++) {
        *p++ = (i == depth - 1) ? '}' : close;
    }

    value = json_parse((oauth_str_t) { (size_t) (p - text),
                                       (unsigned char *) text }, 1000);
    good = (value != NULL);

    json_decref(value);

    return good;
}


static void
json_depth(void **state)
{
    (void) state;

    assert_true(json_depth_parses(OAUTH_JSON_DEPTH, '[', ']'));
    assert_true(json_depth_parses(OAUTH_JSON_DEPTH, '{', '}'));
    assert_false(json_depth_parses(OAUTH_JSON_DEPTH + 1, '[', ']'));
    assert_false(json_depth_parses(OAUTH_JSON_DEPTH + 1, '{', '}'));
}


/* An object of n members, half of them a level deeper. */

static int
json_members_parse(size_t n, size_t max_members)
{
    int           good;
    char          name[32];
    size_t        i;
    json_t       *value;
    oauth_buf_t   buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "{\"in:side\":{");

    for (i = 1; i < n; i++) {
        snprintf(name, sizeof(name), "\"m%d\":%d%s", (int) i, (int) i,
                 i == n / 2 ? "}" : "");
        oauth_buf_append_str(&buf, keys_str(name));
        oauth_buf_append_str(&buf, keys_str(i == n - 1 ? "}" : ","));
    }

    value = json_parse(oauth_buf_str(&buf), max_members);
    good = (value != NULL);

    json_decref(value);
    oauth_buf_free(&buf);

    return good;
}


static void
json_members(void **state)
{
    (void) state;

    assert_true(json_members_parse(512, 512));
    assert_false(json_members_parse(513, 512));
    assert_false(json_members_parse(700, 512));
    assert_true(json_members_parse(700, 700));
    assert_true(json_members_parse(10, 10));
    assert_false(json_members_parse(10, 9));
}


/* An array of n values, one of them a level deeper, in an object. */

static int
json_values_parse(size_t n, const char *one)
{
    int           good;
    size_t        i;
    json_t       *value;
    oauth_buf_t   buf;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "{\"a\":[[\",[{,\"]");

    for (i = 2; i < n; i++) {
        oauth_buf_append_literal(&buf, ",");
        oauth_buf_append_str(&buf, keys_str(one));
    }

    oauth_buf_append_literal(&buf, "]}");

    value = json_parse(oauth_buf_str(&buf), 1);
    good = (value != NULL);

    json_decref(value);
    oauth_buf_free(&buf);

    return good;
}


/*
 * The object and both arrays count as values, too; an empty array counts as
 * two.
 */

static void
json_values(void **state)
{
    (void) state;

    assert_true(json_values_parse(OAUTH_JSON_VALUES - 2, "1"));
    assert_false(json_values_parse(OAUTH_JSON_VALUES - 1, "1"));
    assert_true(json_values_parse(10, "[]"));
}


/*
 * The text has three arrays and objects, apart from those that the test adds.
 */

static void
json_containers(void **state)
{
    (void) state;

    assert_true(json_values_parse(2 + OAUTH_JSON_CONTAINERS - 3, "[]"));
    assert_false(json_values_parse(2 + OAUTH_JSON_CONTAINERS - 2, "[]"));
    assert_true(json_values_parse(2 + OAUTH_JSON_CONTAINERS - 3, "{}"));
    assert_false(json_values_parse(2 + OAUTH_JSON_CONTAINERS - 2, "{}"));
    assert_true(json_values_parse(2 + (OAUTH_JSON_CONTAINERS - 3) / 2,
                                  "[{}]"));
    assert_false(json_values_parse(2 + OAUTH_JSON_CONTAINERS / 2, "[{}]"));
    assert_true(json_values_parse(2 + OAUTH_JSON_CONTAINERS - 3, "\"[{\""));
}


static int
json_number_parses(size_t digits)
{
    int           good;
    size_t        i;
    json_t       *value;
    oauth_buf_t   buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "{\"a\":0.");

    for (i = 2; i < digits; i++) {
        oauth_buf_append_literal(&buf, "1");
    }

    oauth_buf_append_literal(&buf, "}");

    value = json_parse(oauth_buf_str(&buf), 1);
    good = (value != NULL);

    json_decref(value);
    oauth_buf_free(&buf);

    return good;
}


static void
json_numbers(void **state)
{
    json_t  *value;

    (void) state;

    assert_true(json_number_parses(64));
    assert_false(json_number_parses(65));
    assert_false(json_number_parses(4000));
    assert_false(json_number_parses(1000000));

    value = json_parse(oauth_str("{\"a\":1e-99999999999}"), 1);
    assert_non_null(value);
    assert_true(json_real_value(json_object_get(value, "a")) == 0.0);
    json_decref(value);
}


/*
 * Quotes, backslashes and brackets inside a string do not count as structure.
 */

static void
json_strings(void **state)
{
    size_t        n, i;
    json_t       *value;
    oauth_str_t   s;
    oauth_buf_t   buf;

    (void) state;

    for (n = 0; n < 12; n++) {
        memset(&buf, 0, sizeof(oauth_buf_t));

        oauth_buf_append_literal(&buf, "{\"a\":\"");

        for (i = 0; i < n; i++) {
            oauth_buf_append_literal(&buf, "\\\\\\\"");
        }

        for (i = 0; i < 100; i++) {
            oauth_buf_append_literal(&buf, "{[:1");
        }

        oauth_buf_append_literal(&buf, "\"}");

        value = json_parse(oauth_buf_str(&buf), 1);

        assert_non_null(value);
        assert_int_equal(oauth_json_string(value, "a", &s), 1);
        assert_int_equal(s.len, 2 * n + 400);

        json_decref(value);
        oauth_buf_free(&buf);
    }
}


static void
json_string_member(void **state)
{
    json_t       *value;
    oauth_str_t   s;

    (void) state;

    value = json_parse(oauth_str("{\"s\":\"x\",\"e\":\"\",\"n\":1,\"z\":null}"),
                       4);

    assert_non_null(value);

    assert_int_equal(oauth_json_string(value, "s", &s), 1);
    assert_true(oauth_str_equal(s, oauth_str("x")));
    assert_int_equal(oauth_json_string(value, "e", &s), 1);
    assert_int_equal(s.len, 0);
    assert_non_null(s.data);
    assert_int_equal(oauth_json_string(value, "absent", &s), 0);
    assert_int_equal(oauth_json_string(value, "n", &s), -1);
    assert_int_equal(oauth_json_string(value, "z", &s), -1);
    assert_int_equal(oauth_json_string(NULL, "s", &s), 0);

    assert_null(oauth_json_str(NULL).data);
    assert_null(oauth_json_str(json_object_get(value, "n")).data);
    assert_int_equal(oauth_json_str(json_object_get(value, "n")).len, 0);

    json_decref(value);
}


static void
json_paths(void **state)
{
    size_t   i;
    json_t  *value, *found;

    static const char  text[] =
        "{\"a\":1,\"r\":{\"roles\":2,\"x\":{\"y\":3},\"x.y\":4},"
        "\"https://e.com/roles\":5,\"https://e.com/o\":{\"p\":6},"
        "\"r.only\":7,\"\":8,\".\":9,\"s\":\"text\",\"l\":[{\"a\":10}]}";

    static const struct {
        const char  *path;
        int          value;                  /* 0: none */
    } cases[] = {
        { "a", 1 },
        { "r.roles", 2 },
        { "r.x.y", 4 },
        { "https://e.com/roles", 5 },
        { "https://e.com/o.p", 6 },
        { "r.only", 7 },
        { ".", 9 },
        { "", 0 },
        { "b", 0 },
        { "A", 0 },
        { "a.b", 0 },
        { "r.", 0 },
        { ".r", 0 },
        { "r..roles", 0 },
        { "r.x.z", 0 },
        { "s.t", 0 },
        { "l.a", 0 },
        { "l.0", 0 },
        { "r.roles.", 0 }
    };

    (void) state;

    value = json_parse(keys_str(text), 20);
    assert_non_null(value);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        found = oauth_json_at(value, keys_str(cases[i].path));

        if (json_integer_value(found) != cases[i].value
            || (found != NULL) != (cases[i].value != 0))
        {
            fail_msg("path \"%s\"", cases[i].path);
        }
    }

    json_decref(value);
}


/* A claim's value and its text; NULL: never handed out. */

static const char  *json_texts[][2] = {
    { "\"plain\"", "plain" },
    { "\"\"", "" },
    { "\"a,b%c\"", "a,b%c" },
    { "\"\\u00e9 \\\" \\\\\"", "\xc3\xa9 \" \\" },
    { "1", "1" },
    { "-9007199254740993", "-9007199254740993" },
    { "1.5", "1.5" },
    { "1.1", "1.1" },
    { "0.1", "0.1" },
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
json_as_text(void **state)
{
    int           rc;
    size_t        i;
    json_t       *value;
    const char   *expected;
    oauth_buf_t   buf;

    (void) state;

    for (i = 0; i < sizeof(json_texts) / sizeof(json_texts[0]); i++) {
        expected = json_texts[i][1];
        value = json_loads(json_texts[i][0], JSON_DECODE_ANY, NULL);
        assert_non_null(value);

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_buf_append_literal(&buf, "before\n");

        rc = oauth_json_text(value, &buf);

        if (rc != (expected ? 0 : -1)
            || buf.len != 7 + (expected ? strlen(expected) : 0)
            || memcmp(buf.data + 7, expected ? expected : "", buf.len - 7))
        {
            fail_msg("%s: %d \"%.*s\"", json_texts[i][0], rc, (int) buf.len,
                     (char *) buf.data);
        }

        json_decref(value);
        oauth_buf_free(&buf);
    }
}


static void
json_text_fails(void **state)
{
    json_t       *value;
    oauth_buf_t   buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    assert_int_equal(oauth_json_text(NULL, &buf), 0);
    assert_int_equal(buf.len, 0);

    buf.failed = 1;
    value = json_string("x");

    assert_int_equal(oauth_json_text(value, &buf), -1);

    json_decref(value);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(json_table),
        cmocka_unit_test(json_nul),
        cmocka_unit_test(json_depth),
        cmocka_unit_test(json_members),
        cmocka_unit_test(json_values),
        cmocka_unit_test(json_containers),
        cmocka_unit_test(json_numbers),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(json_string_member),
        cmocka_unit_test(json_paths),
        cmocka_unit_test(json_controls),
        cmocka_unit_test(json_as_text),
        cmocka_unit_test(json_text_fails)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
