
/*
 * What an administrator should know about the bus of a fleet.  The limits are
 * fixed: 30 seconds is the default of oauth_revocation_stale, and clocks that
 * differ by a minute make "issued before" mean something else on each node.
 */


#include <inttypes.h>
#include <stdio.h>

#include "oauth_status_bus.h"


#define OAUTH_STATUS_BUS_SILENCE  30000         /* ms                         */
#define OAUTH_STATUS_BUS_WAITING  60000         /* ms                         */
#define OAUTH_STATUS_BUS_SKEW     60            /* s                          */


static int oauth_status_bus_is_off(int64_t skew);
static void oauth_status_bus_append_seconds(oauth_buf_t *buf, int64_t seconds);
static void oauth_status_bus_append_peers(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);


static const oauth_status_bus_info_t
    oauth_status_bus_infos[OAUTH_STATUS_BUS_FINDINGS] =
{
    [OAUTH_STATUS_BUS_SILENT] = {
        "bus_silent",
        "this node does not know what other nodes have revoked",
        "look at the last error, and whether the server of "
        "oauth_revocation_bus can be reached" },

    [OAUTH_STATUS_BUS_UNSENT] = {
        "unsent_entries",
        "revocations of this node do not get to the others",
        "look at the last error: the server may be full, or this user may not "
        "write there" },

    [OAUTH_STATUS_BUS_NO_PEER] = {
        "no_peer",
        "no other node was heard on the bus within a day",
        "give all nodes the same server, stream and key_file in "
        "oauth_revocation_bus" },

    [OAUTH_STATUS_BUS_OWN_CLOCK] = {
        "own_clock",
        "the clock of this node differs from that of the bus by more than a "
        "minute",
        "have both set by NTP" },

    [OAUTH_STATUS_BUS_PEER_CLOCK] = {
        "peer_clock",
        "the clock of another node differs from that of the bus by more than a "
        "minute",
        "have all nodes set by NTP" }
};


int
oauth_status_bus_has(const oauth_status_bus_t *bus,
    oauth_status_bus_finding_t finding)
{
    size_t  i;

    switch (finding) {

    case OAUTH_STATUS_BUS_SILENT:
        return bus->silence == OAUTH_STATUS_NEVER
               || bus->silence > OAUTH_STATUS_BUS_SILENCE;

    case OAUTH_STATUS_BUS_UNSENT:
        return bus->unsent > 0 && bus->waiting > OAUTH_STATUS_BUS_WAITING;

    case OAUTH_STATUS_BUS_NO_PEER:
        return bus->state == OAUTH_STATUS_BUS_ONLINE && bus->npeers == 0;

    case OAUTH_STATUS_BUS_OWN_CLOCK:
        return oauth_status_bus_is_off(bus->skew);

    default:    /* OAUTH_STATUS_BUS_PEER_CLOCK */

        for (i = 0; i < bus->npeers; i++) {
            if (oauth_status_bus_is_off(bus->peers[i].skew)) {
                return 1;
            }
        }

        return 0;
    }
}


static int
oauth_status_bus_is_off(int64_t skew)
{
    return skew > OAUTH_STATUS_BUS_SKEW || skew < -OAUTH_STATUS_BUS_SKEW;
}


const oauth_status_bus_info_t *
oauth_status_bus_info(oauth_status_bus_finding_t finding)
{
    return &oauth_status_bus_infos[finding];
}


void
oauth_status_bus_append(oauth_buf_t *buf, const oauth_status_bus_t *bus,
    oauth_status_bus_finding_t finding)
{
    char  text[sizeof("18446744073709551615 entries")];

    oauth_buf_append_text(buf, oauth_status_bus_infos[finding].sentence);

    if (finding == OAUTH_STATUS_BUS_NO_PEER) {
        return;
    }

    oauth_buf_append_literal(buf, " (");

    switch (finding) {

    case OAUTH_STATUS_BUS_SILENT:

        if (bus->silence == OAUTH_STATUS_NEVER) {
            oauth_buf_append_literal(buf, "since nginx was started");
            break;
        }

        oauth_buf_append_literal(buf, "for ");
        oauth_status_bus_append_seconds(buf, bus->silence / 1000);
        break;

    case OAUTH_STATUS_BUS_UNSENT:
        (void) snprintf(text, sizeof(text), "%" PRIu64 " entries",
                        bus->unsent);
        oauth_buf_append_text(buf, text);
        break;

    case OAUTH_STATUS_BUS_OWN_CLOCK:
        oauth_status_bus_append_seconds(buf, bus->skew);
        break;

    default:    /* OAUTH_STATUS_BUS_PEER_CLOCK */
        oauth_status_bus_append_peers(buf, bus);
    }

    oauth_buf_append_literal(buf, ")");
}


static void
oauth_status_bus_append_seconds(oauth_buf_t *buf, int64_t seconds)
{
    char  text[sizeof("-9223372036854775808 s")];

    (void) snprintf(text, sizeof(text), "%" PRId64 " s", seconds);

    oauth_buf_append_text(buf, text);
}


static void
oauth_status_bus_append_peers(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    size_t  i, n;

    for (i = 0, n = 0; i < bus->npeers; i++) {

        if (!oauth_status_bus_is_off(bus->peers[i].skew)) {
            continue;
        }

        if (n++) {
            oauth_buf_append_literal(buf, ", ");
        }

        oauth_buf_append_str(buf, bus->peers[i].name);
        oauth_buf_append_literal(buf, " ");
        oauth_status_bus_append_seconds(buf, bus->peers[i].skew);
    }
}


const char *
oauth_status_bus_state(oauth_status_bus_state_t state)
{
    static const char  *names[OAUTH_STATUS_BUS_STATES] = {
        "offline", "catching_up", "online"
    };

    return names[state];
}
