
/*
 * The table of the nodes that were heard.  It is the leader's, and begins with
 * what the status says, where the leader before this one has left them.
 */


#include "ngx_oauth_bus_peers.h"
#include "ngx_oauth_event.h"


#define NGX_OAUTH_BUS_PEERS_DAY  (24 * 3600 * 1000)     /* ms                 */


static ngx_oauth_bus_node_t *ngx_oauth_bus_peers_find(
    ngx_oauth_bus_leader_t *leader, const u_char *node);
static ngx_uint_t ngx_oauth_bus_peers_is_alive(
    const ngx_oauth_bus_leader_t *leader, const ngx_oauth_bus_node_t *node);


void
ngx_oauth_bus_peers_hear(ngx_oauth_bus_leader_t *leader,
    const oauth_record_t *record, uint64_t written)
{
    ngx_oauth_bus_node_t  *node;

    node = ngx_oauth_bus_peers_find(leader, record->node);

    ngx_memcpy(node->node, record->node, OAUTH_RECORD_NODE);
    node->heard = ngx_current_msec;
    node->skew = record->clock - (int64_t) (written / 1000);
    node->longest = record->longest;
    node->compared = record->compared;
    node->name_len = record->name_len;
    ngx_memcpy(node->name, record->name, record->name_len);
}


/* Returns the place of the node, or the one that was unused for longest. */

static ngx_oauth_bus_node_t *
ngx_oauth_bus_peers_find(ngx_oauth_bus_leader_t *leader, const u_char *node)
{
    ngx_uint_t             i;
    ngx_oauth_bus_node_t  *place, *oldest;

    oldest = &leader->nodes[0];

    for (i = 0; i < NGX_OAUTH_BUS_PEERS; i++) {
        place = &leader->nodes[i];

        if (place->heard
            && ngx_memcmp(place->node, node, OAUTH_RECORD_NODE) == 0)
        {
            return place;
        }

        if (place->heard < oldest->heard) {
            oldest = place;
        }
    }

    return oldest;
}


ngx_uint_t
ngx_oauth_bus_peers_have_compared(const ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id)
{
    ngx_uint_t                   i;
    const ngx_oauth_bus_node_t  *node;

    for (i = 0; i < NGX_OAUTH_BUS_PEERS; i++) {
        node = &leader->nodes[i];

        if (node->heard
            && ngx_oauth_bus_peers_is_alive(leader, node)
            && oauth_stream_id_compare(&node->compared, id) < 0)
        {
            return 0;
        }
    }

    return 1;
}


/*
 * It was heard not long before this node was in sync: when both were without
 * the server, it may come back later than this one, and know more.
 */

static ngx_uint_t
ngx_oauth_bus_peers_is_alive(const ngx_oauth_bus_leader_t *leader,
    const ngx_oauth_bus_node_t *node)
{
    ngx_msec_t  synced;

    synced = (ngx_msec_t) leader->bus->shared->synced;

    if (synced == 0) {
        synced = ngx_current_msec;
    }

    return (ngx_msec_int_t) (synced - node->heard)
           < (ngx_msec_int_t) NGX_OAUTH_BUS_ALIVE;
}


int64_t
ngx_oauth_bus_peers_longest(const ngx_oauth_bus_leader_t *leader)
{
    int64_t     longest;
    ngx_uint_t  i;

    longest = leader->bus->longest;

    for (i = 0; i < NGX_OAUTH_BUS_PEERS; i++) {
        if (leader->nodes[i].heard) {
            longest = ngx_max(longest, leader->nodes[i].longest);
        }
    }

    return longest;
}


void
ngx_oauth_bus_peers_show(ngx_oauth_bus_leader_t *leader)
{
    ngx_uint_t             i;
    ngx_oauth_bus_node_t  *node;
    ngx_oauth_bus_peer_t  *peer;

    leader->status.npeers = 0;

    for (i = 0; i < NGX_OAUTH_BUS_PEERS; i++) {
        node = &leader->nodes[i];

        if (node->heard == 0) {
            continue;
        }

        if (ngx_current_msec - node->heard > NGX_OAUTH_BUS_PEERS_DAY) {
            node->heard = 0;
            continue;
        }

        peer = &leader->status.peers[leader->status.npeers++];

        ngx_memcpy(peer->node, node->node, OAUTH_RECORD_NODE);
        peer->heard = node->heard;
        peer->skew = node->skew;
        peer->name_len = node->name_len;
        ngx_memcpy(peer->name, node->name, node->name_len);
    }
}


/* What they have compared is not known. */

void
ngx_oauth_bus_peers_load(ngx_oauth_bus_leader_t *leader)
{
    ngx_uint_t                   i;
    ngx_oauth_bus_node_t        *node;
    const ngx_oauth_bus_peer_t  *peer;

    for (i = 0; i < leader->status.npeers; i++) {
        node = &leader->nodes[i];
        peer = &leader->status.peers[i];

        ngx_memcpy(node->node, peer->node, OAUTH_RECORD_NODE);
        node->heard = ngx_oauth_msec_passed(peer->heard) ? peer->heard
                                                         : ngx_current_msec;
        node->skew = peer->skew;
        node->name_len = peer->name_len;
        ngx_memcpy(node->name, peer->name, peer->name_len);
    }
}
