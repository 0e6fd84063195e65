
/*
 * JSON: texts just inside and just outside each limit, what RFC 8259 and RFC
 * 7519 section 4 refuse, members, elements and paths.
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


static void
json_table(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(json_cases) / sizeof(json_case_t); i++) {
        if (json_copy_accepts(json_cases[i].text) != json_cases[i].good) {
            fail_msg("case %d: %.*s", (int) i, (int) json_cases[i].text.len,
                     (const char *) json_cases[i].text.data);
        }
    }
}


/*
 * Puts a raw control character at each place of a text.  White space is
 * allowed.  Only jansson would skip a NUL after a number.
 */

static void
json_controls(void **state)
{
    int          good;
    char         copy[64];
    size_t       i, len;
    json_t      *lax;
    oauth_str_t  s;
    unsigned     c;

    static const char  text[] =
        "{\"a\":1,\"b\":[-2.5e1,true,\"x\\n\"],\"c\":null}";

    (void) state;

    len = sizeof(text) - 1;

    for (i = 0; i <= len; i++) {

        memcpy(copy, text, i);
        memcpy(copy + i + 1, text + i, len - i);

        for (c = 0; c < 0x20; c++) {

            copy[i] = (char) c;

            s.len = len + 1;
            s.data = (unsigned char *) copy;

            good = json_copy_accepts(s);

            (void) oauth_document_parse_nul(s, 10, &lax);
            assert_int_equal(lax != NULL, good);
            json_decref(lax);

            if (strchr("\t\n\r", (int) c) == NULL || c == 0) {
                if (good) {
                    fail_msg("byte %u at %d", c, (int) i);
                }

            } else if (i == 0 || strchr("{}[]:,", text[i])) {
                assert_true(good);
            }
        }
    }
}


/* {"a":[[[...]]]} of that depth. */

static int
json_depth_parses(size_t depth, char open, char close)
{
    int      good;
    char     text[256], *p;
    size_t   i;

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

    good = json_copy_accepts((oauth_str_t) { (size_t) (p - text),
                                       (unsigned char *) text });


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


/* Returns 1 when a text is accepted, and releases it. */

static int
json_accepts(oauth_buf_t *buf)
{
    int  good;

    good = json_copy_accepts(oauth_buf_str(buf));

    oauth_buf_free(buf);

    return good;
}


static int
json_members_parse(size_t n)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));
    json_copy_append_members(&buf, n);

    return json_accepts(&buf);
}


static void
json_members(void **state)
{
    (void) state;

    assert_true(json_members_parse(10));
    assert_true(json_members_parse(512));
    assert_false(json_members_parse(513));
    assert_false(json_members_parse(700));
}


/*
 * An object of n members, of which the last one has the name of the k-th; k is
 * n - 1 where all names differ.
 */

static int
json_names_parse(size_t n, size_t k)
{
    char         name[32];
    size_t       i;
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    for (i = 0; i < n; i++) {
        snprintf(name, sizeof(name), "%c\"%d\":{\"a\":[]}", i ? ',' : '{',
                 (int) (i < n - 1 ? i * 7919 % 10007 : k * 7919 % 10007));
        oauth_buf_append_text(&buf, name);
    }

    oauth_buf_append_literal(&buf, "}");

    return json_accepts(&buf);
}


/* In small objects and in large ones, wherever the two members stand. */

static void
json_names(void **state)
{
    size_t  n, k;

    (void) state;

    for (n = 2; n <= 256; n = (n < 40) ? n + 1 : n * 2) {

        assert_true(json_names_parse(n, n - 1));

        for (k = 0; k + 1 < n; k++) {
            assert_false(json_names_parse(n, k));
        }
    }
}


static int
json_array_parses(size_t n, const char *one)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));
    json_copy_append_array(&buf, n, one);

    return json_accepts(&buf);
}


/* Without those of "one", there are three objects and arrays. */

