
/*
 * The status as metrics: each sample has its number and labels, and no name
 * breaks out of a label.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status_fixture.h"


static void
status_metrics_lines(void **state)
{
    char    *text;
    size_t   i;

    static const char  *lines[] = {
        "# HELP nginx_oauth_cache_hits_total Requests whose token "
            "the worker knew.\n",
        "# TYPE nginx_oauth_requests_total counter\n"
        "nginx_oauth_requests_total{result=\"admitted\"} 901\n"
        "nginx_oauth_requests_total{result=\"refused\"} 902\n"
        "nginx_oauth_requests_total{result=\"overruled\"} 903\n"
        "nginx_oauth_requests_total{result=\"dry_run\"} 904\n",
        "# TYPE nginx_oauth_dry_run_refusals_total counter\n"
        "nginx_oauth_dry_run_refusals_total{reason=\"no_token\"} 6001\n",
        "nginx_oauth_refusals_total{reason=\"no_token\"} 5001\n",
        "nginx_oauth_resource_requests_total{resource="
        "\"https://wiki.example.com\",result=\"admitted\"} 801\n",
        "nginx_oauth_issuer_requests_total{issuer=\"corp\","
        "result=\"overruled\"} 703\n",
        "nginx_oauth_responses_ended_total 33\n",
        "nginx_oauth_revocations{kind=\"subject\"} 61\n"
        "nginx_oauth_revocations{kind=\"subject+client_id\"} 62\n",
        "nginx_oauth_revocation_store_usable 0\n",
        "nginx_oauth_revocation_store_bytes 1073741824\n",
        "nginx_oauth_revocation_store_used_bytes 65536\n",
        "nginx_oauth_revocation_commits_total 66\n",
        "nginx_oauth_issuer_keys{issuer=\"corp\"} 3\n",
        "nginx_oauth_issuer_keys_age_seconds{issuer=\"corp\"} 125\n",
        "nginx_oauth_issuer_keys_refresh_seconds{issuer=\"corp\"} 41\n",
        "nginx_oauth_issuer_keys_expiry_seconds{issuer=\"corp\"} 86275\n",
        "nginx_oauth_issuer_fetches_succeeded_total{issuer=\"corp\"} 21\n",
        "nginx_oauth_issuer_fetches_failed_total{issuer=\"corp\"} 22\n",
        "nginx_oauth_issuer_fetch_seconds_total{issuer=\"corp\"} 4.007\n",
        "nginx_oauth_issuer_waits_total{issuer=\"corp\"} 23\n",
        "nginx_oauth_issuer_introspections_total{issuer=\"corp\"} 31\n",
        "nginx_oauth_issuer_introspections_active_total{issuer=\"corp\"} 32\n",
        "nginx_oauth_issuer_introspections_inactive_total{issuer=\"corp\"} "
            "33\n",
        "nginx_oauth_issuer_introspections_failed_total{issuer=\"corp\"} 34\n",
        "nginx_oauth_issuer_introspection_seconds_total{issuer=\"corp\"} "
            "5.006\n",
        "nginx_oauth_issuer_introspection_waits_total{issuer=\"corp\"} 35\n",
        "nginx_oauth_issuer_state{issuer=\"corp\",state=\"failing\"} 1\n",
        "nginx_oauth_issuer_state{issuer=\"corp\",state=\"fresh\"} 0\n",
        "nginx_oauth_issuer_state{issuer=\"shared\",state=\"file\"} 1\n",
        "nginx_oauth_issuer_finding{issuer=\"corp\",finding=\"no_pkce\"} 1\n",
        "nginx_oauth_issuer_finding{issuer=\"corp\","
        "finding=\"plain_http\"} 0\n",
        "nginx_oauth_issuer_keys{issuer=\"q\\\"\\\\\\\\x0a\\\\xc3\\\\xa9\\\\xff"
        "</p>\"} 0\n",
        "nginx_oauth_cache_hits_total 31\n",
        "nginx_oauth_cache_misses_total 32\n",
        "nginx_oauth_zone_bytes 3145728\n",
        "nginx_oauth_zone_used_bytes 2048\n",
        "# TYPE nginx_oauth_dpop_replay_entries gauge\n"
        "nginx_oauth_dpop_replay_entries 34\n",
        "nginx_oauth_dpop_replay_room 419424\n",
        "nginx_oauth_start_time_seconds 1795315200\n"
    };

    (void) state;

    text = status_text(oauth_status_write_metrics);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        status_assert_has(text, lines[i]);
    }

    status_assert_lacks(text, "uncounted.example.com");
    status_assert_lacks(text, "issuer_keys_age_seconds{issuer=\"shared\"");
    status_assert_lacks(text, "fetches_failed_total{issuer=\"shared\"");
    status_assert_lacks(text, "finding{issuer=\"shared\"");

    free(text);
}


/* Without refusals, issuers and resources. */

static void
status_metrics_empty(void **state)
{
    char  *text;

    (void) state;

    memset(&status_full, 0, sizeof(oauth_status_t));

    text = status_text(oauth_status_write_metrics);
    status_assert_has(text, "nginx_oauth_requests_total{result=\"refused\"} 0");
    status_assert_lacks(text, "issuer=");
    status_assert_lacks(text, "resource=");
    status_assert_lacks(text, "dpop_replay");

    free(text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(status_metrics_lines, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_metrics_empty, status_setup,
                                        status_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
