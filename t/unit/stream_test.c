
/*
 * Ids of a stream: those that a server writes are read and written as they are,
 * all others are refused, and their order is that of the numbers.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_stream.h"


/* In their order. */

static const struct {
    const char         *text;
    oauth_stream_id_t   id;
} stream_ids[] = {
    { "0-0", { 0, 0 } },
    { "0-1", { 0, 1 } },
    { "0-18446744073709551615", { 0, UINT64_MAX } },
    { "1-0", { 1, 0 } },
    { "9-10", { 9, 10 } },
    { "10-9", { 10, 9 } },
    { "1700000000123-0", { UINT64_C(1700000000123), 0 } },
    { "1700000000123-42", { UINT64_C(1700000000123), 42 } },
    { "1700000000124-7", { UINT64_C(1700000000124), 7 } },
    { "18446744073709551614-18446744073709551615",
      { UINT64_MAX - 1, UINT64_MAX } },
    { "18446744073709551615-0", { UINT64_MAX, 0 } },
    { "18446744073709551615-18446744073709551615",
      { UINT64_MAX, UINT64_MAX } }
};

#define STREAM_IDS  (sizeof(stream_ids) / sizeof(stream_ids[0]))


/* A copy of the exact size, so that a sanitizer sees a read past the end. */

static int
stream_read(oauth_str_t text, oauth_stream_id_t *id)
{
    int             rc;
    unsigned char  *copy;

    copy = malloc(text.len ? text.len : 1);
    assert_non_null(copy);

    memcpy(copy, text.data, text.len);
    rc = oauth_stream_id_read((oauth_str_t) { text.len, copy }, id);

    free(copy);

    return rc;
}


static void
stream_good(void **state)
{
    char               *text;
    size_t              i, len;
    oauth_stream_id_t   id;

    (void) state;

    for (i = 0; i < STREAM_IDS; i++) {

        assert_int_equal(stream_read(oauth_str_of(stream_ids[i].text), &id),
                         0);
        assert_true(id.ms == stream_ids[i].id.ms);
        assert_true(id.seq == stream_ids[i].id.seq);

        text = malloc(OAUTH_STREAM_ID);
        assert_non_null(text);

        len = oauth_stream_id_write(&id, text);

        assert_int_equal(len, strlen(stream_ids[i].text));
        assert_memory_equal(text, stream_ids[i].text, len);

        free(text);
    }

    assert_int_equal(strlen(stream_ids[STREAM_IDS - 1].text), OAUTH_STREAM_ID);
}


static void
stream_bad(void **state)
{
    size_t             i;
    oauth_stream_id_t  id;

    static const oauth_str_t  texts[] = {
        oauth_string(""),
        oauth_string("-"),
        oauth_string("0"),
        oauth_string("1-"),
        oauth_string("-1"),
        oauth_string("1--1"),
        oauth_string("1-2-3"),
        oauth_string("1-2 "),
        oauth_string(" 1-2"),
        oauth_string("1 -2"),
        oauth_string("1-2\n"),
        oauth_string("1-2\0"),
        oauth_string("1\0-2"),
        oauth_string("+1-2"),
        oauth_string("1-+2"),
        oauth_string("01-2"),
        oauth_string("1-02"),
        oauth_string("00-0"),
        oauth_string("1-00"),
        oauth_string("1_2"),
        oauth_string("a-1"),
        oauth_string("1-a"),
        oauth_string("0x1-2"),
        oauth_string("1.0-2"),
        oauth_string("1-*"),
        oauth_string("$"),
        oauth_string("18446744073709551616-0"),
        oauth_string("0-18446744073709551616"),
        oauth_string("28446744073709551615-0"),
        oauth_string("184467440737095516150-0"),
        oauth_string("0-99999999999999999999999999999999999999999999")
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        id.ms = 5;
        id.seq = 6;

        assert_int_equal(stream_read(texts[i], &id), -1);

        assert_int_equal(id.ms, 5);
        assert_int_equal(id.seq, 6);
    }
}


static void
stream_order(void **state)
{
    size_t  i, j;

    (void) state;

    for (i = 0; i < STREAM_IDS; i++) {
        for (j = 0; j < STREAM_IDS; j++) {
            assert_int_equal(oauth_stream_id_compare(&stream_ids[i].id,
                                                     &stream_ids[j].id),
                             (i > j) - (i < j));
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(stream_good),
        cmocka_unit_test(stream_bad),
        cmocka_unit_test(stream_order)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
