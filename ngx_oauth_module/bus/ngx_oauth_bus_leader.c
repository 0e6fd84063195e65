
/*
 * The leader's events: the step, which does all that can be done now, a timer
 * each second, a timer to connect again, and the bell, which workers ring when
 * they have accepted revocations.
 */


#include "ngx_oauth_bus_compare.h"
#include "ngx_oauth_bus_deliver.h"
#include "ngx_oauth_bus_error.h"
#include "ngx_oauth_bus_leader.h"
#include "ngx_oauth_bus_peers.h"
#include "ngx_oauth_bus_read.h"
#include "ngx_oauth_bus_send.h"
#include "ngx_oauth_bus_session.h"
#include "ngx_oauth_bus_want.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_BUS_LEADER_SOON   20          /* ms: the first delay before
                                                   it connects again          */
#define NGX_OAUTH_BUS_LEADER_LATE   2000        /* ms: the longest; up to half
                                                   of it more, at random      */


static ngx_int_t ngx_oauth_bus_leader_listen(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_leader_bell_handler(ngx_event_t *ev);
static void ngx_oauth_bus_leader_retry_handler(ngx_event_t *ev);
static ngx_int_t ngx_oauth_bus_leader_look(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_leader_tick_handler(ngx_event_t *ev);
static void ngx_oauth_bus_leader_step_handler(ngx_event_t *ev);
static void ngx_oauth_bus_leader_again(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_leader_sync(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_leader_show(ngx_oauth_bus_leader_t *leader);


ngx_int_t
ngx_oauth_bus_leader_start(ngx_oauth_bus_t *bus)
{
    ngx_oauth_bus_leader_t  *leader;

    /* The store writes one commit at a time. */

    if (bus->closing) {
        return NGX_ERROR;
    }

    leader = ngx_calloc(sizeof(ngx_oauth_bus_leader_t), bus->log);
    if (leader == NULL) {
        return NGX_ERROR;
    }

    leader->bus = bus;
    leader->log = bus->log;
    leader->batch = &leader->batches[0];
    leader->written = &leader->batches[1];
    leader->page = NGX_OAUTH_BUS_PAGE;

    ngx_oauth_watch_timer(&leader->step, ngx_oauth_bus_leader_step_handler,
                          bus->log);
    ngx_oauth_watch_timer(&leader->tick, ngx_oauth_bus_leader_tick_handler,
                          bus->log);
    ngx_oauth_watch_timer(&leader->retry, ngx_oauth_bus_leader_retry_handler,
                          bus->log);
    leader->tick.cancelable = 1;
    leader->retry.cancelable = 1;

    if (ngx_oauth_bus_leader_listen(leader) != NGX_OK) {
        ngx_free(leader);
        return NGX_ERROR;
    }

    /* The counts go on. */

    ngx_oauth_zone_lock(bus->root.zone);
    leader->status = bus->shared->status;
    ngx_oauth_zone_unlock(bus->root.zone);

    ngx_oauth_bus_peers_load(leader);

    /* Until then, all have said for how long they need records. */

    leader->trimmed = ngx_current_msec + NGX_OAUTH_BUS_ALIVE;

    leader->status.lag = NGX_OAUTH_BUS_NEVER;
    leader->status.state = OAUTH_STATUS_BUS_OFFLINE;
    bus->leader = leader;

    ngx_add_timer(&leader->tick, NGX_OAUTH_BUS_TICK);
    ngx_add_timer(&leader->retry, 1);

    return NGX_OK;
}


/* The pipe is the configuration's; only the leader listens. */

static ngx_int_t
ngx_oauth_bus_leader_listen(ngx_oauth_bus_leader_t *leader)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(leader->bus->bell[0], leader->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = leader;
    c->read->handler = ngx_oauth_bus_leader_bell_handler;
    c->read->log = leader->log;
    c->write->log = leader->log;
    leader->bell = c;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_LEVEL_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_oauth_bus_leader_done(ngx_oauth_bus_t *bus)
{
    ngx_connection_t        *c;
    ngx_oauth_bus_leader_t  *leader;

    leader = bus->leader;
    bus->leader = NULL;

    ngx_oauth_bus_session_done(leader);
    ngx_oauth_bus_compare_done(leader);

    leader->status.state = OAUTH_STATUS_BUS_OFFLINE;
    ngx_oauth_bus_leader_show(leader);

    c = leader->bell;

    (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    if (leader->tick.timer_set) {
        ngx_del_timer(&leader->tick);
    }

    if (leader->retry.timer_set) {
        ngx_del_timer(&leader->retry);
    }

    if (leader->step.posted) {
        ngx_delete_posted_event(&leader->step);
    }

    if (leader->writing) {
        bus->closing = 1;
        return;
    }

    ngx_free(leader);
}


static void
ngx_oauth_bus_leader_bell_handler(ngx_event_t *ev)
{
    u_char                   bytes[256];
    ngx_connection_t        *c;
    ngx_oauth_bus_leader_t  *leader;

    c = ev->data;
    leader = c->data;

    while (read(c->fd, bytes, sizeof(bytes)) == (ssize_t) sizeof(bytes)) {
        /* void */
    }

    leader->rung = 1;
    ngx_oauth_bus_step(leader);
}


static void
ngx_oauth_bus_leader_retry_handler(ngx_event_t *ev)
{
    ngx_oauth_bus_leader_t  *leader;

    leader = ngx_oauth_container(ev, ngx_oauth_bus_leader_t, retry);

    if (ngx_oauth_bus_leader_look(leader) != NGX_OK) {
        ngx_add_timer(&leader->retry, NGX_OAUTH_BUS_TICK);
        return;
    }

    ngx_oauth_bus_session_start(leader);

    if (leader->broken) {
        ngx_oauth_bus_step(leader);
    }
}


/* NGX_ERROR: the store cannot be read, which is the store's to log. */

static ngx_int_t
ngx_oauth_bus_leader_look(ngx_oauth_bus_leader_t *leader)
{
    uint64_t          epoch;
    ngx_int_t         rc;
    ngx_oauth_bus_t  *bus;

    bus = leader->bus;

    if (ngx_oauth_store_renew(bus->store, &epoch) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_oauth_store_bus_node(bus->store, leader->node,
                                  &leader->status.unsent);

    ngx_oauth_store_reset(bus->store);

    ngx_memcpy(leader->status.node, leader->node, OAUTH_RECORD_NODE);

    if (leader->status.unsent == 0) {
        leader->status.waiting = 0;

    } else if (leader->status.waiting == 0) {
        leader->status.waiting = ngx_current_msec;
    }

    return rc;
}


static void
ngx_oauth_bus_leader_tick_handler(ngx_event_t *ev)
{
    ngx_oauth_bus_leader_t  *leader;

    leader = ngx_oauth_container(ev, ngx_oauth_bus_leader_t, tick);

    ngx_add_timer(&leader->tick, NGX_OAUTH_BUS_TICK);

    if (leader->following) {
        ngx_oauth_bus_session_sample(leader);
        ngx_oauth_bus_session_probe(leader);
        ngx_oauth_bus_send_heartbeat(leader);
        ngx_oauth_bus_send_trim(leader);
    }

    (void) ngx_oauth_bus_leader_look(leader);

    leader->rung = 1;
    leader->idle = 0;
    ngx_oauth_bus_leader_show(leader);
    ngx_oauth_bus_step(leader);
}


static void
ngx_oauth_bus_leader_step_handler(ngx_event_t *ev)
{
    ngx_oauth_bus_leader_t  *leader;

    leader = ngx_oauth_container(ev, ngx_oauth_bus_leader_t, step);

    if (leader->lost || leader->broken) {
        ngx_oauth_bus_leader_again(leader);
    }

    ngx_oauth_bus_deliver_write(leader);

    if (leader->following) {
        ngx_oauth_bus_read_next(leader);

        if (ngx_oauth_bus_compare_step(leader) == NGX_DONE) {
            ngx_oauth_bus_want_compared(leader);
            ngx_oauth_bus_step(leader);
        }

        ngx_oauth_bus_want_step(leader);
        ngx_oauth_bus_send_unsent(leader);
    }

    ngx_oauth_bus_leader_sync(leader);
}


/* Ends the session, and begins another one: later, if that happens again. */

static void
ngx_oauth_bus_leader_again(ngx_oauth_bus_leader_t *leader)
{
    ngx_oauth_bus_want_again(leader);
    ngx_oauth_bus_session_done(leader);

    if (leader->lost) {

        if (!leader->unplaced) {
            leader->status.losses++;
        }

        leader->forget = 1;
        leader->unplaced = 1;
    }

    leader->lost = 0;
    leader->broken = 0;

    /* Somebody may have added records so large that a page is refused. */

    leader->page = ngx_max(leader->page / 2, 1);

    if (leader->retry.timer_set) {
        return;
    }

    leader->delay = ngx_min(ngx_max(2 * leader->delay,
                                    NGX_OAUTH_BUS_LEADER_SOON),
                            NGX_OAUTH_BUS_LEADER_LATE);

    ngx_add_timer(&leader->retry, leader->delay
                                  + (ngx_msec_t) ngx_random()
                                    % (leader->delay / 2));
}


/*
 * In sync: what the server had when it was asked is on disk here, and nobody
 * may have something that is missing there.
 */

static void
ngx_oauth_bus_leader_sync(ngx_oauth_bus_leader_t *leader)
{
    oauth_status_bus_state_t  state;

    state = OAUTH_STATUS_BUS_CATCHING_UP;

    if (!leader->following) {
        state = OAUTH_STATUS_BUS_OFFLINE;

    } else if (leader->follow.agreed
               && !leader->unplaced && !leader->want && !leader->wanted
               && oauth_stream_id_compare(&leader->committed,
                                          &leader->follow.id)
                  >= 0
               && leader->follow.time >= (int64_t) leader->answer_time)
    {
        state = OAUTH_STATUS_BUS_ONLINE;

        leader->bus->shared->synced = (ngx_atomic_uint_t) leader->follow.time;
        leader->synced_id.ms = (uint64_t) ngx_oauth_bus_send_time(
                                leader, (ngx_msec_t) leader->follow.time);
        leader->delay = 0;
        leader->page = NGX_OAUTH_BUS_PAGE;

        if (!leader->refused && !leader->failed) {
            ngx_oauth_bus_error_clear(leader);
        }
    }

    if (leader->status.state != state) {
        leader->status.state = state;
        ngx_oauth_bus_leader_show(leader);
    }
}


static void
ngx_oauth_bus_leader_show(ngx_oauth_bus_leader_t *leader)
{
    ngx_oauth_bus_t  *bus;

    bus = leader->bus;

    leader->status.cursor_len =
        oauth_stream_id_write(&leader->follow.at.id,
                              (char *) leader->status.cursor);

    ngx_oauth_bus_peers_show(leader);

    bus->shared->takes = (leader->status.state != OAUTH_STATUS_BUS_OFFLINE
                          && !leader->refused);

    ngx_oauth_zone_lock(bus->root.zone);
    bus->shared->status = leader->status;
    ngx_oauth_zone_unlock(bus->root.zone);
}
