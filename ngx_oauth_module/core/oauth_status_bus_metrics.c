
/*
 * The bus of a fleet in the metrics of the status.  A time that is not known
 * has no sample.
 */


#include <inttypes.h>
#include <stdio.h>

#include "oauth_metric.h"
#include "oauth_status_bus.h"


static void oauth_status_bus_metrics_msec(oauth_buf_t *buf, const char *name,
    const char *help, int64_t msec);
static void oauth_status_bus_metrics_records(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);
static void oauth_status_bus_metrics_counts(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);
static void oauth_status_bus_metrics_peers(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);
static void oauth_status_bus_metrics_findings(oauth_buf_t *buf,
    const oauth_status_bus_t *bus);
static void oauth_status_bus_metrics_write(char number[OAUTH_METRIC_NUMBER],
    int64_t msec);


void
oauth_status_bus_metrics(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    char  number[OAUTH_METRIC_NUMBER];

    oauth_metric_simple(buf, "bus_up", OAUTH_METRIC_GAUGE,
                        "1 if this node is in sync with the bus.",
                        bus->state == OAUTH_STATUS_BUS_ONLINE);
    oauth_status_bus_metrics_msec(buf, "bus_silence_seconds",
                                  "Time since this node was last in sync with "
                                  "the bus.", bus->silence);
    oauth_status_bus_metrics_msec(buf, "bus_lag_seconds",
                                  "Time from sending a heartbeat to reading it "
                                  "back.", bus->lag);

    (void) snprintf(number, sizeof(number), "%" PRId64, bus->skew);

    oauth_metric_head(buf, "bus_clock_skew_seconds", OAUTH_METRIC_GAUGE,
                      "By how much the clock of this node is ahead of that of "
                      "the bus.");
    oauth_metric_sample(buf, "bus_clock_skew_seconds", oauth_metric_no_label,
                        oauth_metric_no_label, number);

    oauth_metric_simple(buf, "bus_unsent_entries", OAUTH_METRIC_GAUGE,
                        "Revocations of this node that are not on the bus yet.",
                        bus->unsent);

    oauth_status_bus_metrics_records(buf, bus);
    oauth_status_bus_metrics_counts(buf, bus);
    oauth_status_bus_metrics_peers(buf, bus);
    oauth_status_bus_metrics_findings(buf, bus);
}


static void
oauth_status_bus_metrics_msec(oauth_buf_t *buf, const char *name,
    const char *help, int64_t msec)
{
    char  number[OAUTH_METRIC_NUMBER];

    oauth_metric_head(buf, name, OAUTH_METRIC_GAUGE, help);

    if (msec != OAUTH_STATUS_NEVER) {
        oauth_status_bus_metrics_write(number, msec);
        oauth_metric_sample(buf, name, oauth_metric_no_label,
                            oauth_metric_no_label, number);
    }
}


static void
oauth_status_bus_metrics_records(oauth_buf_t *buf,
    const oauth_status_bus_t *bus)
{
    oauth_metric_label_t  label;

    oauth_metric_head(buf, "bus_records_total", OAUTH_METRIC_COUNTER,
                      "Revocations that were sent, and those received that "
                      "were new to this node.");

    label.name = "direction";

    label.value = oauth_str("sent");
    oauth_metric_count(buf, "bus_records_total", label, oauth_metric_no_label,
                       bus->sent);

    label.value = oauth_str("received");
    oauth_metric_count(buf, "bus_records_total", label, oauth_metric_no_label,
                       bus->received);
}


static void
oauth_status_bus_metrics_counts(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    oauth_metric_simple(buf, "bus_bad_records_total", OAUTH_METRIC_COUNTER,
                        "Records and heartbeats that were left out.",
                        bus->bad);
    oauth_metric_simple(buf, "bus_comparisons_total", OAUTH_METRIC_COUNTER,
                        "Times that the store was compared with the bus.",
                        bus->comparisons);
    oauth_metric_simple(buf, "bus_losses_total", OAUTH_METRIC_COUNTER,
                        "Times that the bus may have lost records.",
                        bus->losses);
    oauth_metric_simple(buf, "bus_connects_total", OAUTH_METRIC_COUNTER,
                        "Times that a worker has connected to the bus.",
                        bus->connects);
}


static void
oauth_status_bus_metrics_peers(oauth_buf_t *buf, const oauth_status_bus_t *bus)
{
    char                  number[OAUTH_METRIC_NUMBER];
    size_t                i;
    oauth_metric_label_t  peer, node;

    oauth_metric_simple(buf, "bus_peers", OAUTH_METRIC_GAUGE,
                        "Other nodes that were heard within a day.",
                        bus->npeers);

    peer.name = "peer";
    node.name = "node";

    oauth_metric_head(buf, "bus_peer_heard_seconds", OAUTH_METRIC_GAUGE,
                      "Time since the other node was heard.");

    for (i = 0; i < bus->npeers; i++) {
        peer.value = bus->peers[i].name;
        node.value = oauth_str_of(bus->peers[i].node);

        oauth_status_bus_metrics_write(number, bus->peers[i].heard);
        oauth_metric_sample(buf, "bus_peer_heard_seconds", peer, node, number);
    }
}


static void
oauth_status_bus_metrics_findings(oauth_buf_t *buf,
    const oauth_status_bus_t *bus)
{
    int                   i;
    oauth_metric_label_t  label;

    oauth_metric_head(buf, "bus_finding", OAUTH_METRIC_GAUGE,
                      "1 where something about the bus needs attention.");

    label.name = "finding";

    for (i = 0; i < OAUTH_STATUS_BUS_FINDINGS; i++) {
        label.value = oauth_str_of(oauth_status_bus_info(i)->code);
        oauth_metric_count(buf, "bus_finding", label, oauth_metric_no_label,
                           (uint64_t) oauth_status_bus_has(bus, i));
    }
}


/* In seconds. */

static void
oauth_status_bus_metrics_write(char number[OAUTH_METRIC_NUMBER], int64_t msec)
{
    (void) snprintf(number, OAUTH_METRIC_NUMBER, "%" PRId64 ".%03d",
                    msec / 1000, (int) (msec % 1000));
}
