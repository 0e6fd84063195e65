
/*
 * What the sender of a refused order is told: each form, with and without a
 * member and a record; no member with control characters; lack of memory.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_order_error.h"


static void
order_error_assert(oauth_buf_t *buf, const char *expected)
{
    assert_int_equal(buf->failed, 0);
    assert_int_equal(buf->len, strlen(expected));
    assert_memory_equal(buf->data, expected, strlen(expected));

    oauth_buf_free(buf);
}


static void
order_error_problem(void **state)
{
    oauth_buf_t          buf;
    oauth_order_error_t  error;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    memset(&error, 0, sizeof(oauth_order_error_t));

    error.code = "invalid_request";
    error.why = "it is wrong";

    oauth_order_write_problem(&buf, &error, 400, "Bad Request");
    order_error_assert(&buf, "{\"type\":\"about:blank\","
                       "\"title\":\"Bad Request\",\"status\":400,"
                       "\"detail\":\"it is wrong\"}");

    error.member = oauth_str("sub\"ject");
    error.listed = 1;
    error.index = 7;

    oauth_order_write_problem(&buf, &error, 507, "Full");
    order_error_assert(&buf, "{\"type\":\"about:blank\",\"title\":\"Full\","
                       "\"status\":507,\"detail\":\"it is wrong\","
                       "\"record\":7,\"member\":\"sub\\\"ject\"}");

    error.member = oauth_str("a\nb");
    error.listed = 0;

    oauth_order_write_problem(&buf, &error, 400, "Bad Request");
    order_error_assert(&buf, "{\"type\":\"about:blank\","
                       "\"title\":\"Bad Request\",\"status\":400,"
                       "\"detail\":\"it is wrong\"}");
}


static void
order_error_others(void **state)
{
    oauth_buf_t          buf;
    oauth_order_error_t  error;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    memset(&error, 0, sizeof(oauth_order_error_t));

    error.code = "invalid_audience";
    error.why = "its aud does not name this receiver";

    oauth_order_write_signal_error(&buf, &error);
    order_error_assert(&buf, "{\"err\":\"invalid_audience\",\"description\":"
                       "\"its aud does not name this receiver\"}");

    oauth_order_write_error(&buf, &error);
    order_error_assert(&buf, "{\"error\":\"invalid_audience\","
                       "\"error_description\":"
                       "\"its aud does not name this receiver\"}");
}


static void *
order_error_malloc(size_t size)
{
    (void) size;

    return NULL;
}


static void
order_error_memory(void **state)
{
    oauth_buf_t          buf;
    json_free_t          release;
    json_malloc_t        allocate;
    oauth_order_error_t  error;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));
    memset(&error, 0, sizeof(oauth_order_error_t));

    error.code = "invalid_request";
    error.why = "it is wrong";
    error.member = oauth_str("subject");
    error.listed = 1;

    json_get_alloc_funcs(&allocate, &release);
    json_set_alloc_funcs(order_error_malloc, release);

    oauth_order_write_problem(&buf, &error, 400, "Bad Request");
    assert_int_equal(buf.failed, 1);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_order_write_signal_error(&buf, &error);
    assert_int_equal(buf.failed, 1);

    memset(&buf, 0, sizeof(oauth_buf_t));
    oauth_order_write_error(&buf, &error);
    assert_int_equal(buf.failed, 1);

    json_set_alloc_funcs(allocate, release);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(order_error_problem),
        cmocka_unit_test(order_error_others),
        cmocka_unit_test(order_error_memory)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
