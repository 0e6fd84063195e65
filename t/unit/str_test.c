
/*
 * Counted strings and the growing buffer: equality, prefixes, growth over many
 * sizes, and a failed allocation that stays failed.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth.h"


static const oauth_str_t  str_absent = { 0, NULL };


static void
str_equal(void **state)
{
    (void) state;

    assert_true(oauth_str_equal(oauth_str("abc"), oauth_str("abc")));
    assert_true(oauth_str_equal(oauth_str(""), str_absent));
    assert_true(oauth_str_equal(oauth_str("a\0b"), oauth_str("a\0b")));

    assert_false(oauth_str_equal(oauth_str("abc"), oauth_str("abd")));
    assert_false(oauth_str_equal(oauth_str("abc"), oauth_str("ABC")));
    assert_false(oauth_str_equal(oauth_str("abc"), oauth_str("ab")));
    assert_false(oauth_str_equal(oauth_str("a\0b"), oauth_str("a\0c")));
    assert_false(oauth_str_equal(oauth_str("a"), oauth_str("a\0")));
    assert_false(oauth_str_equal(oauth_str("a"), str_absent));
}


static void
str_equal_nocase(void **state)
{
    (void) state;

    assert_true(oauth_str_equal_nocase(oauth_str("aBz"), oauth_str("AbZ")));
    assert_true(oauth_str_equal_nocase(oauth_str(""), str_absent));

    /* Characters next to the letters in ASCII that also differ by 0x20. */

    assert_false(oauth_str_equal_nocase(oauth_str("@"), oauth_str("`")));
    assert_false(oauth_str_equal_nocase(oauth_str("["), oauth_str("{")));
    assert_false(oauth_str_equal_nocase(oauth_str("\xc4"), oauth_str("\xe4")));
    assert_false(oauth_str_equal_nocase(oauth_str("ab"), oauth_str("abc")));
    assert_false(oauth_str_equal_nocase(oauth_str("a"), oauth_str("b")));
}


static void
str_differ_by_slash(void **state)
{
    (void) state;

    assert_true(oauth_str_differ_by_slash(oauth_str("https://h"),
                                          oauth_str("https://h/")));
    assert_true(oauth_str_differ_by_slash(oauth_str("https://h/"),
                                          oauth_str("https://h")));
    assert_true(oauth_str_differ_by_slash(oauth_str(""), oauth_str("/")));
    assert_true(oauth_str_differ_by_slash(str_absent, oauth_str("/")));

    assert_false(oauth_str_differ_by_slash(oauth_str("https://h"),
                                           oauth_str("https://h")));
    assert_false(oauth_str_differ_by_slash(oauth_str("https://h"),
                                           oauth_str("https://h//")));
    assert_false(oauth_str_differ_by_slash(oauth_str("https://h"),
                                           oauth_str("https://h:")));
    assert_false(oauth_str_differ_by_slash(oauth_str("https://h"),
                                           oauth_str("https://i/")));
    assert_false(oauth_str_differ_by_slash(str_absent, str_absent));
}


static void
str_starts(void **state)
{
    (void) state;

    assert_true(oauth_str_starts(oauth_str("https://h"),
                                 oauth_str("https://")));
    assert_true(oauth_str_starts(oauth_str("abc"), oauth_str("abc")));
    assert_true(oauth_str_starts(oauth_str("abc"), oauth_str("")));
    assert_true(oauth_str_starts(str_absent, str_absent));

    assert_false(oauth_str_starts(oauth_str("ab"), oauth_str("abc")));
    assert_false(oauth_str_starts(oauth_str("xabc"), oauth_str("abc")));
    assert_false(oauth_str_starts(str_absent, oauth_str("a")));
}


/*
 * C0, DEL, and C1 in UTF-8; but not the same bytes where they are not together.
 */

static void
str_controls(void **state)
{
    unsigned       c;
    unsigned char  text[4];

    (void) state;

    for (c = 0; c < 0x100; c++) {
        text[0] = 'a';
        text[1] = (unsigned char) c;
        text[2] = 'b';

        assert_int_equal(oauth_str_has_control((oauth_str_t) { 3, text }),
                         c < 0x20 || c == 0x7f);
        assert_int_equal(oauth_str_control((oauth_str_t) { 2, text + 1 }),
                         c < 0x20 || c == 0x7f);

        text[1] = 0xc2;
        text[2] = (unsigned char) c;
        text[3] = 'b';

        assert_int_equal(oauth_str_has_control((oauth_str_t) { 4, text }),
                         c < 0x20 || (c >= 0x7f && c <= 0x9f));
        assert_int_equal(oauth_str_is_field((oauth_str_t) { 4, text }),
                         !(c < 0x20 || (c >= 0x7f && c <= 0x9f)));
        assert_int_equal(oauth_str_control((oauth_str_t) { 3, text + 1 }),
                         (c >= 0x80 && c <= 0x9f) ? 2 : 0);

        /* The second byte is missing. */

        assert_false(oauth_str_has_control((oauth_str_t) { 2, text }));
    }

    assert_false(oauth_str_has_control(str_absent));
    assert_int_equal(oauth_str_control(str_absent), 0);
    assert_false(oauth_str_has_control(oauth_str("\xe1\xc2\xa0\x85")));
}


