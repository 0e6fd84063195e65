
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
#define NGX_OAUTH_BUS_TICK    1000      /* ms                                 */
#define NGX_OAUTH_BUS_ALIVE   5000      /* ms since the last heartbeat of a
                                           node that is alive                 */


typedef struct ngx_oauth_bus_leader_s  ngx_oauth_bus_leader_t;


/* In the shared memory.  The last part is read and written with the mutex. */

typedef struct {
    ngx_atomic_t                   synced;      /* as of ngx_oauth_bus_silence:
                                                   ms, 0: never               */
    ngx_atomic_t                   online;      /* there is a connection      */

    ngx_pid_t                      leader;      /* 0: none                    */
    ngx_msec_t                     until;       /* when its lease ends        */
    ngx_oauth_bus_status_t         status;      /* "heard" of a peer, and
                                                   "waiting", are since when,
                                                   and not for how long; 0: not
                                                   at all                     */
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
    int64_t                        longest;     /* seconds, as of
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
    unsigned                       asked:1;     /* a page                     */
    unsigned                       full:1;      /* the set was too small      */
    unsigned                       foreign:1;   /* entries of others are missing
                                                                              */
    int64_t                        since;       /* as of a want               */
    oauth_stream_id_t              end;         /* the last record to read    */
    oauth_stream_id_t              time;        /* of the server when it began
                                                                              */
    uint64_t                       added;       /* to the stream, up to it    */
    oauth_stream_id_t              at;          /* the last one that was read */
    uint64_t                       count;       /* of those that were read    */
    uint64_t                       missing;     /* entries to be sent again   */
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
                                                /* as the reader's says       */
    u_char                         node[OAUTH_RECORD_NODE];

    unsigned                       reader_ready:1;
    unsigned                       commands_ready:1;
    unsigned                       server_known:1;
    unsigned                       following:1; /* from a position on         */
    unsigned                       reading:1;   /* an XREAD is unanswered     */
    unsigned                       sampling:1;  /* so is an XINFO             */
    unsigned                       sampled:1;   /* "next" is complete         */
    unsigned                       probing:1;   /* so is a look at a gap      */
    unsigned                       broken:1;    /* the session is to be begun
                                                   again                      */
    unsigned                       lost:1;      /* the session is to be begun
                                                   so, without position       */
    unsigned                       unplaced:1;  /* the store has no position
                                                   that is good               */
    unsigned                       forget:1;    /* it has to be told so       */
    unsigned                       away:1;      /* perhaps for longer than
                                                   records stay               */
    unsigned                       fresh:1;     /* this node has never been in
                                                   sync                       */
    unsigned                       keep:1;      /* the position is to be kept,
                                                   also without entries       */
    unsigned                       writing:1;   /* a commit runs              */
    unsigned                       failed:1;    /* it has to be tried again   */
    unsigned                       round:1;     /* entries were sent, and have
                                                   to be read back            */
    unsigned                       pass_failed:1;   /* some were not          */
    unsigned                       rung:1;      /* there may be unsent ones   */
    unsigned                       refused:1;   /* it takes no records        */
    unsigned                       want:1;      /* is to be sent              */
    unsigned                       wanted:1;    /* answers are awaited        */
    unsigned                       asked:1;     /* another node wants         */
    unsigned                       heard:1;     /* one has, since the loss    */
    unsigned                       idle:1;      /* read at the next tick      */
    unsigned                       closing:1;   /* free it after the commit   */
    unsigned                       down:1;      /* was logged                 */

    /* reading */

    oauth_follow_t                 follow;
    oauth_follow_sample_t          sample;      /* the newest                 */
    oauth_follow_sample_t          next;        /* that is asked for          */
    oauth_stream_id_t              probe;       /* where the look began       */
    uint64_t                       length;      /* of the stream              */
    oauth_stream_id_t              heartbeats;  /* read up to here            */
    ngx_msec_t                     behind;      /* since when the oldest sample
                                                   waits                      */
    ngx_msec_t                     read_at;     /* when the XREAD was sent    */

    ngx_msec_t                     complained;  /* when to log a bad record
                                                   again                      */

    /* delivering */

    ngx_oauth_bus_batch_t         *batch;       /* is filled                  */
    ngx_oauth_bus_batch_t         *written;     /* is in the commit           */
    ngx_oauth_bus_batch_t          batches[2];
    oauth_revocation_t             unsent[NGX_OAUTH_BUS_ROUND];
    ngx_uint_t                     nunsent;
    ngx_oauth_store_bus_commit_t   commit;
    oauth_stream_position_t        position;    /* of the commit              */
    oauth_stream_id_t              writing_to;  /* all up to it is in it      */
    oauth_stream_id_t              committed;   /* all up to it is on disk    */
    ngx_msec_t                     again;       /* when to try a commit again */

    /* sending */

    ngx_uint_t                     left;        /* of the round               */
    ngx_msec_t                     round_until;
    ngx_uint_t                     started;     /* "after" is set             */
    u_char                         after[OAUTH_REVOCATION_KEY];
    uint64_t                       number;      /* of the last heartbeat      */
    ngx_msec_t                     beaten;      /* when it was sent           */
    int64_t                        server_time; /* ms, when it was "answered" */
    ngx_msec_t                     answered;    /* 0: never                   */
    ngx_msec_t                     trimmed;     /* when the stream was        */

    /* comparing */

    ngx_oauth_bus_compare_t        compare;
    int64_t                        asked_since; /* what the others want       */
    oauth_stream_id_t              heard_id;    /* the last want of another   */
    int64_t                        heard_since;
    ngx_msec_t                     answer_from; /* when to compare for others */
    int64_t                        want_since;
    ngx_msec_t                     want_at;     /* when to send it            */
    ngx_msec_t                     want_from;   /* when to look for answers   */
    ngx_msec_t                     want_until;  /* how long to wait           */
    ngx_msec_t                     want_last;   /* when the last was sent; 0:
                                                   never                      */
    oauth_stream_id_t              want_id;     /* 0: not known yet           */
    ngx_msec_t                     answer_time; /* when all had answered      */
    ngx_msec_t                     restore_at;  /* 0: nothing is to be restored
                                                                              */
    int64_t                        restore_since;
    oauth_stream_id_t              compared;    /* when, as the server's id   */
    oauth_stream_id_t              covered;     /* a want up to it has its
                                                   answer, if it wants no more
                                                   than this                  */
    int64_t                        compared_since;
    oauth_stream_id_t              pass;        /* of the last one when sending
                                                   began with the first key   */
    oauth_stream_id_t              drained;     /* of the one after which all
                                                   that was missing was sent  */
    oauth_stream_id_t              synced;      /* the time, as the server's id,
                                                   when this node was in sync */

    ngx_oauth_bus_node_t           nodes[NGX_OAUTH_BUS_PEERS];
};


#define ngx_oauth_bus_step(leader)                                            \
    ngx_post_event(&(leader)->step, &ngx_posted_events)

/* 1 if the time, in ms, has come. */

#define ngx_oauth_bus_is_past(time)                                           \
    ((ngx_msec_int_t) (ngx_current_msec - (time)) >= 0)


#endif /* NGX_OAUTH_BUS_STATE_H_INCLUDED */
