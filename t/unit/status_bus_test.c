
/*
 * What is found about a bus: each finding on both sides of its limit, and the
 * words for it.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "status_bus_fixture.h"


/* The findings as bits. */

static unsigned
status_bus_found(void)
{
    int       i;
    unsigned  found;

    found = 0;

    for (i = 0; i < OAUTH_STATUS_BUS_FINDINGS; i++) {
        found |= (unsigned) oauth_status_bus_has(&status_bus, i) << i;
    }

    return found;
}


static void
status_bus_silence(void **state)
{
    (void) state;

    assert_int_equal(status_bus_found(), 0);

    status_bus.silence = 30000;
    assert_int_equal(status_bus_found(), 0);

    status_bus.silence = 30001;
    assert_int_equal(status_bus_found(), 1u << OAUTH_STATUS_BUS_SILENT);

    status_bus.silence = OAUTH_STATUS_NEVER;
    assert_int_equal(status_bus_found(), 1u << OAUTH_STATUS_BUS_SILENT);
}


static void
status_bus_unsent(void **state)
{
    (void) state;

    status_bus.waiting = 60000;
    assert_int_equal(status_bus_found(), 0);

    status_bus.waiting = 60001;
    assert_int_equal(status_bus_found(), 1u << OAUTH_STATUS_BUS_UNSENT);

    status_bus.unsent = 0;
    assert_int_equal(status_bus_found(), 0);
}


/* A node that is not connected has heard nobody, which says nothing. */

static void
status_bus_alone(void **state)
{
    (void) state;

    status_bus.npeers = 0;
    assert_int_equal(status_bus_found(), 1u << OAUTH_STATUS_BUS_NO_PEER);

    status_bus.state = OAUTH_STATUS_BUS_CATCHING_UP;
    assert_int_equal(status_bus_found(), 0);

    status_bus.state = OAUTH_STATUS_BUS_OFFLINE;
    assert_int_equal(status_bus_found(), 0);
}


static void
status_bus_clocks(void **state)
{
    size_t  i;

    static const struct {
        int64_t   skew;
        unsigned  off;
    } cases[] = {
        { 60, 0 }, { -60, 0 }, { 61, 1 }, { -61, 1 }, { INT64_MIN, 1 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        status_bus.skew = cases[i].skew;
        status_peers[1].skew = 0;
        assert_int_equal(status_bus_found(),
                         cases[i].off << OAUTH_STATUS_BUS_OWN_CLOCK);

        status_bus.skew = 0;
        status_peers[1].skew = cases[i].skew;
        assert_int_equal(status_bus_found(),
                         cases[i].off << OAUTH_STATUS_BUS_PEER_CLOCK);
    }
}


static void
status_bus_words(void **state)
{
    size_t       i;
    oauth_buf_t  buf;

    static const struct {
        oauth_status_bus_finding_t  finding;
        const char                 *code;
        const char                 *text;
    } cases[] = {
        { OAUTH_STATUS_BUS_SILENT, "bus_silent",
          "this node does not know what other nodes have revoked (for 31 s)" },
        { OAUTH_STATUS_BUS_UNSENT, "unsent_entries",
          "revocations of this node do not get to the others (71 entries)" },
        { OAUTH_STATUS_BUS_NO_PEER, "no_peer",
          "no other node was heard on the bus within a day" },
        { OAUTH_STATUS_BUS_OWN_CLOCK, "own_clock",
          "the clock of this node differs from that of the bus by more than a "
          "minute (-90 s)" },
        { OAUTH_STATUS_BUS_PEER_CLOCK, "peer_clock",
          "the clock of another node differs from that of the bus by more than "
          "a minute (web-2 3601 s, web-2 -61 s)" }
    };

    (void) state;

    status_bus.silence = 31999;
    status_bus.skew = -90;
    status_bus.npeers = 3;
    status_peers[0].skew = 3601;
    status_peers[2].skew = -61;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(&buf, 0, sizeof(oauth_buf_t));
        oauth_status_bus_append(&buf, &status_bus, cases[i].finding);
        oauth_buf_append(&buf, "", 1);

        assert_string_equal((char *) buf.data, cases[i].text);
        assert_string_equal(oauth_status_bus_info(cases[i].finding)->code,
                            cases[i].code);

        oauth_buf_free(&buf);
    }

    memset(&buf, 0, sizeof(oauth_buf_t));
    status_bus.silence = OAUTH_STATUS_NEVER;
    oauth_status_bus_append(&buf, &status_bus, OAUTH_STATUS_BUS_SILENT);
    oauth_buf_append(&buf, "", 1);
    status_assert_has((char *) buf.data, " (since nginx was started)");
    oauth_buf_free(&buf);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(status_bus_silence, status_bus_setup),
        cmocka_unit_test_setup(status_bus_unsent, status_bus_setup),
        cmocka_unit_test_setup(status_bus_alone, status_bus_setup),
        cmocka_unit_test_setup(status_bus_clocks, status_bus_setup),
        cmocka_unit_test_setup(status_bus_words, status_bus_setup)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
