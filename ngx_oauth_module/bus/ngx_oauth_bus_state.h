
/*
 * The types of ngx_oauth_bus.h for the files of this folder.  A bus is in the
 * configuration's pool.  A leader is in memory of its worker, from the moment
 * at which the worker gets the lease until it loses it.
 *
 * Whatever happens to a leader, a reply, a commit, a timer, is noted in it, and
 * posts its event "step", whose handler (ngx_oauth_bus_leader.c) then does all
 * that can be done.  So these files never call each other in a circle.
 */


#ifndef NGX_OAUTH_BUS_STATE_H_INCLUDED
#define NGX_OAUTH_BUS_STATE_H_INCLUDED


#include "ngx_oauth_bus.h"
#include "ngx_oauth_redis.h"
#include "ngx_oauth_redis_conf.h"
#include "ngx_oauth_store_bus.h"
#include "ngx_oauth_zone.h"
#include "oauth_follow.h"
#include "oauth_record.h"
#include "oauth_seen.h"


#define NGX_OAUTH_BUS_PAGE    500       /* records that are asked for at once */
#define NGX_OAUTH_BUS_BATCH   8192      /* entries that wait for a commit     */
#define NGX_OAUTH_BUS_ROUND   512       /* entries that are sent at once      */
#define NGX_OAUTH_BUS_TICK    1000      /* ms between samples, and between
                                           heartbeats                         */
#define NGX_OAUTH_BUS_ALIVE   5000      /* ms since the last heartbeat of a
                                           node that is alive                 */


typedef struct ngx_oauth_bus_leader_s  ngx_oauth_bus_leader_t;


/* In the shared memory.  The last part is read and written with the mutex. */

typedef struct {
    ngx_atomic_t                   synced;      /* when this node was last in
                                                   sync, ms; 0: never         */
    ngx_atomic_t                   takes;       /* the server takes records, so
                                                   a response may wait for it */

    ngx_pid_t                      leader;      /* 0: none                    */
    ngx_msec_t                     until;       /* when its lease ends        */
    ngx_oauth_bus_status_t         status;      /* "heard" of a peer, and
                                                   "waiting", are the moments
                                                   here, not the ms that have
                                                   passed since; 0: never     */
} ngx_oauth_bus_shared_t;


struct ngx_oauth_bus_s {
    ngx_oauth_zone_root_t          root;
    ngx_oauth_bus_shared_t        *shared;      /* NULL until the zone is there
                                                                              */
    ngx_oauth_store_t             *store;
    ngx_oauth_redis_conf_t        *server;
    ngx_oauth_place_t              place;
    ngx_str_t                      stream;
    ngx_str_t                      heartbeats;  /* the other stream           */
    oauth_record_keys_t            keys;
    ngx_fd_t                       bell[2];     /* a pipe to the leader       */

    /* of the worker */

    ngx_log_t                     *log;
    ngx_str_t                      name;        /* of the machine             */
    int64_t                        longest;     /* seconds, see
                                                   ngx_oauth_store_start      */
    ngx_event_t                    lease;       /* timer                      */
    ngx_event_t                    poll;        /* timer                      */
    ngx_queue_t                    publications;
    ngx_oauth_bus_leader_t        *leader;      /* NULL: this worker is not   */
    ngx_uint_t                     closing;     /* the commit of one before runs
                                                                              */
};


/* Entries that were read, for one commit. */

typedef struct {
    ngx_uint_t                     n;
    oauth_revocation_t             entries[NGX_OAUTH_BUS_BATCH
                                           + 2 * NGX_OAUTH_BUS_PAGE];
} ngx_oauth_bus_batch_t;


/* A node that was heard. */

typedef struct {
    u_char                         node[OAUTH_RECORD_NODE];
    ngx_msec_t                     heard;       /* 0: the place is free       */
    int64_t                        skew;
    int64_t                        longest;
    oauth_stream_id_t              compared;
    size_t                         name_len;
    u_char                         name[OAUTH_RECORD_NAME];
} ngx_oauth_bus_node_t;


/* Reading the whole stream, and putting back what is missing there. */

