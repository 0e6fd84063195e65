
/*
 * The lease.  A leader that was stopped for longer than it lasts notices when
 * it renews it that another worker has it.  Two leaders at once for a moment do
 * no harm: what they do may be done twice.
 */


#include "ngx_oauth_bus_lease.h"
#include "ngx_oauth_bus_leader.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_BUS_LEASE_TIME  1000          /* ms                         */
#define NGX_OAUTH_BUS_LEASE_LOOK  250           /* ms between looks           */


static void ngx_oauth_bus_lease_handler(ngx_event_t *ev);
static ngx_uint_t ngx_oauth_bus_lease_acquire(ngx_oauth_bus_t *bus);


void
ngx_oauth_bus_lease_start(ngx_oauth_bus_t *bus)
{
    ngx_oauth_watch_timer(&bus->lease, ngx_oauth_bus_lease_handler, bus->log);
    bus->lease.cancelable = 1;

    ngx_add_timer(&bus->lease, 1);
}


static void
ngx_oauth_bus_lease_handler(ngx_event_t *ev)
{
    ngx_oauth_bus_t  *bus;

    bus = ngx_oauth_container(ev, ngx_oauth_bus_t, lease);

    /* A worker that shuts down may have requests to serve for hours. */

    if (ngx_exiting) {
        ngx_oauth_bus_lease_done(bus);
        return;
    }

    ngx_add_timer(&bus->lease, NGX_OAUTH_BUS_LEASE_LOOK);

    if (!ngx_oauth_bus_lease_acquire(bus)) {

        if (bus->leader) {
            ngx_oauth_bus_leader_done(bus);
        }

        return;
    }

    if (bus->leader == NULL && ngx_oauth_bus_leader_start(bus) != NGX_OK) {
        ngx_oauth_bus_lease_done(bus);
        ngx_add_timer(&bus->lease, NGX_OAUTH_BUS_LEASE_TIME);
    }
}


/* Takes the lease or renews it.  Returns 1 if this worker has it. */

static ngx_uint_t
ngx_oauth_bus_lease_acquire(ngx_oauth_bus_t *bus)
{
    ngx_pid_t                leader;
    ngx_uint_t               gone, mine;
    ngx_oauth_bus_shared_t  *shared;

    shared = bus->shared;
    leader = shared->leader;

    gone = (leader == 0
            || (kill(leader, 0) == -1 && ngx_errno == NGX_ESRCH));

    ngx_oauth_zone_lock(bus->root.zone);

    mine = (shared->leader == ngx_pid
            || (shared->leader == leader && gone)
            || ngx_oauth_msec_passed(shared->until));

    if (mine) {
        shared->leader = ngx_pid;
        shared->until = ngx_current_msec + NGX_OAUTH_BUS_LEASE_TIME;
    }

    ngx_oauth_zone_unlock(bus->root.zone);

    return mine;
}


void
ngx_oauth_bus_lease_done(ngx_oauth_bus_t *bus)
{
    ngx_oauth_bus_shared_t  *shared;

    shared = bus->shared;

    if (bus->lease.timer_set) {
        ngx_del_timer(&bus->lease);
    }

    if (bus->leader) {
        ngx_oauth_bus_leader_done(bus);
    }

    ngx_oauth_zone_lock(bus->root.zone);

    if (shared->leader == ngx_pid) {
        shared->leader = 0;
    }

    ngx_oauth_zone_unlock(bus->root.zone);
}
