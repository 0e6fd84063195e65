
/*
 * Reads what the status shows about the bus of a fleet.  Everything is in the
 * pool of the request.
 */


#include "ngx_oauth_status.h"


static ngx_int_t ngx_oauth_status_bus_read_peers(ngx_pool_t *pool,
    const ngx_oauth_bus_status_t *read, oauth_status_bus_t *bus);
static void ngx_oauth_status_bus_node(const u_char *node, char *text);
static int64_t ngx_oauth_status_bus_msec(ngx_msec_t msec);


ngx_int_t
ngx_oauth_status_bus_read(ngx_http_request_t *r,
    const ngx_oauth_main_conf_t *mcf, oauth_status_t *status)
{
    oauth_status_bus_t      *bus;
    ngx_oauth_bus_status_t  *read;

    if (mcf->bus == NULL) {
        return NGX_OK;
    }

    read = ngx_palloc(r->pool, sizeof(ngx_oauth_bus_status_t));
    bus = ngx_pcalloc(r->pool, sizeof(oauth_status_bus_t));

    if (read == NULL || bus == NULL) {
        return NGX_ERROR;
    }

    ngx_oauth_bus_read_status(mcf->bus, read);

    bus->state = read->state;
    bus->leader = read->leader;
    ngx_oauth_status_bus_node(read->node, bus->node);
    bus->silence = ngx_oauth_status_bus_msec(read->silence);
    bus->lag = ngx_oauth_status_bus_msec(read->lag);
    bus->unsent = read->unsent;
    bus->waiting = (int64_t) read->waiting;
    bus->skew = read->skew;
    bus->cursor.data = read->cursor;
    bus->cursor.len = read->cursor_len;
    bus->sent = read->sent;
    bus->received = read->received;
    bus->bad = read->bad;
    bus->comparisons = read->comparisons;
    bus->losses = read->losses;
    bus->connects = read->connects;
    bus->error.data = read->error;
    bus->error.len = read->error_len;
    bus->error_age = read->error_time
                     ? ngx_max(ngx_time() - read->error_time, 0)
                     : OAUTH_STATUS_NEVER;

    status->bus = bus;

    return ngx_oauth_status_bus_read_peers(r->pool, read, bus);
}


static ngx_int_t
ngx_oauth_status_bus_read_peers(ngx_pool_t *pool,
    const ngx_oauth_bus_status_t *read, oauth_status_bus_t *bus)
{
    ngx_uint_t            i;
    oauth_status_peer_t  *peers;

    peers = ngx_pcalloc(pool,
                        (read->npeers + 1) * sizeof(oauth_status_peer_t));
    if (peers == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < read->npeers; i++) {
        peers[i].name.data = read->peers[i].name;
        peers[i].name.len = read->peers[i].name_len;
        ngx_oauth_status_bus_node(read->peers[i].node, peers[i].node);
        peers[i].heard = ngx_oauth_status_bus_msec(read->peers[i].heard);
        peers[i].skew = read->peers[i].skew;
    }

    bus->peers = peers;
    bus->npeers = read->npeers;

    return NGX_OK;
}


/* The id of a node is random; all zero: no worker has opened the store yet. */

static void
ngx_oauth_status_bus_node(const u_char *node, char *text)
{
    u_char  *last;

    static const u_char  zeros[OAUTH_STATUS_NODE / 2];

    if (ngx_memcmp(node, zeros, sizeof(zeros)) == 0) {
        text[0] = '\0';
        return;
    }

    last = ngx_hex_dump((u_char *) text, (u_char *) node, sizeof(zeros));
    *last = '\0';
}


static int64_t
ngx_oauth_status_bus_msec(ngx_msec_t msec)
{
    return (msec == NGX_OAUTH_BUS_NEVER) ? OAUTH_STATUS_NEVER : (int64_t) msec;
}
