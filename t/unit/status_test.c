
/*
 * The three forms of the status: each number is where it belongs, what somebody
 * else wrote cannot break out of its place, and the style of the page is the
 * one that its content security policy allows.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "oauth_document.h"
#include "oauth_status.h"


static oauth_status_issuer_t    status_issuers[3];
static oauth_status_resource_t  status_resources[2];
static oauth_status_t           status_full;

typedef void (*status_write_pt)(oauth_buf_t *buf,
    const oauth_status_t *status);


/* Every number differs from all others. */

static int
status_setup(void **state)
{
    int                     i;
    oauth_status_issuer_t  *issuer;

    (void) state;

    memset(&status_full, 0, sizeof(oauth_status_t));
    memset(status_issuers, 0, sizeof(status_issuers));
    memset(status_resources, 0, sizeof(status_resources));

    issuer = &status_issuers[0];
    issuer->name = oauth_str("corp");
    issuer->issuer = oauth_str("https://as.example.com");
    issuer->state = OAUTH_STATUS_FAILING;
    issuer->nkeys = 3;
    issuer->nskipped = 1;
    issuer->age = 125;
    issuer->refresh = 41;
    issuer->expiry = 86275;
    issuer->counted = 1;
    issuer->requests = (oauth_status_requests_t) { 701, 702, 703 };
    issuer->fetched = 21;
    issuer->failed = 22;
    issuer->msec = 4007;
    issuer->waits = 23;
    issuer->error_age = 7300;
    issuer->error = oauth_str("it said <\"no\">");
    issuer->checked = 1;
    issuer->readiness.found[OAUTH_READINESS_NO_PKCE] = 1;
    issuer->readiness.found[OAUTH_READINESS_UNKNOWN_SCOPES] = 1;
    oauth_buf_append_text(
              &issuer->readiness.details[OAUTH_READINESS_UNKNOWN_SCOPES],
              "a <b>");

    issuer = &status_issuers[1];
    issuer->name = oauth_str("q\"\\\n\xc3\xa9\xff</p>");
    issuer->issuer = oauth_str("https://other.example.com/<x>");
    issuer->state = OAUTH_STATUS_NONE;
    issuer->age = OAUTH_STATUS_NEVER;
    issuer->refresh = 0;
    issuer->expiry = OAUTH_STATUS_NEVER;
    issuer->counted = 1;
    issuer->error_age = OAUTH_STATUS_NEVER;

    issuer = &status_issuers[2];
    issuer->name = oauth_str("shared");
    issuer->issuer = oauth_str("https://third.example.com");
    issuer->state = OAUTH_STATUS_FILE;
    issuer->nkeys = 1;
    issuer->age = OAUTH_STATUS_NEVER;
    issuer->refresh = OAUTH_STATUS_NEVER;
    issuer->expiry = OAUTH_STATUS_NEVER;
    issuer->error_age = OAUTH_STATUS_NEVER;

    status_resources[0].url = oauth_str("https://wiki.example.com");
    status_resources[0].counted = 1;
    status_resources[0].requests = (oauth_status_requests_t) { 801, 802, 803 };
    status_resources[1].url = oauth_str("https://uncounted.example.com");

    status_full.version = oauth_str("0.2.0");
    status_full.time = 1795747200;
    status_full.started = 1795747200 - 86400 * 5;
    status_full.requests = (oauth_status_requests_t) { 901, 902, 903 };

    for (i = 0; i < OAUTH_REASONS; i++) {
        status_full.reasons[i] = 5000 + i;
    }

    status_full.refused[0] = 11;
    status_full.refused[OAUTH_STATUS_MINUTES - 1] = 44;
    status_full.hits = 31;
    status_full.misses = 32;
    status_full.cache = 4096;
    status_full.zone_size = 3 * 1024 * 1024;
    status_full.zone_used = 2048;
    status_full.issuers = status_issuers;
    status_full.nissuers = 3;
    status_full.resources = status_resources;
    status_full.nresources = 2;

    return 0;
}


static int
status_teardown(void **state)
{
    size_t  i;

    (void) state;

    for (i = 0; i < 3; i++) {
        oauth_readiness_free(&status_issuers[i].readiness);
    }

    return 0;
}


/* The text with a zero byte after it, which the caller frees. */

static char *
status_text(status_write_pt write)
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    write(&buf, &status_full);
    assert_false(buf.failed);

    oauth_buf_append(&buf, "", 1);

    return (char *) buf.data;
}


static void
status_assert_has(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in: %s", part, text);
    }
}


static void
status_assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL) {
        fail_msg("\"%s\" is in: %s", part, text);
    }
}


