
/*
 * A snapshot of what the module is doing, and its three written forms: JSON for
 * programs, the text format of Prometheus, and a page for people.  Whoever has
 * a snapshot filled in owns what it refers to.  It has no token and no subject.
 *
 * All times are in seconds, unless ms are written.  A time that is not known,
 * or that does not apply, is OAUTH_STATUS_NEVER.
 */


#ifndef OAUTH_STATUS_H_INCLUDED
#define OAUTH_STATUS_H_INCLUDED


#include "oauth_readiness.h"
#include "oauth_revocation_kind.h"


#define OAUTH_STATUS_NEVER    (-1)
#define OAUTH_STATUS_MINUTES  60
#define OAUTH_STATUS_NODE     9         /* bytes: 8 hex digits and a zero     */

/* The Content-Type of the metrics. */

#define OAUTH_STATUS_METRICS  "text/plain; version=0.0.4; charset=utf-8"

/* The Content-Security-Policy of the page: see OAUTH_PAGE_POLICY. */

#define OAUTH_STATUS_POLICY                                                   \
    "default-src 'none'; "                                                    \
    "style-src 'sha256-gqUAJlXZJvJDHNEVilOG9qoX1T20fcii5abxS48fg/M='; "       \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


typedef struct {
    uint64_t                        admitted;
    uint64_t                        refused;
    uint64_t                        overruled;  /* refused, and then let in by
                                                   another module             */
    uint64_t                        dry;        /* refused, if it were not for a
                                                   dry run                    */
} oauth_status_requests_t;


/* The states of an issuer's keys, as docs/status.md describes them. */

typedef enum {
    OAUTH_STATUS_NONE = 0,          /* there were never any                   */
    OAUTH_STATUS_FRESH,
    OAUTH_STATUS_FAILING,           /* usable, but the last fetch failed      */
    OAUTH_STATUS_EXPIRED,           /* too old to be used                     */
    OAUTH_STATUS_FILE,              /* usable, from a file                    */

    OAUTH_STATUS_STATES
} oauth_status_state_t;


/* Questions about tokens (RFC 7662). */

typedef struct {
    uint64_t                        asked;
    uint64_t                        active;     /* good tokens                */
    uint64_t                        inactive;   /* and all others             */
    uint64_t                        failed;     /* no answer could be used    */
    uint64_t                        msec;       /* that all questions took    */
    uint64_t                        waits;      /* of requests, for an answer */
} oauth_status_introspection_t;


typedef struct {
    oauth_str_t                     name;       /* of the block               */
    oauth_str_t                     issuer;
    oauth_status_state_t            state;
    size_t                          nkeys;      /* usable ones                */
    size_t                          nskipped;   /* others in the set          */
    int64_t                         age;        /* since keys were fetched    */
    int64_t                         refresh;    /* until the next fetch       */
    int64_t                         expiry;     /* until the keys cannot be
                                                   used any more              */
    unsigned                        introspects:1;
    unsigned                        counted:1;  /* it has numbers of its own:
                                                   the next six               */
    oauth_status_requests_t         requests;
    uint64_t                        fetched;    /* rounds that brought keys   */
    uint64_t                        failed;     /* rounds that brought none   */
    uint64_t                        msec;       /* that all rounds took       */
    uint64_t                        waits;      /* of requests, for a fetch   */
    oauth_status_introspection_t    introspection;

    int64_t                         error_age;
    oauth_str_t                     error;      /* the last one, in words     */

    unsigned                        checked:1;  /* there was metadata to read */
    oauth_readiness_t               readiness;
} oauth_status_issuer_t;


typedef struct {
    oauth_str_t                     url;
    unsigned                        counted:1;
    oauth_status_requests_t         requests;
} oauth_status_resource_t;


/* The store of revocations. */

typedef struct {
    unsigned                        usable:1;
    oauth_str_t                     error;      /* why it is not, in words    */
    uint64_t                        entries[OAUTH_REVOCATION_KINDS];
    uint64_t                        messages;   /* whose jti is remembered    */
    int64_t                         oldest;     /* since the oldest entry was
                                                   accepted                   */
    uint64_t                        size;       /* bytes that it may take     */
    uint64_t                        used;
    uint64_t                        commits;
    int64_t                         committed;  /* since the last commit      */
} oauth_status_revocation_t;