typedef enum {
    NGX_OAUTH_BUS_COMPARE_NONE = 0,
    NGX_OAUTH_BUS_COMPARE_READ,                 /* pages of the stream        */
    NGX_OAUTH_BUS_COMPARE_OWN,                  /* this node's entries        */
    NGX_OAUTH_BUS_COMPARE_FOREIGN,              /* all entries                */
    NGX_OAUTH_BUS_COMPARE_DONE
} ngx_oauth_bus_compare_state_t;


typedef struct {
    ngx_oauth_bus_compare_state_t  state;
    unsigned                       lost:1;      /* the server may have lost
                                                   records                    */
    unsigned                       restore:1;   /* also those of other nodes  */
    unsigned                       paging:1;    /* a page has no answer yet   */
    unsigned                       full:1;      /* the set was too small      */
    unsigned                       foreign:1;   /* entries of others are missing
                                                                              */
    int64_t                        since;       /* see
                                                   ngx_oauth_bus_compare_start
                                                                              */
    oauth_stream_id_t              end;         /* the last record to read    */
    oauth_stream_id_t              time;        /* of the server when it began
                                                                              */
    uint64_t                       added;       /* to the stream, up to it    */
    oauth_stream_id_t              at;          /* the last one that was read */
    uint64_t                       count;       /* of those that were read    */
    uint64_t                       missing;     /* entries to be sent again   */
    uint64_t                       mark;        /* of the commit that has what
                                                   was read                   */
    ngx_msec_t                     begun;
    oauth_seen_t                  *seen;
    ngx_uint_t                     started;     /* "after" is set             */
    u_char                         after[OAUTH_REVOCATION_KEY];
} ngx_oauth_bus_compare_t;


struct ngx_oauth_bus_leader_s {
    ngx_oauth_bus_t               *bus;
    ngx_log_t                     *log;
    ngx_event_t                    step;        /* posted                     */
    ngx_event_t                    tick;        /* timer                      */
    ngx_event_t                    retry;       /* timer: connects again      */
    ngx_msec_t                     delay;       /* of the retry               */
    ngx_uint_t                     page;        /* records to ask for at once */
    ngx_connection_t              *bell;
    ngx_oauth_bus_status_t         status;      /* what becomes shared        */

    ngx_oauth_redis_t              reader;      /* waits for records          */
    ngx_oauth_redis_t              commands;    /* does all else              */
    u_char                         server[OAUTH_STREAM_SERVER];
                                                /* the reader's, as samples and
                                                   positions name it: a hash of
                                                   run id, database and stream
                                                                              */
    u_char                         node[OAUTH_RECORD_NODE];

    unsigned                       reader_ready:1;
    unsigned                       commands_ready:1;
    unsigned                       server_known:1;
    unsigned                       following:1; /* "follow" has a position    */
    unsigned                       reading:1;   /* the reader's XREAD has no
                                                   answer yet                 */
    unsigned                       sampling:1;  /* the XINFO has none yet     */
    unsigned                       sampled:1;   /* "next" is complete         */
    unsigned                       probing:1;   /* the XREAD of a probe has no
                                                   answer yet                 */
    unsigned                       broken:1;    /* a new session has to begin,
                                                   from the position on       */
    unsigned                       lost:1;      /* a new session has to begin,
                                                   with a comparison          */
    unsigned                       unplaced:1;  /* a comparison has to end
                                                   before the store may keep a
                                                   position                   */
    unsigned                       forget:1;    /* the store has to forget the
                                                   position that it has       */
    unsigned                       away:1;      /* this node may have been away
                                                   for longer than records stay
                                                                              */
    unsigned                       fresh:1;     /* the store had no position  */
    unsigned                       keep:1;      /* the next commit is due, also
                                                   without entries, to keep the
                                                   position                   */
    unsigned                       writing:1;   /* a commit runs              */
    unsigned                       failed:1;    /* the commit has failed, and
                                                   has to be tried again      */
    unsigned                       round:1;     /* entries were sent, and have
                                                   to be read back            */
    unsigned                       pass_failed:1;   /* some entries of this pass
                                                   were not read back         */
    unsigned                       rung:1;      /* there may be unsent entries
                                                                              */
    unsigned                       refused:1;   /* the server takes no records
                                                                              */
    unsigned                       want:1;      /* a want has to be sent      */
    unsigned                       wanted:1;    /* this node waits until the
                                                   others have compared       */
    unsigned                       asked:1;     /* another node wants         */
    unsigned                       heard:1;     /* one has, since the loss    */
    unsigned                       idle:1;      /* read at the next tick      */
    unsigned                       down:1;      /* that the bus cannot be used
                                                   was logged                 */

