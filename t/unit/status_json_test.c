
/*
 * The status as JSON: each number is at its path, and what somebody else wrote
 * stays a string.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_document.h"
#include "status_fixture.h"


/* What is at a path of names and indexes. */

static json_t *
status_value(json_t *value, const char *path)
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

    return value;
}


static json_int_t
status_at(json_t *root, const char *path)
{
    json_t  *value;

    value = status_value(root, path);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}


static double
status_seconds(json_t *root, const char *path)
{
    return json_real_value(status_value(root, path));
}


static void
status_json_members(void **state)
{
    char    *text;
    size_t   i;
    json_t  *root, *issuer;

    static const struct {
        const char  *path;
        json_int_t   value;
    } numbers[] = {
        { "requests.admitted", 901 }, { "requests.refused", 902 },
        { "requests.overruled", 903 }, { "requests.dry_run", 904 },
        { "reasons.no_token", 5000 + OAUTH_NO_TOKEN },
        { "reasons.server_error", 5000 + OAUTH_SERVER_ERROR },
        { "dry_run_reasons.no_token", 6000 + OAUTH_NO_TOKEN },
        { "dry_run_reasons.server_error", 6000 + OAUTH_SERVER_ERROR },
        { "refused_per_minute.0", 11 }, { "refused_per_minute.1", 0 },
        { "refused_per_minute.59", 44 }, { "refused_per_minute.60", -1 },
        { "cache.hits", 31 }, { "cache.misses", 32 },
        { "cache.entries_per_worker", 4096 },
        { "responses_ended", 33 },
        { "revocation.entries.subject", 61 },
        { "revocation.entries.subject+client_id", 62 },
        { "revocation.entries.client_id", -1 },
        { "revocation.messages", 63 }, { "revocation.oldest_age", 64 },
        { "revocation.bytes", 1073741824 }, { "revocation.used", 65536 },
        { "revocation.commits", 66 },
        { "revocation.last_commit_age", 67 },
        { "zone.bytes", 3 * 1024 * 1024 }, { "zone.used", 2048 },
        { "dpop_replay.entries", 34 }, { "dpop_replay.room", 419424 },
        { "issuers.0.keys.usable", 3 }, { "issuers.0.keys.not_usable", 1 },
        { "issuers.0.keys.age", 125 }, { "issuers.0.keys.refresh_in", 41 },
        { "issuers.0.keys.expire_in", 86275 },
        { "issuers.0.requests.admitted", 701 },
        { "issuers.0.requests.refused", 702 },
        { "issuers.0.requests.overruled", 703 },
        { "issuers.0.requests.dry_run", 704 },
        { "issuers.0.fetches.succeeded", 21 },
        { "issuers.0.fetches.failed", 22 }, { "issuers.0.fetches.waits", 23 },
        { "issuers.0.introspection.asked", 31 },
        { "issuers.0.introspection.active", 32 },
        { "issuers.0.introspection.inactive", 33 },
        { "issuers.0.introspection.failed", 34 },
        { "issuers.0.introspection.waits", 35 },
        { "issuers.0.last_error.age", 7300 },
        { "issuers.1.keys.age", -1 }, { "issuers.1.keys.refresh_in", 0 },
        { "issuers.1.requests.admitted", 0 },
        { "issuers.2.requests.admitted", -1 },
        { "issuers.2.fetches.failed", -1 },
        { "resources.0.requests.admitted", 801 },
        { "resources.0.requests.refused", 802 },
        { "resources.0.requests.overruled", 803 },
        { "resources.0.requests.dry_run", 804 },
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

    assert_true(status_seconds(root, "issuers.0.fetches.seconds") == 4.007);
    assert_true(status_seconds(root, "issuers.0.introspection.seconds")
                == 5.006);

    assert_int_equal(json_object_size(json_object_get(root, "reasons")),
                     OAUTH_REASONS - 1);
    assert_int_equal(json_object_size(json_object_get(root,
                                                      "dry_run_reasons")),
                     OAUTH_REASONS - 1);

    status_assert_has(text, "\"time\":\"2026-11-27T02:40:00Z\"");
    status_assert_has(text, "\"started\":\"2026-11-22T02:40:00Z\"");
    status_assert_has(text, "\"usable\":false");
    status_assert_has(text, "\"error\":\"<full>\"");
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


/* Without refusals, issuers and resources. */

static void
status_json_empty(void **state)
{
    char    *text;
    json_t  *root;

    (void) state;

    memset(&status_full, 0, sizeof(oauth_status_t));
    status_full.version = oauth_str("0.2.0");

    text = status_text(oauth_status_write_json);
    root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    assert_int_equal(json_array_size(json_object_get(root, "issuers")), 0);
    assert_int_equal(json_array_size(json_object_get(root, "resources")), 0);
    assert_true(json_is_null(json_object_get(root, "dpop_replay")));

    json_decref(root);
    free(text);
}


static size_t  status_allocations;


static void *
status_malloc(size_t size)
{
    return (status_allocations-- == 0) ? NULL : malloc(size);
}


static size_t
status_members(const char *text)
{
    size_t  n;

    for (n = 0; (text = strstr(text, "\":")) != NULL; text++) {
        n++;
    }

    return n;
}


/*
 * The n-th allocation of jansson fails: the status has all members, or the
 * failure is seen.  A text may have been quoted instead.
 */

static void
status_json_memory(void **state)
{
    char         *text;
    size_t        n, failed;
    oauth_buf_t   buf;

    (void) state;

    text = status_text(oauth_status_write_json);
    failed = 0;

    for (n = 0; n < 10000; n++) {

        memset(&buf, 0, sizeof(oauth_buf_t));

        status_allocations = n;
        json_set_alloc_funcs(status_malloc, free);

        oauth_status_write_json(&buf, &status_full);

        json_set_alloc_funcs(malloc, free);

        if (buf.failed) {
            failed++;
            oauth_buf_free(&buf);
            continue;
        }

        oauth_buf_append(&buf, "", 1);
        assert_false(buf.failed);
        assert_int_equal(status_members((char *) buf.data),
                         status_members(text));
        oauth_buf_free(&buf);

        if (status_allocations < SIZE_MAX / 2) {
            break;
        }
    }

    assert_true(failed > 100 && n < 10000);

    free(text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(status_json_members, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_json_empty, status_setup,
                                        status_teardown),
        cmocka_unit_test_setup_teardown(status_json_memory, status_setup,
                                        status_teardown)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