/* The integer at a path of names and indexes. */

static json_int_t
status_at(json_t *value, const char *path)
{
    char    step[64];
    size_t  len;

    for ( /* void */ ; *path; path += len + (path[len] == '.')) {

        len = strcspn(path, ".");
        assert_true(len < sizeof(step));
        memcpy(step, path, len);
        step[len] = '\0';

        value = json_is_array(value)
                ? json_array_get(value, (size_t) atoi(step))
                : json_object_get(value, step);
    }

    return json_is_integer(value) ? json_integer_value(value) : -1;
}


static void
status_json(void **state)
{
    char    *text;
    size_t   i;
    json_t  *root, *issuer;

    static const struct {
        const char  *path;
        json_int_t   value;
    } numbers[] = {
        { "requests.admitted", 901 }, { "requests.refused", 902 },
        { "requests.overruled", 903 },
        { "reasons.no_token", 5000 + OAUTH_NO_TOKEN },
        { "reasons.server_error", 5000 + OAUTH_SERVER_ERROR },
        { "refused_per_minute.0", 11 }, { "refused_per_minute.1", 0 },
        { "refused_per_minute.59", 44 }, { "refused_per_minute.60", -1 },
        { "cache.hits", 31 }, { "cache.misses", 32 },
        { "cache.entries_per_worker", 4096 },
        { "zone.bytes", 3 * 1024 * 1024 }, { "zone.used", 2048 },
        { "issuers.0.keys.usable", 3 }, { "issuers.0.keys.not_usable", 1 },
        { "issuers.0.keys.age", 125 }, { "issuers.0.keys.refresh_in", 41 },
        { "issuers.0.keys.expire_in", 86275 },
        { "issuers.0.requests.admitted", 701 },
        { "issuers.0.requests.refused", 702 },
        { "issuers.0.requests.overruled", 703 },
        { "issuers.0.fetches.succeeded", 21 },
        { "issuers.0.fetches.failed", 22 }, { "issuers.0.fetches.waits", 23 },
        { "issuers.0.last_error.age", 7300 },
        { "issuers.1.keys.age", -1 }, { "issuers.1.keys.refresh_in", 0 },
        { "issuers.1.requests.admitted", 0 },
        { "issuers.2.requests.admitted", -1 },
        { "issuers.2.fetches.failed", -1 },
        { "resources.0.requests.admitted", 801 },
        { "resources.0.requests.refused", 802 },
        { "resources.0.requests.overruled", 803 },
        { "resources.1.requests.admitted", -1 }
    };

    (void) state;

    text = status_text(oauth_status_write_json);
    root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);

    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (status_at(root, numbers[i].path) != numbers[i].value) {
            fail_msg("%s is not %lld in %s", numbers[i].path,
                     (long long) numbers[i].value, text);
        }
    }

    assert_int_equal(json_object_size(json_object_get(root, "reasons")),
                     OAUTH_REASONS - 1);

    status_assert_has(text, "\"time\":\"2026-11-27T02:40:00Z\"");
    status_assert_has(text, "\"started\":\"2026-11-22T02:40:00Z\"");
    status_assert_has(text, "\"version\":\"0.2.0\"");
    status_assert_has(text, "\"state\":\"failing\"");
    status_assert_has(text, "\"seconds\":4.00");
    status_assert_has(text, "it said <\\\"no\\\">");
    status_assert_has(text, "\"last_error\":null");
    status_assert_has(text, "\"code\":\"no_pkce\"");
    status_assert_has(text, "(a <b>)\"");

    issuer = json_array_get(json_object_get(root, "issuers"), 0);
    assert_int_equal(json_array_size(json_object_get(issuer, "readiness")), 2);

    issuer = json_array_get(json_object_get(root, "issuers"), 1);
    assert_true(json_is_null(json_object_get(issuer, "readiness")));
    assert_string_equal(json_string_value(json_object_get(issuer, "name")),
                        "q\\x22\\x5C\\x0A\\xC3\\xA9\\xFF</p>");

    json_decref(root);
    free(text);
}


