
/*
 * Metrics and their samples: heads, numbers, and labels whose value cannot end
 * them.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_metric.h"


static void
metric_texts(void **state)
{
    oauth_buf_t           buf;
    oauth_metric_label_t  first, second;

    (void) state;

    memset(&buf, 0, sizeof(oauth_buf_t));

    first.name = "a";
    first.value = oauth_str("x\"y\\z");
    second.name = "b";
    second.value = oauth_str("\n\xc3\xa9");

    oauth_metric_simple(&buf, "hits_total", OAUTH_METRIC_COUNTER, "Hits.",
                        UINT64_MAX);
    oauth_metric_head(&buf, "size_bytes", OAUTH_METRIC_GAUGE, "Size.");
    oauth_metric_count(&buf, "size_bytes", first, oauth_metric_no_label, 1);
    oauth_metric_count(&buf, "size_bytes", oauth_metric_no_label, first, 2);
    oauth_metric_sample(&buf, "size_bytes", first, second, "3.5");
    oauth_buf_append(&buf, "", 1);

    assert_string_equal((char *) buf.data,
        "# HELP nginx_oauth_hits_total Hits.\n"
        "# TYPE nginx_oauth_hits_total counter\n"
        "nginx_oauth_hits_total 18446744073709551615\n"
        "# HELP nginx_oauth_size_bytes Size.\n"
        "# TYPE nginx_oauth_size_bytes gauge\n"
        "nginx_oauth_size_bytes{a=\"x\\\"y\\\\z\"} 1\n"
        "nginx_oauth_size_bytes{a=\"x\\\"y\\\\z\"} 2\n"
        "nginx_oauth_size_bytes{a=\"x\\\"y\\\\z\","
            "b=\"\\\\x0a\\\\xc3\\\\xa9\"} 3.5\n");

    oauth_buf_free(&buf);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(metric_texts)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