    /* reading */

    oauth_follow_t                 follow;
    oauth_follow_sample_t          sample;      /* the newest                 */
    oauth_follow_sample_t          next;        /* that is asked for          */
    oauth_stream_id_t              probe;       /* where the reader was when it
                                                   was last looked at         */
    uint64_t                       length;      /* of the stream              */
    oauth_stream_id_t              beats_read;  /* the last heartbeat that was
                                                   read                       */
    ngx_msec_t                     behind;      /* since when the reader has
                                                   been at "probe", and a sample
                                                   waits; 0: none waits       */
    ngx_msec_t                     read_at;     /* when the XREAD was sent    */

    ngx_msec_t                     complained;  /* when to log a bad record
                                                   again                      */

    /* delivering */

    ngx_oauth_bus_batch_t         *batch;       /* that is being filled       */
    ngx_oauth_bus_batch_t         *written;     /* that is in the commit      */
    ngx_oauth_bus_batch_t          batches[2];
    oauth_revocation_t             unsent[NGX_OAUTH_BUS_ROUND];
    ngx_uint_t                     nunsent;
    ngx_oauth_store_bus_commit_t   commit;
    uint64_t                       begun;       /* commits                    */
    uint64_t                       ended;       /* of them, on disk           */
    oauth_stream_position_t        position;    /* of the commit              */
    oauth_stream_id_t              writing_to;  /* all up to it is on disk when
                                                   the commit is done         */
    oauth_stream_id_t              committed;   /* all up to it is on disk    */
    ngx_msec_t                     again;       /* when to try a commit again */

    /* sending */

    ngx_uint_t                     left;        /* entries of the round that
                                                   were not read back yet     */
    ngx_msec_t                     round_until; /* when to give the round up  */
    ngx_uint_t                     started;     /* "after" is set             */
    u_char                         after[OAUTH_REVOCATION_KEY];
    uint64_t                       number;      /* of the last heartbeat      */
    ngx_msec_t                     beaten;      /* when it was sent           */
    int64_t                        server_time; /* ms: the server's clock when
                                                   it took the last heartbeat */
    ngx_msec_t                     answered;    /* when it said so; 0: never  */
    ngx_msec_t                     trimmed;     /* when to trim the stream next
                                                                              */

    /* comparing */

    ngx_oauth_bus_compare_t        compare;
    int64_t                        asked_since; /* of the wants of others     */
    oauth_stream_id_t              heard_id;    /* the last want of another   */
    int64_t                        heard_since;
    ngx_msec_t                     answer_from; /* when to compare for others */
    int64_t                        want_since;
    ngx_msec_t                     want_at;     /* when to send it            */
    ngx_msec_t                     want_from;   /* when to look for answers   */
    ngx_msec_t                     want_until;  /* how long to wait           */
    ngx_msec_t                     want_last;   /* when the last was sent; 0:
                                                   never                      */
    oauth_stream_id_t              want_id;     /* the others have answered when
                                                   they have compared after this
                                                   one; 0: not known yet      */
    ngx_msec_t                     answer_time; /* when all others had answered
                                                                              */
    ngx_msec_t                     restore_at;  /* 0: nothing is to be restored
                                                                              */
    int64_t                        restore_since;
    oauth_stream_id_t              compared;    /* when, as the server's id   */
    oauth_stream_id_t              covered;     /* a want up to it has its
                                                   answer, if it wants no more
                                                   than this                  */
    int64_t                        compared_since;
    oauth_stream_id_t              pass;        /* "compared" when this pass
                                                   over unsent entries began  */
    oauth_stream_id_t              drained;     /* "compared" of which all that
                                                   was missing is on the stream
                                                                              */
    oauth_stream_id_t              synced_id;   /* the time, as the server's id,
                                                   when this node was in sync */

    ngx_oauth_bus_node_t           nodes[NGX_OAUTH_BUS_PEERS];
};


#define ngx_oauth_bus_step(leader)                                            \
    ngx_post_event(&(leader)->step, &ngx_posted_events)


#endif /* NGX_OAUTH_BUS_STATE_H_INCLUDED */
