
/*
 * The bus in the JSON of the status: the whole text, with and without what may
 * be missing.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_document.h"
#include "status_bus_fixture.h"


/* The text with a zero byte, which the caller frees. */

static char *
status_bus_json_text(const oauth_status_bus_t *bus)
{
    json_t       *value;
    oauth_buf_t   buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    value = oauth_status_bus_json(bus);
    assert_non_null(value);
    assert_int_equal(oauth_document_write(value, &buf), 0);
    json_decref(value);

    oauth_buf_append(&buf, "", 1);

    return (char *) buf.data;
}


static void
status_bus_json_members(void **state)
{
    char    *text;
    size_t   i;

    static const char  *parts[] = {
        "\"state\":\"online\"", "\"leader\":4711", "\"node\":\"0a1b2c3d\"",
        "\"silence\":1.25", "\"lag\":0.125", "\"unsent\":71",
        "\"clock_skew\":5", "\"cursor\":\"1795747200123-7\"", "\"sent\":73",
        "\"received\":74", "\"bad\":75", "\"comparisons\":76",
        "\"losses\":77", "\"connects\":78",
        "\"last_error\":{\"age\":7400,\"text\":\"it said <\\\"no\\\">\"}",
        "\"peers\":[{\"name\":\"web-2\",\"node\":\"00c0ffee\","
            "\"heard\":1.5,\"clock_skew\":-3},"
            "{\"name\":\"q",
        "\"node\":\"deadbeef\",\"heard\":7300.0,\"clock_skew\":4}]",
        "\"readiness\":[]"
    };

    (void) state;

    text = status_bus_json_text(&status_bus);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        status_assert_has(text, parts[i]);
    }

    status_assert_lacks(text, "\n");
    free(text);
}


static void
status_bus_json_nothing(void **state)
{
    char    *text;
    size_t   i;
    json_t  *value;

    static const char  *parts[] = {
        "\"state\":\"offline\"", "\"leader\":null", "\"node\":null",
        "\"silence\":null", "\"lag\":null", "\"cursor\":null",
        "\"last_error\":null", "\"peers\":[]"
    };

    (void) state;

    value = oauth_status_bus_json(NULL);
    assert_true(json_is_null(value));
    json_decref(value);

    memset(&status_bus, 0, sizeof(oauth_status_bus_t));
    status_bus.silence = OAUTH_STATUS_NEVER;
    status_bus.lag = OAUTH_STATUS_NEVER;
    status_bus.error_age = OAUTH_STATUS_NEVER;

    text = status_bus_json_text(&status_bus);

    for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        status_assert_has(text, parts[i]);
    }

    free(text);
}


static void
status_bus_json_findings(void **state)
{
    char  *text;

    (void) state;

    status_bus.skew = 90;

    text = status_bus_json_text(&status_bus);

    status_assert_has(text, "\"readiness\":[{\"code\":\"own_clock\",\"text\":"
                      "\"the clock of this node differs from that of the bus "
                      "by more than a minute (90 s)\",\"remedy\":\"have both "
                      "set by NTP\"}]");
    free(text);

    status_bus.silence = OAUTH_STATUS_NEVER;

    text = status_bus_json_text(&status_bus);

    status_assert_has(text, "\"readiness\":[{\"code\":\"bus_silent\",");
    status_assert_has(text, "},{\"code\":\"own_clock\",");
    free(text);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(status_bus_json_members, status_bus_setup),
        cmocka_unit_test_setup(status_bus_json_nothing, status_bus_setup),
        cmocka_unit_test_setup(status_bus_json_findings, status_bus_setup)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
