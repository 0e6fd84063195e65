
/*
 * The bus for the tests.  The name of one peer and the error would break out of
 * HTML, JSON and a label.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "status_bus_fixture.h"


oauth_status_bus_t   status_bus;
oauth_status_peer_t  status_peers[3];


int
status_bus_setup(void **state)
{
    (void) state;

    memset(&status_bus, 0, sizeof(oauth_status_bus_t));
    memset(status_peers, 0, sizeof(status_peers));

    status_peers[0].name = oauth_str("web-2");
    memcpy(status_peers[0].node, "00c0ffee", 9);
    status_peers[0].heard = 1500;
    status_peers[0].skew = -3;

    status_peers[1].name = oauth_str("q\"\\\n<b>");
    memcpy(status_peers[1].node, "deadbeef", 9);
    status_peers[1].heard = 7300 * 1000;
    status_peers[1].skew = 4;

    status_peers[2] = status_peers[0];

    status_bus.state = OAUTH_STATUS_BUS_ONLINE;
    status_bus.leader = 4711;
    memcpy(status_bus.node, "0a1b2c3d", 9);
    status_bus.silence = 1250;
    status_bus.lag = 125;
    status_bus.unsent = 71;
    status_bus.waiting = 72;
    status_bus.skew = 5;
    status_bus.cursor = oauth_str("1795747200123-7");
    status_bus.sent = 73;
    status_bus.received = 74;
    status_bus.bad = 75;
    status_bus.comparisons = 76;
    status_bus.losses = 77;
    status_bus.connects = 78;
    status_bus.error_age = 7400;
    status_bus.error = oauth_str("it said <\"no\">");
    status_bus.peers = status_peers;
    status_bus.npeers = 2;

    return 0;
}


char *
status_bus_text(void (*write)(oauth_buf_t *buf, const oauth_status_bus_t *bus))
{
    oauth_buf_t  buf;

    memset(&buf, 0, sizeof(oauth_buf_t));

    write(&buf, &status_bus);
    assert_false(buf.failed);

    oauth_buf_append(&buf, "", 1);

    return (char *) buf.data;
}