/* Another node of the fleet. */

typedef struct {
    oauth_str_t                     name;
    char                            node[OAUTH_STATUS_NODE];    /* as below   */
    int64_t                         heard;      /* ms since then              */
    int64_t                         skew;       /* by which its clock is ahead
                                                   of that of the bus         */
} oauth_status_peer_t;


typedef enum {
    OAUTH_STATUS_BUS_OFFLINE = 0,       /* not connected                      */
    OAUTH_STATUS_BUS_CATCHING_UP,       /* connected, and not in sync yet     */
    OAUTH_STATUS_BUS_ONLINE,            /* in sync                            */

    OAUTH_STATUS_BUS_STATES
} oauth_status_bus_state_t;


/* The bus between the nodes of a fleet. */

typedef struct {
    oauth_status_bus_state_t        state;
    uint64_t                        leader;     /* process id; 0: none        */
    char                            node[OAUTH_STATUS_NODE];    /* the first
                                                   hex digits of this node's id,
                                                   and a zero byte; may be
                                                   empty                      */
    int64_t                         silence;    /* ms since this node knew that
                                                   it had all that is on the bus
                                                                              */
    int64_t                         lag;        /* ms from sending to reading
                                                   back                       */
    uint64_t                        unsent;     /* entries                    */
    int64_t                         waiting;    /* ms for which there have been
                                                   some, and none got through */
    int64_t                         skew;       /* of this node, as of a peer */
    oauth_str_t                     cursor;     /* the id of the last record  */
    uint64_t                        sent;       /* records                    */
    uint64_t                        received;   /* entries that were new here */
    uint64_t                        bad;        /* records                    */
    uint64_t                        comparisons;
    uint64_t                        losses;
    uint64_t                        connects;
    int64_t                         error_age;
    oauth_str_t                     error;      /* the last one, in words     */
    const oauth_status_peer_t      *peers;
    size_t                          npeers;
} oauth_status_bus_t;


typedef struct {
    oauth_str_t                     version;    /* of the module              */
    int64_t                         time;       /* since the epoch            */
    int64_t                         started;    /* the same; when the counters
                                                   were all zero              */
    oauth_status_requests_t         requests;
    uint64_t                        reasons[OAUTH_REASONS];
    uint64_t                        dry_reasons[OAUTH_REASONS];
                                                /* in dry runs                */
    uint64_t                        refused[OAUTH_STATUS_MINUTES];
                                                /* in each minute, the current
                                                   one last                   */
    uint64_t                        hits;       /* tokens that were known     */
    uint64_t                        misses;     /* tokens that were verified  */
    size_t                          cache;      /* entries of each worker     */
    uint64_t                        ended;      /* running responses, because
                                                   their token was not good
                                                   any more                   */
    const oauth_status_revocation_t  *revocation;   /* NULL: there is no store
                                                                              */
    const oauth_status_bus_t       *bus;        /* NULL: there is none        */
    size_t                          zone_size;  /* bytes for keys and metadata
                                                                              */
    size_t                          zone_used;
    uint64_t                        replay;     /* used DPoP proofs that are
                                                   remembered                 */
    uint64_t                        replay_room;    /* for how many there is
                                                   room; 0: none is needed    */

    const oauth_status_issuer_t    *issuers;
    size_t                          nissuers;
    const oauth_status_resource_t  *resources;
    size_t                          nresources;
} oauth_status_t;


/* Returns the name of a state: "fresh". */

const char *oauth_status_state(oauth_status_state_t state);

/* These append the whole text.  Where memory is short, buf->failed is set. */

void oauth_status_write_json(oauth_buf_t *buf, const oauth_status_t *status);
void oauth_status_write_metrics(oauth_buf_t *buf,
    const oauth_status_t *status);
void oauth_status_write_page(oauth_buf_t *buf, const oauth_status_t *status);


#endif /* OAUTH_STATUS_H_INCLUDED */
