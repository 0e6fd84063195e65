
/*
 * Requests that wait until their revocations are on the bus.  Whether they are
 * is in the store: the leader, which may be another worker, removes there what
 * it has read back.  While requests wait, a timer looks; it is not cancelable,
 * so a worker that shuts down answers them.
 */


#include "ngx_oauth_bus_publication.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_BUS_PUBLICATION_LOOK  4       /* ms                         */


static void ngx_oauth_bus_publication_handler(ngx_event_t *ev);
static void ngx_oauth_bus_publication_sort(ngx_oauth_bus_t *bus,
    ngx_queue_t *done);
static ngx_uint_t ngx_oauth_bus_publication_is_unsent(ngx_oauth_bus_t *bus,
    const ngx_oauth_bus_publication_t *publication);


void
ngx_oauth_bus_publication_create(ngx_oauth_bus_t *bus)
{
    ngx_queue_init(&bus->publications);
    ngx_oauth_watch_timer(&bus->poll, ngx_oauth_bus_publication_handler,
                          bus->log);
}


void
ngx_oauth_bus_publication_start(ngx_oauth_bus_t *bus,
    ngx_oauth_bus_publication_t *publication)
{
    ngx_oauth_bus_ring(bus);

    publication->published = 0;
    publication->until = ngx_current_msec;

    if (bus->shared->takes) {
        publication->until += NGX_OAUTH_BUS_WAIT;
    }

    ngx_queue_insert_tail(&bus->publications, &publication->queue);

    if (!bus->poll.timer_set) {
        ngx_add_timer(&bus->poll, NGX_OAUTH_BUS_PUBLICATION_LOOK);
    }
}


void
ngx_oauth_bus_publication_done(ngx_oauth_bus_publication_t *publication)
{
    if (publication->queue.next) {
        ngx_queue_remove(&publication->queue);
        publication->queue.next = NULL;
    }
}


static void
ngx_oauth_bus_publication_handler(ngx_event_t *ev)
{
    ngx_queue_t                   done, *q;
    ngx_oauth_bus_t              *bus;
    ngx_oauth_bus_publication_t  *publication;

    bus = ngx_oauth_container(ev, ngx_oauth_bus_t, poll);

    ngx_queue_init(&done);
    ngx_oauth_bus_publication_sort(bus, &done);

    if (!ngx_queue_empty(&bus->publications)) {
        ngx_add_timer(&bus->poll, NGX_OAUTH_BUS_PUBLICATION_LOOK);
    }

    /* A handler may end another publication of this queue, or start one. */

    while (!ngx_queue_empty(&done)) {
        q = ngx_queue_head(&done);
        publication = ngx_queue_data(q, ngx_oauth_bus_publication_t, queue);

        ngx_oauth_bus_publication_done(publication);
        publication->handler(publication);
    }
}


/* Moves those that are published, or have waited for long enough. */

static void
ngx_oauth_bus_publication_sort(ngx_oauth_bus_t *bus, ngx_queue_t *done)
{
    uint64_t                      epoch;
    ngx_int_t                     rc;
    ngx_queue_t                  *q, *next;
    ngx_oauth_bus_publication_t  *publication;

    rc = ngx_oauth_store_renew(bus->store, &epoch);

    for (q = ngx_queue_head(&bus->publications);
         q != ngx_queue_sentinel(&bus->publications);
         q = next)
    {
        next = ngx_queue_next(q);
        publication = ngx_queue_data(q, ngx_oauth_bus_publication_t, queue);

        publication->published = (rc == NGX_OK
                                  && !ngx_oauth_bus_publication_is_unsent(
                                          bus, publication));

        if (publication->published
            || ngx_oauth_msec_passed(publication->until))
        {
            ngx_queue_remove(q);
            ngx_queue_insert_tail(done, q);
        }
    }

    if (rc == NGX_OK) {
        ngx_oauth_store_reset(bus->store);
    }
}


static ngx_uint_t
ngx_oauth_bus_publication_is_unsent(ngx_oauth_bus_t *bus,
    const ngx_oauth_bus_publication_t *publication)
{
    ngx_uint_t  i;

    for (i = 0; i < publication->n; i++) {
        if (ngx_oauth_store_bus_is_unsent(bus->store,
                                          publication->entries[i].key)
            != NGX_DECLINED)
        {
            return 1;
        }
    }

    return 0;
}


/* If the pipe is full, the leader has not read what is there. */

void
ngx_oauth_bus_ring(ngx_oauth_bus_t *bus)
{
    static u_char  byte = 1;

    (void) !write(bus->bell[1], &byte, 1);
}