static void
json_containers(void **state)
{
    size_t  most;

    (void) state;

    most = OAUTH_JSON_CONTAINERS - 3;

    assert_true(json_array_parses(1 + most, "[]"));
    assert_false(json_array_parses(2 + most, "[]"));
    assert_true(json_array_parses(1 + most, "{}"));
    assert_false(json_array_parses(2 + most, "{}"));
    assert_true(json_array_parses(1 + most / 2, "[{}]"));
    assert_false(json_array_parses(2 + most / 2, "[{}]"));
    assert_true(json_array_parses(2 + most, "\"[{\""));
}


static int
json_number_parses(size_t digits)
{
    size_t       i;
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "{\"a\":0.");

    for (i = 2; i < digits; i++) {
        oauth_buf_append_literal(&buf, "1");
    }

    oauth_buf_append_literal(&buf, "}");

    return json_accepts(&buf);
}


static void
json_numbers(void **state)
{
    json_copy_t  copy;

    (void) state;

    assert_true(json_number_parses(64));
    assert_false(json_number_parses(65));
    assert_false(json_number_parses(4000));
    assert_false(json_number_parses(1000000));

    json_copy_parse(&copy, oauth_str("{\"a\":[-7,0,9223372036854775807,"
                                     "-9223372036854775808,2.5e1,"
                                     "1e-99999999999]}"));
    assert_non_null(copy.root);

    assert_int_equal(oauth_json_integer(copy.root + 3), -7);
    assert_int_equal(oauth_json_integer(copy.root + 7), 0);
    assert_int_equal(oauth_json_integer(copy.root), 0);
    assert_int_equal(oauth_json_integer(NULL), 0);
    assert_true(oauth_json_real(copy.root + 3) == 0.0);
    assert_true(oauth_json_real(NULL) == 0.0);
    assert_int_equal(oauth_json_integer(copy.root + 4), 0);
    assert_true(oauth_json_integer(copy.root + 5) == INT64_MAX);
    assert_true(oauth_json_integer(copy.root + 6) == INT64_MIN);
    assert_true(oauth_json_real(copy.root + 7) == 25.0);
    assert_true(oauth_json_real(copy.root + 8) == 0.0);

    json_copy_free(&copy);
}


/*
 * Quotes, backslashes and brackets inside a string do not count as structure.
 */

static void
json_strings(void **state)
{
    size_t        n, i;
    json_copy_t   copy;
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

        json_copy_parse(&copy, oauth_buf_str(&buf));

        assert_non_null(copy.root);
        assert_int_equal(oauth_json_string(copy.root, oauth_str("a"), &s), 1);
        assert_int_equal(s.len, 2 * n + 400);

        json_copy_free(&copy);
        oauth_buf_free(&buf);
    }
}


static void
json_string_member(void **state)
{
    oauth_str_t          s;
    json_copy_t          copy;
    const oauth_json_t  *root;

    (void) state;

    json_copy_parse(&copy, oauth_str("{\"s\":\"x\",\"e\":\"\",\"n\":1,"
                                     "\"z\":null,\"l\":[],\"o\":{}}"));
    root = copy.root;
    assert_non_null(root);

    assert_int_equal(oauth_json_string(root, oauth_str("s"), &s), 1);
    assert_true(oauth_str_equal(s, oauth_str("x")));
    assert_int_equal(oauth_json_string(root, oauth_str("e"), &s), 1);
    assert_int_equal(s.len, 0);
    assert_non_null(s.data);
    assert_int_equal(oauth_json_string(root, oauth_str("absent"), &s), 0);
    assert_int_equal(oauth_json_string(root, oauth_str("x"), &s), 0);
    assert_int_equal(oauth_json_string(root, oauth_str("n"), &s), -1);
    assert_int_equal(oauth_json_string(root, oauth_str("z"), &s), -1);
    assert_int_equal(oauth_json_string(NULL, oauth_str("s"), &s), 0);
    assert_int_equal(oauth_json_string(root + 2, oauth_str("s"), &s), 0);

    assert_int_equal(oauth_json_optional_string(root, oauth_str("s"), &s), 1);
    assert_int_equal(oauth_json_optional_string(root, oauth_str("e"), &s), 0);
    assert_int_equal(oauth_json_optional_string(root, oauth_str("z"), &s), 0);
    assert_int_equal(oauth_json_optional_string(root, oauth_str("l"), &s), 0);
    assert_int_equal(oauth_json_optional_string(root, oauth_str("n"), &s), -1);
    assert_int_equal(oauth_json_optional_string(root, oauth_str("o"), &s), -1);

    assert_null(oauth_json_str(NULL).data);
    assert_null(oauth_json_str(oauth_json_member(root, oauth_str("n"))).data);
    assert_int_equal(oauth_json_str(root).len, 0);

    json_copy_free(&copy);
}


