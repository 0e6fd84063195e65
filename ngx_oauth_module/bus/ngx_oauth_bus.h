
/*
 * The bus between the nodes of a fleet: a Redis or Valkey stream on which each
 * node puts what it has revoked, and reads what the others have.  The bus only
 * carries: what is true is in the store of each node.  Records may be lost,
 * repeated or reordered there, and are put back; they can only take access
 * away.
 *
 * One worker of a node, the leader, speaks to the server.  What the others need
 * to know is in shared memory.
 */


#ifndef NGX_OAUTH_BUS_H_INCLUDED
#define NGX_OAUTH_BUS_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_oauth_place.h"
#include "ngx_oauth_store.h"
#include "oauth_record.h"
#include "oauth_status.h"


#define NGX_OAUTH_BUS_NEVER   ((ngx_msec_t) -1)
#define NGX_OAUTH_BUS_PEERS   64            /* other nodes, at most           */
#define NGX_OAUTH_BUS_ERROR   256           /* bytes of an error              */
#define NGX_OAUTH_BUS_WAIT    1000          /* ms for which a response to a
                                               revocation waits for the bus   */


typedef struct ngx_oauth_bus_s              ngx_oauth_bus_t;
typedef struct ngx_oauth_bus_publication_s  ngx_oauth_bus_publication_t;

typedef void (*ngx_oauth_bus_pt)(ngx_oauth_bus_publication_t *publication);


/*
 * Entries that are on disk here, and shall be on the bus.  The caller fills in
 * the first members, and keeps all until the handler is called or
 * ngx_oauth_bus_publication_done was.  published: 1 if all of them were read
 * back from the bus, 0 if that did not happen in time.
 */

struct ngx_oauth_bus_publication_s {
    const oauth_revocation_t   *entries;
    ngx_uint_t                  n;
    ngx_oauth_bus_pt            handler;
    void                       *data;

    ngx_uint_t                  published;

    ngx_queue_t                 queue;          /* the bus's                  */
    ngx_msec_t                  until;
};


/* What the directive says. */

typedef struct {
    ngx_str_t                   url;
    ngx_str_t                   stream;         /* empty: the default         */
    ngx_str_t                   password_file;  /* empty: none                */
    ngx_str_t                   key_file;
    ngx_str_t                   ca;             /* empty: the system's        */
    ngx_oauth_place_t           place;
} ngx_oauth_bus_options_t;


typedef struct {
    size_t                      name_len;
    u_char                      name[OAUTH_RECORD_NAME];    /* printable
                                                               ASCII          */
    u_char                      node[OAUTH_RECORD_NODE];
    ngx_msec_t                  heard;          /* ms ago                     */
    int64_t                     skew;           /* seconds that its clock is
                                                   ahead of that of the server
                                                                              */
} ngx_oauth_bus_peer_t;


typedef struct {
    oauth_status_bus_state_t    state;
    ngx_uint_t                  leader;         /* process id, 0: none        */
    u_char                      node[OAUTH_RECORD_NODE];    /* the id of this
                                                               one            */
    ngx_msec_t                  silence;        /* see ngx_oauth_bus_silence  */
    ngx_msec_t                  lag;            /* ms from sending a heartbeat
                                                   to reading it back; _NEVER:
                                                   not known                  */
    uint64_t                    unsent;         /* entries                    */
    ngx_msec_t                  waiting;        /* ms for which there have been
                                                   some, and none was read back
                                                   from the bus               */
    int64_t                     skew;           /* of this node, as above     */
    size_t                      cursor_len;
    u_char                      cursor[OAUTH_STREAM_ID];    /* id of the last
                                                   record that was read       */

    ngx_uint_t                  sent;           /* since nginx was started:
                                                   records                    */
    ngx_uint_t                  received;
    ngx_uint_t                  bad;            /* that no key has made, or are
                                                   not records                */
    ngx_uint_t                  comparisons;    /* that were done             */
    ngx_uint_t                  losses;         /* times that the server had
                                                   lost something             */
    ngx_uint_t                  connects;

    size_t                      error_len;
    u_char                      error[NGX_OAUTH_BUS_ERROR]; /* the last one, in
                                                               words          */
    time_t                      error_time;     /* 0: there was none          */

    ngx_uint_t                  npeers;         /* other nodes, of the last day
                                                                              */
    ngx_oauth_bus_peer_t        peers[NGX_OAUTH_BUS_PEERS];
} ngx_oauth_bus_status_t;


/*
 * In the master: reads the files that the options name, and creates the shared
 * zone of the bus.  tag: see ngx_oauth_zone_create.  NULL: an error, which is
 * logged.
 */

ngx_oauth_bus_t *ngx_oauth_bus_create(ngx_conf_t *cf,
    const ngx_oauth_bus_options_t *options, ngx_oauth_store_t *store,
    void *tag);

/* When the http block was read; see ngx_oauth_redis_conf_finish. */

ngx_int_t ngx_oauth_bus_finish(ngx_conf_t *cf, ngx_oauth_bus_t *bus,
    ngx_resolver_t *resolver, ngx_msec_t timeout);

/*
 * In a worker that starts, after the store; and in one that exits, before it.
 */

void ngx_oauth_bus_start(ngx_oauth_bus_t *bus, ngx_cycle_t *cycle,
    int64_t longest);
void ngx_oauth_bus_done(ngx_oauth_bus_t *bus);


/*
 * For how many ms this node has not known whether its store has all that is on
 * the bus: 0 to about 1000 where all is well.  NGX_OAUTH_BUS_NEVER: it has
 * never known since nginx was started.  Costs a read of shared memory.
 */

ngx_msec_t ngx_oauth_bus_silence(const ngx_oauth_bus_t *bus);

/*
 * Tells the leader that there are unsent entries, and waits for at most
 * NGX_OAUTH_BUS_WAIT until they were read back; not at all if the bus is
 * offline.  The handler is called from the event loop, never from within.
 */

void ngx_oauth_bus_publication_start(ngx_oauth_bus_t *bus,
    ngx_oauth_bus_publication_t *publication);

/* Stops waiting; the handler is not called.  May be called twice. */

void ngx_oauth_bus_publication_done(ngx_oauth_bus_publication_t *publication);

/* Tells the leader that there are unsent entries, and does not wait. */

void ngx_oauth_bus_ring(ngx_oauth_bus_t *bus);


/* Copies what the leader has shown last, with times as of now. */

void ngx_oauth_bus_read_status(ngx_oauth_bus_t *bus,
    ngx_oauth_bus_status_t *status);


#endif /* NGX_OAUTH_BUS_H_INCLUDED */
