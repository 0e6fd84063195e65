
/*
 * The bus in the metrics of the status: each sample has its number and labels,
 * and no name breaks out of a label.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status_bus_fixture.h"


static void
status_bus_metrics_lines(void **state)
{
    char    *text;
    size_t   i;

    static const char  *lines[] = {
        "nginx_oauth_bus_up 1\n",
        "# TYPE nginx_oauth_bus_silence_seconds gauge\n"
        "nginx_oauth_bus_silence_seconds 1.250\n",
        "nginx_oauth_bus_lag_seconds 0.125\n",
        "nginx_oauth_bus_clock_skew_seconds -90\n",
        "nginx_oauth_bus_unsent_entries 71\n",
        "# TYPE nginx_oauth_bus_records_total counter\n"
        "nginx_oauth_bus_records_total{direction=\"sent\"} 73\n"
        "nginx_oauth_bus_records_total{direction=\"received\"} 74\n",
        "nginx_oauth_bus_bad_records_total 75\n",
        "nginx_oauth_bus_comparisons_total 76\n",
        "nginx_oauth_bus_losses_total 77\n",
        "nginx_oauth_bus_connects_total 78\n",
        "nginx_oauth_bus_peers 2\n",
        "# TYPE nginx_oauth_bus_peer_heard_seconds gauge\n"
        "nginx_oauth_bus_peer_heard_seconds{peer=\"web-2\","
            "node=\"00c0ffee\"} 1.500\n"
        "nginx_oauth_bus_peer_heard_seconds{peer="
            "\"q\\\"\\\\\\\\x0a<b>\",node=\"deadbeef\"} 7300.000\n",
        "nginx_oauth_bus_finding{finding=\"bus_silent\"} 0\n"
        "nginx_oauth_bus_finding{finding=\"unsent_entries\"} 0\n"
        "nginx_oauth_bus_finding{finding=\"no_peer\"} 0\n"
        "nginx_oauth_bus_finding{finding=\"own_clock\"} 1\n"
        "nginx_oauth_bus_finding{finding=\"peer_clock\"} 0\n"
    };

    (void) state;

    status_bus.skew = -90;

    text = status_bus_text(oauth_status_bus_metrics);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        status_assert_has(text, lines[i]);
    }

    free(text);
}


static void
status_bus_metrics_nothing(void **state)
{
    char  *text;

    (void) state;

    status_bus.state = OAUTH_STATUS_BUS_CATCHING_UP;
    status_bus.silence = OAUTH_STATUS_NEVER;
    status_bus.lag = OAUTH_STATUS_NEVER;
    status_bus.npeers = 0;

    text = status_bus_text(oauth_status_bus_metrics);

    status_assert_has(text, "nginx_oauth_bus_up 0\n");
    status_assert_has(text, "nginx_oauth_bus_peers 0\n");
    status_assert_lacks(text, "\nnginx_oauth_bus_silence_seconds");
    status_assert_lacks(text, "\nnginx_oauth_bus_lag_seconds");
    status_assert_lacks(text, "\nnginx_oauth_bus_peer_heard_seconds");

    free(text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(status_bus_metrics_lines, status_bus_setup),
        cmocka_unit_test_setup(status_bus_metrics_nothing, status_bus_setup)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