static void
status_metrics(void **state)
{
    char    *text;
    size_t   i;

    static const char  *lines[] = {
        "# TYPE nginx_oauth_requests_total counter\n"
        "nginx_oauth_requests_total{result=\"admitted\"} 901\n"
        "nginx_oauth_requests_total{result=\"refused\"} 902\n"
        "nginx_oauth_requests_total{result=\"overruled\"} 903\n",
        "nginx_oauth_refusals_total{reason=\"no_token\"} 5001\n",
        "nginx_oauth_resource_requests_total{resource="
        "\"https://wiki.example.com\",result=\"admitted\"} 801\n",
        "nginx_oauth_issuer_requests_total{issuer=\"corp\","
        "result=\"overruled\"} 703\n",
        "nginx_oauth_issuer_keys{issuer=\"corp\"} 3\n",
        "nginx_oauth_issuer_keys_age_seconds{issuer=\"corp\"} 125\n",
        "nginx_oauth_issuer_keys_refresh_seconds{issuer=\"corp\"} 41\n",
        "nginx_oauth_issuer_keys_expiry_seconds{issuer=\"corp\"} 86275\n",
        "nginx_oauth_issuer_fetches_succeeded_total{issuer=\"corp\"} 21\n",
        "nginx_oauth_issuer_fetches_failed_total{issuer=\"corp\"} 22\n",
        "nginx_oauth_issuer_fetch_seconds_total{issuer=\"corp\"} 4.007\n",
        "nginx_oauth_issuer_waits_total{issuer=\"corp\"} 23\n",
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


static void
status_page(void **state)
{
    char    *text;
    size_t   i;

    static const char  *parts[] = {
        "Version 0.2.0 of the module. Counted for 5 days, ",
        "<dt>let in</dt><dd>901</dd>", "<dt>refused</dt><dd>902</dd>",
        "<dt>tokens known</dt><dd>31</dd>",
        "55 in all, at most 44 in a minute",
        "<rect x=\"0\" y=\"59\" width=\"7\" height=\"21\">"
        "<title>11, 59 min ago",
        "<rect x=\"472\" y=\"0\" width=\"7\" height=\"80\">"
        "<title>44, 0 min ago",
        "<code>no_token</code> request has no access token</td>"
        "<td>5001</td>",
        "<h3>corp <span class=\"state poor\">failing</span></h3>",
        "Keys: 3 usable, 1 not; fetched 2 minutes ago; next fetch in 41 s; "
        "usable for 23 hours.",
        "Last error, 2 hours ago: <code>it said &lt;&quot;no&quot;&gt;</code>",
        "<dt>failed fetches</dt><dd>22</dd>", "(a &lt;b&gt;). <em>Remedy: ",
        "https://other.example.com/&lt;x&gt;",
        "<span class=\"state bad\">none</span>",
        "Its metadata was not read",
        "<code>https://wiki.example.com</code></td><td>801</td><td>802</td>",
        "<code>https://uncounted.example.com</code></td><td>not counted",
        "Keys take 2 KB of 3072 KB"
    };

    (void) state;

    text = status_text(oauth_status_write_page);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        status_assert_has(text, parts[i]);
    }

    status_assert_lacks(text, "<x>");
    status_assert_lacks(text, "<b>");
    status_assert_lacks(text, "<script");
    status_assert_lacks(text, "style=");
    status_assert_lacks(text, "\"no\"");

    free(text);
}


/* Without refusals, issuers and resources. */

static void
status_empty(void **state)
{
    char    *text;
    json_t  *root;

    (void) state;

    memset(&status_full, 0, sizeof(oauth_status_t));
    status_full.version = oauth_str("0.2.0");

    text = status_text(oauth_status_write_page);
    status_assert_has(text, "<p>None is configured.</p>");
    status_assert_has(text, "0 in all, at most 0 in a minute");
    status_assert_lacks(text, "<h2>Reasons</h2>");
    status_assert_lacks(text, "<rect ");
    free(text);

    text = status_text(oauth_status_write_metrics);
    status_assert_has(text, "nginx_oauth_requests_total{result=\"refused\"} 0");
    free(text);

    text = status_text(oauth_status_write_json);
    root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "issuers")), 0);
    json_decref(root);
    free(text);
}


/* The hash in the policy is that of the style sheet. */

static void
status_policy(void **state)
{
    char            *page, *start, *end, policy[200];
    unsigned char    digest[32], text[64];
    unsigned         len;

    (void) state;

    page = status_text(oauth_status_write_page);

    start = strstr(page, "<style>") + sizeof("<style>") - 1;
    end = strstr(start, "</style>");

    assert_int_equal(EVP_Digest(start, (size_t) (end - start), digest, &len,
                                EVP_sha256(), NULL), 1);
    (void) EVP_EncodeBlock(text, digest, (int) len);

    (void) snprintf(policy, sizeof(policy), "; style-src 'sha256-%s'; ", text);

    status_assert_has(OAUTH_STATUS_POLICY, policy);
    status_assert_lacks(OAUTH_STATUS_POLICY, "unsafe");

    free(page);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(status_json, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_metrics, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_page, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_policy, status_setup,
                                        status_teardown),
        cmocka_unit_test(status_empty)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
