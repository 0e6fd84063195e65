
/*
 * Who asks whom for what is missing.  Random delays keep the nodes of a fleet
 * from doing the same at the same time: if another node has asked after the
 * loss, this one need not; and if another has put back what was accepted by a
 * node that is gone, a fresh comparison shows it.
 */


#include "ngx_oauth_bus_compare.h"
#include "ngx_oauth_bus_peers.h"
#include "ngx_oauth_bus_send.h"
#include "ngx_oauth_bus_want.h"
#include "ngx_oauth_event.h"


#define NGX_OAUTH_BUS_WANT_DELAY    500         /* ms, at most                */
#define NGX_OAUTH_BUS_WANT_PAUSE    10000       /* ms between two             */
#define NGX_OAUTH_BUS_WANT_SOON     1500        /* ms until each node that is
                                                   alive was heard            */
#define NGX_OAUTH_BUS_WANT_WAIT     20000       /* ms for answers             */
#define NGX_OAUTH_BUS_WANT_REST     5000        /* ms between comparisons for
                                                   others, at most            */
#define NGX_OAUTH_BUS_WANT_LEAST    5000        /* ms until what others have
                                                   accepted is put back       */
#define NGX_OAUTH_BUS_WANT_RANDOM   15000       /* ms more, at most           */


static void ngx_oauth_bus_want_prepare(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_want_wait(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id);
static void ngx_oauth_bus_want_send(ngx_oauth_bus_leader_t *leader);
static void ngx_oauth_bus_want_answer(ngx_oauth_bus_leader_t *leader);


void
ngx_oauth_bus_want_compared(ngx_oauth_bus_leader_t *leader)
{
    ngx_oauth_bus_compare_t  *compare;

    compare = &leader->compare;

    ngx_log_error(NGX_LOG_NOTICE, leader->log, 0,
                  "oauth: this node has compared its revocations with the %uL "
                  "records on the bus \"%V\"; missing there, and sent again: "
                  "%uL", compare->count, &leader->bus->server->url,
                  compare->missing);

    leader->status.comparisons++;
    leader->compared = compare->end;
    leader->covered = compare->end;

    if (oauth_stream_id_compare(&compare->time, &compare->end) > 0) {
        leader->compared = compare->time;
    }

    leader->compared_since = compare->since;
    leader->started = 0;
    leader->pass = leader->compared;
    leader->pass_failed = 0;
    leader->rung = 1;
    leader->keep = 1;

    /* Whoever repeats wants of others does not keep this node busy. */

    leader->answer_from = ngx_current_msec
                          + ngx_min(4 * (ngx_current_msec - compare->begun),
                                    NGX_OAUTH_BUS_WANT_REST);

    if (compare->foreign) {
        leader->restore_since = compare->since;
        leader->restore_at = ngx_current_msec + NGX_OAUTH_BUS_WANT_LEAST
                             + (ngx_msec_t) ngx_random()
                               % NGX_OAUTH_BUS_WANT_RANDOM;
    }

    if (compare->lost) {
        leader->unplaced = 0;

        ngx_oauth_bus_want_prepare(leader);
    }

    ngx_oauth_bus_compare_done(leader);
}


/*
 * If all that was ever added is there, the stream is another one, or the server
 * is: the others notice that, too, and need not be asked.  This node only waits
 * until they have compared.  Otherwise records were removed that only this node
 * may lack.
 */

static void
ngx_oauth_bus_want_prepare(ngx_oauth_bus_leader_t *leader)
{
    ngx_msec_t  earliest;

    leader->want = 0;
    leader->wanted = 0;

    if (!leader->fresh && leader->compare.count == leader->compare.added) {
        ngx_oauth_bus_want_wait(leader, &leader->synced_id);
        return;
    }

    leader->want = 1;
    leader->want_since = leader->compare.since;
    leader->want_at = ngx_current_msec
                      + (ngx_msec_t) ngx_random() % NGX_OAUTH_BUS_WANT_DELAY;

    earliest = leader->want_last + NGX_OAUTH_BUS_WANT_PAUSE;

    if (leader->want_last && !ngx_oauth_msec_passed(earliest)) {
        leader->want_at = earliest;
    }
}


/* Waits until the others have compared after this one; 0: not known yet. */

static void
ngx_oauth_bus_want_wait(ngx_oauth_bus_leader_t *leader,
    const oauth_stream_id_t *id)
{
    leader->want = 0;
    leader->wanted = 1;
    leader->want_id = *id;
    leader->want_from = ngx_current_msec + NGX_OAUTH_BUS_WANT_SOON;
    leader->want_until = ngx_current_msec + NGX_OAUTH_BUS_WANT_WAIT;
}


void
ngx_oauth_bus_want_step(ngx_oauth_bus_leader_t *leader)
{
    if (leader->want) {
        ngx_oauth_bus_want_send(leader);
    }

    if (leader->wanted
        && ngx_oauth_msec_passed(leader->want_from)
        && ((leader->want_id.ms
             && ngx_oauth_bus_peers_have_compared(leader, &leader->want_id))
            || ngx_oauth_msec_passed(leader->want_until)))
    {
        leader->wanted = 0;
        leader->answer_time = ngx_current_msec;
        leader->fresh = 0;
        leader->away = 0;
        leader->keep = 1;
    }

    if (leader->compare.state != NGX_OAUTH_BUS_COMPARE_NONE) {
        return;
    }

    if (leader->asked && ngx_oauth_msec_passed(leader->answer_from)) {
        ngx_oauth_bus_want_answer(leader);

    } else if (leader->restore_at && ngx_oauth_msec_passed(leader->restore_at))
    {
        leader->restore_at = 0;
        ngx_oauth_bus_compare_start(leader, 0, 1, leader->restore_since);

    } else {
        return;
    }

    ngx_oauth_bus_step(leader);
}


/* The clock of the node that has asked may be ahead of this one's. */

static void
ngx_oauth_bus_want_answer(ngx_oauth_bus_leader_t *leader)
{
    int64_t  since;

    since = (int64_t) ngx_time() - ngx_oauth_bus_send_horizon(leader);
    since = ngx_min(ngx_max(since, 0), leader->asked_since);

    leader->asked = 0;
    ngx_oauth_bus_compare_start(leader, 0, 0, since);
}


static void
ngx_oauth_bus_want_send(ngx_oauth_bus_leader_t *leader)
{
    static const oauth_stream_id_t  unknown;

    if (leader->heard && leader->heard_since <= leader->want_since) {
        ngx_oauth_bus_want_wait(leader, &leader->heard_id);

    } else if (ngx_oauth_msec_passed(leader->want_at)) {
        ngx_oauth_bus_want_wait(leader, &unknown);
        leader->want_last = ngx_current_msec;
        ngx_oauth_bus_send_want(leader);
    }
}


void
ngx_oauth_bus_want_again(ngx_oauth_bus_leader_t *leader)
{
    ngx_oauth_bus_compare_t  *compare;

    compare = &leader->compare;

    if (compare->state != NGX_OAUTH_BUS_COMPARE_NONE && !compare->lost) {

        if (compare->restore) {
            leader->restore_at = ngx_current_msec + 1;
            leader->restore_since = compare->since;

        } else {
            leader->asked_since = leader->asked
                                  ? ngx_min(leader->asked_since, compare->since)
                                  : compare->since;
            leader->asked = 1;
        }
    }

    ngx_oauth_bus_compare_done(leader);
}