/* Elements may hold others; only arrays have elements. */

static void
json_elements(void **state)
{
    json_copy_t          copy;
    const oauth_json_t  *array, *element;

    (void) state;

    json_copy_parse(&copy, oauth_str("{\"a\":[[1,{\"b\":2}],{\"c\":[3]},4],"
                                     "\"d\":5}"));
    assert_non_null(copy.root);
    assert_int_equal(copy.root->len, 2);

    array = oauth_json_member(copy.root, oauth_str("a"));
    assert_int_equal(array->len, 3);

    element = oauth_json_next(array, NULL);
    assert_true(oauth_json_is(element, OAUTH_JSON_ARRAY));
    assert_int_equal(element->len, 2);

    element = oauth_json_next(array, element);
    assert_true(oauth_json_is(element, OAUTH_JSON_OBJECT));
    assert_int_equal(element->len, 1);

    element = oauth_json_next(array, element);
    assert_true(oauth_json_is(element, OAUTH_JSON_INTEGER));
    assert_int_equal(oauth_json_integer(element), 4);

    assert_null(oauth_json_next(array, element));
    assert_null(oauth_json_next(copy.root, NULL));
    assert_null(oauth_json_next(element, NULL));
    assert_null(oauth_json_next(NULL, NULL));
    assert_false(oauth_json_is(NULL, OAUTH_JSON_NULL));

    json_copy_free(&copy);
}


/* A text that needs more nodes than there are is refused. */

static void
json_nodes(void **state)
{
    size_t         n;
    oauth_json_t  *nodes;

    static const char  text[] = "{\"a\":[1,{\"b\":2}]}";

    unsigned char  copy[sizeof(text)];

    (void) state;

    for (n = 0; n <= 8; n++) {

        memcpy(copy, text, sizeof(text));

        nodes = malloc((n ? n : 1) * sizeof(oauth_json_t));
        assert_non_null(nodes);

        assert_int_equal(oauth_json_parse(copy, sizeof(text) - 1, nodes, n)
                         != NULL, n >= 7);
        free(nodes);
    }
}


static void
json_paths(void **state)
{
    size_t               i;
    json_copy_t          copy;
    const oauth_json_t  *found;

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

    json_copy_parse(&copy, keys_str(text));
    assert_non_null(copy.root);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        found = oauth_json_at(copy.root, keys_str(cases[i].path));

        if ((found != NULL) != (cases[i].value != 0)
            || (found && oauth_json_integer(found) != cases[i].value))
        {
            fail_msg("path \"%s\"", cases[i].path);
        }
    }

    json_copy_free(&copy);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(json_table),
        cmocka_unit_test(json_depth),
        cmocka_unit_test(json_members),
        cmocka_unit_test(json_names),
        cmocka_unit_test(json_containers),
        cmocka_unit_test(json_nodes),
        cmocka_unit_test(json_numbers),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(json_string_member),
        cmocka_unit_test(json_elements),
        cmocka_unit_test(json_paths),
        cmocka_unit_test(json_controls)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
