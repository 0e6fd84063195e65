
/*
 * Trees of JSON: a text is always a good string, a missing part makes the whole
 * missing, and a time that is not known is null.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_status.h"
#include "oauth_tree.h"


static void
tree_texts(void **state)
{
    size_t   i;
    json_t  *value;

    static const struct {
        oauth_str_t   text;
        const char   *string;
    } cases[] = {
        { { 0, NULL }, "" },
        { oauth_string("plain"), "plain" },
        { oauth_string("caf\xc3\xa9 \"\\"), "caf\xc3\xa9 \"\\" },
        { oauth_string("caf\xe9"), "caf\\xE9" },
        { oauth_string("a\nb"), "a\\x0Ab" }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        value = oauth_tree_str(cases[i].text);
        assert_string_equal(json_string_value(value), cases[i].string);
        json_decref(value);
    }
}


static void
tree_buffers(void **state)
{
    json_t       *value;
    oauth_buf_t   buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "text");

    value = oauth_tree_buf(&buf);
    assert_string_equal(json_string_value(value), "text");
    json_decref(value);

    buf.failed = 1;
    assert_null(oauth_tree_buf(&buf));
    oauth_buf_free(&buf);
}


static void
tree_parts(void **state)
{
    json_t  *object;

    (void) state;

    object = json_object();

    assert_int_equal(oauth_tree_set(object, "a", json_integer(1)), 0);
    assert_int_equal(oauth_tree_set(object, "b", NULL), -1);
    assert_int_equal(oauth_tree_set(NULL, "c", json_integer(1)), -1);
    assert_int_equal(json_object_size(object), 1);

    assert_ptr_equal(oauth_tree_whole(object, 0), object);
    assert_null(oauth_tree_whole(object, -1));
    assert_null(oauth_tree_whole(NULL, -1));
}


static void
tree_seconds(void **state)
{
    json_t  *value;

    (void) state;

    value = oauth_tree_seconds(0);
    assert_true(json_is_integer(value));
    json_decref(value);

    value = oauth_tree_seconds(OAUTH_STATUS_NEVER);
    assert_true(json_is_null(value));
    json_decref(value);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(tree_texts),
        cmocka_unit_test(tree_buffers),
        cmocka_unit_test(tree_parts),
        cmocka_unit_test(tree_seconds)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