static void
str_fields(void **state)
{
    (void) state;

    assert_true(oauth_str_is_field(oauth_str("a")));
    assert_true(oauth_str_is_field(oauth_str("a b")));
    assert_true(oauth_str_is_field(oauth_str("\xc3\xbc\xc2\xa0")));

    assert_false(oauth_str_is_field(str_absent));
    assert_false(oauth_str_is_field(oauth_str("")));
    assert_false(oauth_str_is_field(oauth_str(" ")));
    assert_false(oauth_str_is_field(oauth_str(" a")));
    assert_false(oauth_str_is_field(oauth_str("a ")));
    assert_false(oauth_str_is_field(oauth_str("a\tb")));
    assert_false(oauth_str_is_field(oauth_str("a\0")));
    assert_false(oauth_str_is_field(oauth_str("a\x7f")));
    assert_false(oauth_str_is_field(oauth_str("a\xc2\x85")));
    assert_false(oauth_str_is_field(oauth_str("\xc2\x9b" "31m")));
}


static void
str_buffer_grows(void **state)
{
    size_t         i, len;
    oauth_buf_t    buf;
    unsigned char  piece[37];

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    len = 0;

    for (i = 0; i < 2000; i++) {
        memset(piece, (int) (i % 251), sizeof(piece));
        oauth_buf_append(&buf, piece, i % sizeof(piece));
        len += i % sizeof(piece);
    }

    assert_false(buf.failed);
    assert_int_equal(buf.len, len);

    for (i = 0, len = 0; i < 2000; i++) {
        memset(piece, (int) (i % 251), sizeof(piece));
        assert_memory_equal(buf.data + len, piece, i % sizeof(piece));
        len += i % sizeof(piece);
    }

    oauth_buf_free(&buf);

    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.size, 0);
}


static void
str_buffer_appends(void **state)
{
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append(&buf, NULL, 0);
    oauth_buf_append_str(&buf, str_absent);
    assert_int_equal(oauth_buf_str(&buf).len, 0);
    assert_null(oauth_buf_str(&buf).data);

    oauth_buf_append_literal(&buf, "one ");
    oauth_buf_append_str(&buf, oauth_str("two"));
    oauth_buf_append(&buf, "\0", 1);

    assert_true(oauth_str_equal(oauth_buf_str(&buf), oauth_str("one two\0")));

    oauth_buf_free(&buf);
}


/*
 * No allocation can be this large: the buffer keeps its content and gets no
 * more.
 */

/* More than the machine has; AddressSanitizer would end the program. */

/* What has been reserved does not move, and no more is said to be there. */

static void
str_buffer_reserves(void **state)
{
    size_t          i;
    oauth_buf_t     buf;
    unsigned char  *data;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_buf_append_literal(&buf, "ab");
    oauth_buf_reserve(&buf, 1000);

    assert_int_equal(buf.len, 2);
    assert_memory_equal(buf.data, "ab", 2);

    data = buf.data;

    for (i = 0; i < 1000; i++) {
        oauth_buf_append_literal(&buf, "c");
    }

    assert_ptr_equal(buf.data, data);
    assert_int_equal(buf.len, 1002);

    oauth_buf_reserve(&buf, SIZE_MAX);
    assert_true(buf.failed);

    oauth_buf_free(&buf);
}


static void
str_buffer_memory(void **state)
{
#ifndef __SANITIZE_ADDRESS__
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "kept");
    oauth_buf_append(&buf, "x", SIZE_MAX / 8);

    assert_true(buf.failed);
    assert_true(oauth_str_equal(oauth_buf_str(&buf), oauth_str("kept")));

    oauth_buf_free(&buf);
#endif

    (void) state;
}


static void
str_buffer_fails(void **state)
{
    oauth_buf_t  buf;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    oauth_buf_append_literal(&buf, "kept");
    oauth_buf_append(&buf, "x", SIZE_MAX - 2);

    assert_true(buf.failed);
    assert_true(oauth_str_equal(oauth_buf_str(&buf), oauth_str("kept")));

    oauth_buf_append_literal(&buf, "more");

    assert_true(buf.failed);
    assert_int_equal(buf.len, 4);

    oauth_buf_free(&buf);
    assert_false(buf.failed);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(str_equal),
        cmocka_unit_test(str_equal_nocase),
        cmocka_unit_test(str_starts),
        cmocka_unit_test(str_differ_by_slash),
        cmocka_unit_test(str_controls),
        cmocka_unit_test(str_fields),
        cmocka_unit_test(str_buffer_grows),
        cmocka_unit_test(str_buffer_appends),
        cmocka_unit_test(str_buffer_reserves),
        cmocka_unit_test(str_buffer_memory),
        cmocka_unit_test(str_buffer_fails)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
