
/*
 * The bus of a fleet in the JSON of the status.  The members are in
 * docs/status.md.
 */


#include "oauth_status_bus.h"
#include "oauth_tree.h"


static json_t *oauth_status_bus_json_msec(int64_t msec);
static json_t *oauth_status_bus_json_error(const oauth_status_bus_t *bus);
static json_t *oauth_status_bus_json_peers(const oauth_status_bus_t *bus);
static json_t *oauth_status_bus_json_findings(const oauth_status_bus_t *bus);


json_t *
oauth_status_bus_json(const oauth_status_bus_t *bus)
{
    int      rc;
    json_t  *object;

    if (bus == NULL) {
        return json_null();
    }

    object = json_pack("{sIsIsIsIsIsIsIsI}",
                       "unsent", (json_int_t) bus->unsent,
                       "clock_skew", (json_int_t) bus->skew,
                       "sent", (json_int_t) bus->sent,
                       "received", (json_int_t) bus->received,
                       "bad", (json_int_t) bus->bad,
                       "comparisons", (json_int_t) bus->comparisons,
                       "losses", (json_int_t) bus->losses,
                       "connects", (json_int_t) bus->connects);

    rc = oauth_tree_set(object, "state",
                        json_string(oauth_status_bus_state(bus->state)))
         | oauth_tree_set(object, "leader",
                          bus->leader ? json_integer((json_int_t) bus->leader)
                                      : json_null())
         | oauth_tree_set(object, "node",
                          bus->node[0] ? json_string(bus->node) : json_null())
         | oauth_tree_set(object, "silence",
                          oauth_status_bus_json_msec(bus->silence))
         | oauth_tree_set(object, "lag", oauth_status_bus_json_msec(bus->lag))
         | oauth_tree_set(object, "cursor",
                          bus->cursor.len ? oauth_tree_str(bus->cursor)
                                          : json_null());

    rc |= oauth_tree_set(object, "last_error",
                         oauth_status_bus_json_error(bus))
          | oauth_tree_set(object, "peers", oauth_status_bus_json_peers(bus))
          | oauth_tree_set(object, "readiness",
                           oauth_status_bus_json_findings(bus));

    return oauth_tree_whole(object, rc);
}


/* A number of seconds. */

static json_t *
oauth_status_bus_json_msec(int64_t msec)
{
    return (msec == OAUTH_STATUS_NEVER) ? json_null()
                                        : json_real((double) msec / 1000);
}


static json_t *
oauth_status_bus_json_error(const oauth_status_bus_t *bus)
{
    int      rc;
    json_t  *error;

    if (bus->error_age == OAUTH_STATUS_NEVER) {
        return json_null();
    }

    error = json_object();

    rc = oauth_tree_set(error, "age", json_integer(bus->error_age))
         | oauth_tree_set(error, "text", oauth_tree_str(bus->error));

    return oauth_tree_whole(error, rc);
}


static json_t *
oauth_status_bus_json_peers(const oauth_status_bus_t *bus)
{
    int                         rc;
    size_t                      i;
    json_t                     *peers, *object;
    const oauth_status_peer_t  *peer;

    rc = 0;
    peers = json_array();

    for (i = 0; i < bus->npeers; i++) {

        peer = &bus->peers[i];
        object = json_object();

        rc |= oauth_tree_set(object, "name", oauth_tree_str(peer->name))
              | oauth_tree_set(object, "node", json_string(peer->node))
              | oauth_tree_set(object, "heard",
                               oauth_status_bus_json_msec(peer->heard))
              | oauth_tree_set(object, "clock_skew", json_integer(peer->skew));

        rc |= json_array_append_new(peers, object);
    }

    return oauth_tree_whole(peers, rc);
}


static json_t *
oauth_status_bus_json_findings(const oauth_status_bus_t *bus)
{
    int           rc, i;
    json_t       *findings, *finding;
    oauth_buf_t   text;

    rc = 0;
    findings = json_array();

    for (i = 0; i < OAUTH_STATUS_BUS_FINDINGS; i++) {

        if (!oauth_status_bus_has(bus, i)) {
            continue;
        }

        text = (oauth_buf_t) { 0, 0, NULL, 0 };
        oauth_status_bus_append(&text, bus, i);

        finding = json_object();

        rc |= oauth_tree_set(finding, "code",
                             json_string(oauth_status_bus_info(i)->code))
              | oauth_tree_set(finding, "text", oauth_tree_buf(&text))
              | oauth_tree_set(finding, "remedy",
                               json_string(oauth_status_bus_info(i)->remedy));

        rc |= json_array_append_new(findings, finding);

        oauth_buf_free(&text);
    }

    return oauth_tree_whole(findings, rc);
}
