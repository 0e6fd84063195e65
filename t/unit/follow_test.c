
/*
 * A stream that is followed.  A model of a server loses records in each way
 * that a real one was seen to; a reader that lags, or does not, has to notice,
 * whether other records were added after that or not.  Then the same at random,
 * with answers that are late: every loss is noticed, and nothing else is.
 */


#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "oauth_follow.h"


#define FOLLOW_IDS     4096
#define FOLLOW_START   UINT64_C(1700000000000)
#define FOLLOW_SEEDS   300
#define FOLLOW_STEPS   600


typedef struct {
    oauth_stream_id_t      last;
    uint64_t               added;
    size_t                 n;
    oauth_stream_id_t      ids[FOLLOW_IDS];
} follow_stream_t;


typedef struct {
    unsigned char          run[OAUTH_STREAM_SERVER];
    uint64_t               clock;
    follow_stream_t        stream;
    follow_stream_t        dump;
} follow_server_t;


typedef enum {
    FOLLOW_NOTHING = 0,
    FOLLOW_RESTART_EMPTY,
    FOLLOW_RESTART_DUMP,
    FOLLOW_RESTART_WHOLE,
    FOLLOW_FLUSHALL,
    FOLLOW_DEL_CLOCK,                   /* and its clock is set back          */
    FOLLOW_RELOAD,                      /* of the old dump, in the same life  */
    FOLLOW_TRIM,                        /* all                                */
    FOLLOW_TRIM_SOME,                   /* all but the last 2                 */
    FOLLOW_XDEL,                        /* the last but one                   */
    FOLLOW_XDEL_LAST,
    FOLLOW_PROMOTED                     /* a replica that lacks the last 5    */
} follow_fault_t;


static follow_server_t  follow_server;


static void
follow_server_start(void)
{
    memset(&follow_server, 0, sizeof(follow_server_t));
    memset(follow_server.run, 'a', OAUTH_STREAM_SERVER);

    follow_server.clock = FOLLOW_START;
}


static void
follow_add(size_t n)
{
    follow_stream_t  *s;

    s = &follow_server.stream;

    for ( /* void */ ; n > 0; n--) {

        follow_server.clock += n % 3;

        if (follow_server.clock > s->last.ms) {
            s->last.ms = follow_server.clock;
            s->last.seq = 0;

        } else {
            s->last.seq++;
        }

        s->added++;

        assert_true(s->n < FOLLOW_IDS);
        s->ids[s->n++] = s->last;
    }
}


static void
follow_remove(size_t first, size_t n)
{
    follow_stream_t  *s;

    s = &follow_server.stream;

    memmove(s->ids + first, s->ids + first + n,
            (s->n - first - n) * sizeof(oauth_stream_id_t));
    s->n -= n;
}


static void
follow_fail(follow_fault_t fault)
{
    follow_stream_t  *s;

    s = &follow_server.stream;

    switch (fault) {

    case FOLLOW_NOTHING:
        break;

    case FOLLOW_RESTART_EMPTY:
        follow_server.run[0]++;
        memset(s, 0, sizeof(follow_stream_t));
        break;

    case FOLLOW_RESTART_DUMP:
        follow_server.run[0]++;
        *s = follow_server.dump;
        break;

    case FOLLOW_RESTART_WHOLE:
        follow_server.run[0]++;
        break;

    case FOLLOW_FLUSHALL:
        memset(s, 0, sizeof(follow_stream_t));
        break;

    case FOLLOW_DEL_CLOCK:
        memset(s, 0, sizeof(follow_stream_t));
        follow_server.clock -= 60000;
        break;

    case FOLLOW_RELOAD:
        *s = follow_server.dump;
        break;

    case FOLLOW_TRIM:
        follow_remove(0, s->n);
        break;

    case FOLLOW_TRIM_SOME:
        follow_remove(0, s->n - 2);
        break;

    case FOLLOW_XDEL:
        follow_remove(s->n - 2, 1);
        break;

    case FOLLOW_XDEL_LAST:
        follow_remove(s->n - 1, 1);
        break;

    case FOLLOW_PROMOTED:
        follow_server.run[0]++;
        s->n -= 5;
        s->added -= 5;
        s->last = s->ids[s->n - 1];
        break;
    }
}


/* The answer to INFO and XINFO. */

static void
follow_say(oauth_follow_sample_t *sample, int64_t time)
{
    memset(sample, 0, sizeof(oauth_follow_sample_t));

    memcpy(sample->server, follow_server.run, OAUTH_STREAM_SERVER);
    sample->last = follow_server.stream.last;
    sample->added = follow_server.stream.added;
    sample->time = time;
}


static size_t
follow_find_unread(const oauth_stream_id_t *id)
{
    size_t  i;

    for (i = 0; i < follow_server.stream.n; i++) {
        if (oauth_stream_id_compare(&follow_server.stream.ids[i], id) > 0) {
            break;
        }
    }

    return i;
}


static void
follow_start(oauth_follow_t *follow)
{
    oauth_stream_position_t  position;

    memset(&position, 0, sizeof(oauth_stream_position_t));

    memcpy(position.server, follow_server.run, OAUTH_STREAM_SERVER);
    position.id = follow_server.stream.last;
    position.added = follow_server.stream.added;

    memset(follow, 0xa5, sizeof(oauth_follow_t));
    oauth_follow_start(follow, &position);

    assert_int_equal(follow->agreed, 0);
    assert_int_equal(follow->pending, 0);
}


static oauth_follow_result_t
follow_sample(oauth_follow_t *follow, int64_t time)
{
    oauth_follow_sample_t  sample;

    follow_say(&sample, time);
    oauth_follow_ask(follow);

    return oauth_follow_sample(follow, &sample);
}


/* XREAD, with at most n records. */

static oauth_follow_result_t
follow_read(oauth_follow_t *follow, size_t n)
{
    size_t  i;

    i = follow_find_unread(&follow->at.id);

    for ( /* void */ ; n > 0 && i < follow_server.stream.n; n--, i++) {

        if (oauth_follow_record(follow, &follow_server.stream.ids[i])
            != OAUTH_FOLLOW_OK)
        {
            return OAUTH_FOLLOW_LOST;
        }
    }

    return OAUTH_FOLLOW_OK;
}


/* What a reader does, three seconds long, if nothing else happens. */

static oauth_follow_result_t
follow_settle(oauth_follow_t *follow, int64_t time)
{
    size_t  i;

    for (i = 0; i < 3; i++) {

        if (follow_sample(follow, time + (int64_t) i) != OAUTH_FOLLOW_OK
            || follow_read(follow, FOLLOW_IDS) != OAUTH_FOLLOW_OK)
        {
            return OAUTH_FOLLOW_LOST;
        }

        if (follow->pending
            && oauth_follow_none(follow, &follow->sample.last)
               != OAUTH_FOLLOW_OK)
        {
            return OAUTH_FOLLOW_LOST;
        }
    }

    assert_int_equal(follow->agreed, 1);
    assert_int_equal(follow->pending, 0);
    assert_int_equal(follow->time, time + 2);
    assert_int_equal(oauth_stream_id_compare(&follow->id,
                                             &follow_server.stream.last), 0);
    assert_int_equal(oauth_stream_id_compare(&follow->at.id, &follow->id), 0);

    return OAUTH_FOLLOW_OK;
}


/*
 * The stream has 30 records, of which the old dump has 20, when the reader has
 * read all but "lag".  A sample was taken at the end.
 */

static oauth_follow_result_t
follow_run(follow_fault_t fault, size_t lag, size_t news)
{
    oauth_follow_t  follow;

    follow_server_start();
    follow_start(&follow);

    follow_add(10);
    assert_int_equal(follow_settle(&follow, 1), OAUTH_FOLLOW_OK);

    follow_add(10);
    follow_server.dump = follow_server.stream;
    follow_add(10);

    assert_int_equal(follow_sample(&follow, 5), OAUTH_FOLLOW_OK);
    assert_int_equal(follow_read(&follow, 20 - lag), OAUTH_FOLLOW_OK);

    assert_int_equal(follow.pending, lag > 0);
    assert_int_equal(follow.time, lag ? 3 : 5);

    follow_fail(fault);
    follow_add(news);

    return follow_settle(&follow, 10);
}


static void
follow_faults(void **state)
{
    size_t  i, k;

    static const size_t  news[] = { 0, 1, 4, 5, 10, 14, 20, 30, 100 };

    static const struct {
        follow_fault_t         fault;
        size_t                 lag;
        oauth_follow_result_t  result;
    } cases[] = {

        /* nothing is lost */

        { FOLLOW_NOTHING, 0, OAUTH_FOLLOW_OK },
        { FOLLOW_NOTHING, 4, OAUTH_FOLLOW_OK },
        { FOLLOW_NOTHING, 20, OAUTH_FOLLOW_OK },
        { FOLLOW_TRIM, 0, OAUTH_FOLLOW_OK },
        { FOLLOW_TRIM_SOME, 0, OAUTH_FOLLOW_OK },
        { FOLLOW_TRIM_SOME, 2, OAUTH_FOLLOW_OK },
        { FOLLOW_XDEL, 0, OAUTH_FOLLOW_OK },
        { FOLLOW_XDEL, 1, OAUTH_FOLLOW_OK },
        { FOLLOW_XDEL_LAST, 0, OAUTH_FOLLOW_OK },

        /* a false alarm: a new life of the server cannot be trusted */

        { FOLLOW_RESTART_WHOLE, 0, OAUTH_FOLLOW_LOST },
        { FOLLOW_RESTART_WHOLE, 4, OAUTH_FOLLOW_LOST },

        { FOLLOW_RESTART_EMPTY, 0, OAUTH_FOLLOW_LOST },
        { FOLLOW_RESTART_EMPTY, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_RESTART_DUMP, 0, OAUTH_FOLLOW_LOST },
        { FOLLOW_RESTART_DUMP, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_RESTART_DUMP, 14, OAUTH_FOLLOW_LOST },
        { FOLLOW_FLUSHALL, 0, OAUTH_FOLLOW_LOST },
        { FOLLOW_FLUSHALL, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_FLUSHALL, 20, OAUTH_FOLLOW_LOST },
        { FOLLOW_DEL_CLOCK, 0, OAUTH_FOLLOW_LOST },
        { FOLLOW_DEL_CLOCK, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_RELOAD, 0, OAUTH_FOLLOW_LOST },
        { FOLLOW_RELOAD, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_RELOAD, 14, OAUTH_FOLLOW_LOST },
        { FOLLOW_TRIM, 1, OAUTH_FOLLOW_LOST },
        { FOLLOW_TRIM, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_TRIM, 20, OAUTH_FOLLOW_LOST },
        { FOLLOW_TRIM_SOME, 3, OAUTH_FOLLOW_LOST },
        { FOLLOW_XDEL, 2, OAUTH_FOLLOW_LOST },
        { FOLLOW_XDEL, 20, OAUTH_FOLLOW_LOST },
        { FOLLOW_XDEL_LAST, 1, OAUTH_FOLLOW_LOST },
        { FOLLOW_XDEL_LAST, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_PROMOTED, 0, OAUTH_FOLLOW_LOST },
        { FOLLOW_PROMOTED, 4, OAUTH_FOLLOW_LOST },
        { FOLLOW_PROMOTED, 14, OAUTH_FOLLOW_LOST }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (k = 0; k < sizeof(news) / sizeof(news[0]); k++) {

            if (follow_run(cases[i].fault, cases[i].lag, news[k])
                != cases[i].result)
            {
                fail_msg("fault %d, lag %zu, %zu new records",
                         (int) cases[i].fault, cases[i].lag, news[k]);
            }
        }
    }
}


/*
 * A sample waits until its last record was read, and newer ones do not push it
 * out; its time and its id are those that agree.
 */

static void
follow_pending(void **state)
{
    oauth_follow_t     follow;
    oauth_stream_id_t  last;

    (void) state;

    follow_server_start();
    follow_start(&follow);

    follow_add(10);
    last = follow_server.stream.last;

    assert_int_equal(follow_sample(&follow, 100), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 1);
    assert_int_equal(follow.agreed, 0);

    follow_add(10);
    assert_int_equal(follow_sample(&follow, 101), OAUTH_FOLLOW_OK);
    assert_int_equal(follow_read(&follow, 9), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 1);
    assert_int_equal(follow.agreed, 0);

    /* nothing up to here does not say that there is nothing more */

    assert_int_equal(oauth_follow_none(&follow, &follow.at.id),
                     OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 1);

    assert_int_equal(follow_read(&follow, 1), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 0);
    assert_int_equal(follow.agreed, 1);
    assert_int_equal(follow.time, 100);
    assert_int_equal(oauth_stream_id_compare(&follow.id, &last), 0);

    assert_int_equal(oauth_follow_none(&follow, &last), OAUTH_FOLLOW_OK);

    assert_int_equal(follow_sample(&follow, 102), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 1);
    assert_int_equal(follow.time, 100);
    assert_int_equal(follow_read(&follow, 20), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 0);
    assert_int_equal(follow.time, 102);
    assert_int_equal(follow.at.added, 20);

    /* nothing new */

    assert_int_equal(follow_sample(&follow, 103), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 0);
    assert_int_equal(follow.time, 103);
}


/* Records were read after the server was asked and before its answer was. */

static void
follow_late(void **state)
{
    size_t             news;
    oauth_follow_t     follow;
    oauth_follow_sample_t   sample;

    (void) state;

    for (news = 1; news < OAUTH_FOLLOW_RECENT + 10; news++) {

        follow_server_start();
        follow_add(3);
        follow_start(&follow);
        follow_add(4);
        assert_int_equal(follow_read(&follow, 2), OAUTH_FOLLOW_OK);

        oauth_follow_ask(&follow);
        follow_say(&sample, 100);
        follow_add(news);
        assert_int_equal(follow_read(&follow, 2 + news), OAUTH_FOLLOW_OK);

        assert_int_equal(oauth_follow_sample(&follow, &sample),
                         OAUTH_FOLLOW_OK);
        assert_int_equal(follow.pending, 0);
        assert_int_equal(follow.agreed, news < OAUTH_FOLLOW_RECENT);

        if (follow.agreed) {
            assert_int_equal(follow.time, 100);
            assert_int_equal(oauth_stream_id_compare(&follow.id, &sample.last),
                             0);
        }

        assert_int_equal(follow.at.added, 7 + news);
        assert_int_equal(oauth_stream_id_compare(&follow.at.id,
                                                 &follow_server.stream.last),
                         0);
        assert_int_equal(follow_settle(&follow, 101), OAUTH_FOLLOW_OK);
    }
}


/* The same, when one record was lost before the server answered. */

static void
follow_late_lost(void **state)
{
    size_t             news;
    oauth_follow_t     follow;
    oauth_follow_sample_t   sample;

    (void) state;

    for (news = 1; news < OAUTH_FOLLOW_RECENT; news++) {

        follow_server_start();
        follow_start(&follow);
        follow_add(4);

        oauth_follow_ask(&follow);
        follow_fail(FOLLOW_XDEL);
        follow_say(&sample, 100);
        follow_add(news);
        assert_int_equal(follow_read(&follow, FOLLOW_IDS), OAUTH_FOLLOW_OK);

        assert_int_equal(oauth_follow_sample(&follow, &sample),
                         OAUTH_FOLLOW_LOST);
    }
}


/* An old copy is not a late answer, although its number agrees with its id. */

static void
follow_not_late(void **state)
{
    oauth_follow_t     follow;
    oauth_follow_sample_t   sample;

    (void) state;

    /* it was asked when all had been read */

    follow_server_start();
    follow_start(&follow);
    follow_add(5);
    follow_say(&sample, 100);
    follow_add(5);
    assert_int_equal(follow_read(&follow, 10), OAUTH_FOLLOW_OK);
    oauth_follow_ask(&follow);
    assert_int_equal(oauth_follow_sample(&follow, &sample),
                     OAUTH_FOLLOW_LOST);

    /* nobody says when it was asked */

    follow_start(&follow);
    follow_say(&sample, 100);
    follow_add(5);
    assert_int_equal(follow_read(&follow, 5), OAUTH_FOLLOW_OK);
    assert_int_equal(oauth_follow_sample(&follow, &sample),
                     OAUTH_FOLLOW_LOST);

    /* that it was asked for counts for one sample */

    follow_start(&follow);
    assert_int_equal(follow_sample(&follow, 100), OAUTH_FOLLOW_OK);
    follow_say(&sample, 101);
    follow_add(5);
    assert_int_equal(follow_read(&follow, 5), OAUTH_FOLLOW_OK);
    assert_int_equal(oauth_follow_sample(&follow, &sample),
                     OAUTH_FOLLOW_LOST);
}


/* XSETID gives an id to no record; what was read is the same. */

static void
follow_set_id(void **state)
{
    oauth_follow_t  follow;

    (void) state;

    follow_server_start();
    follow_add(10);
    follow_start(&follow);

    follow_server.stream.last.ms += 7;

    assert_int_equal(follow_sample(&follow, 100), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 1);
    assert_int_equal(oauth_follow_none(&follow, &follow.sample.last),
                     OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 0);
    assert_int_equal(follow.time, 100);

    assert_int_equal(follow_sample(&follow, 101), OAUTH_FOLLOW_OK);
    assert_int_equal(follow.pending, 0);
    assert_int_equal(follow.time, 101);
}


/* What a server cannot say after what it has said. */

static void
follow_back(void **state)
{
    size_t             i;
    oauth_follow_t     follow;
    oauth_follow_sample_t   sample;

    (void) state;

    /* less than what was read since the last sample */

    for (i = 0; i < 2; i++) {

        follow_server_start();
        follow_start(&follow);
        follow_add(2 * OAUTH_FOLLOW_RECENT);
        assert_int_equal(follow_read(&follow, FOLLOW_IDS), OAUTH_FOLLOW_OK);

        follow_say(&sample, 100);

        if (i == 0) {
            sample.last = follow_server.stream.ids[10];
            sample.added++;

        } else {
            sample.last.ms++;
            sample.added--;
        }

        oauth_follow_ask(&follow);
        assert_int_equal(oauth_follow_sample(&follow, &sample),
                         OAUTH_FOLLOW_LOST);
    }

    /* less than the position, and less than a sample */

    for (i = 0; i < 4; i++) {

        follow_server_start();
        follow_add(10);
        follow_start(&follow);

        if (i >= 2) {
            follow_add(3);
            assert_int_equal(follow_sample(&follow, 100), OAUTH_FOLLOW_OK);
            assert_int_equal(follow.pending, 1);
        }

        follow_say(&sample, 101);
        assert_int_equal(oauth_follow_sample(&follow, &sample),
                         OAUTH_FOLLOW_OK);

        sample.last.ms -= i % 2;
        sample.added -= 1 - i % 2;

        assert_int_equal(oauth_follow_sample(&follow, &sample),
                         OAUTH_FOLLOW_LOST);
    }

    /* more than was read, and nothing to be read */

    follow_start(&follow);
    follow_say(&sample, 100);
    sample.added++;
    assert_int_equal(oauth_follow_sample(&follow, &sample),
                     OAUTH_FOLLOW_LOST);

    /* each character of the run id counts */

    for (i = 0; i < OAUTH_STREAM_SERVER; i++) {
        follow_start(&follow);
        follow_say(&sample, 100);
        sample.server[i]++;
        assert_int_equal(oauth_follow_sample(&follow, &sample),
                         OAUTH_FOLLOW_LOST);
    }

    /* a record that was read before */

    follow_start(&follow);
    assert_int_equal(oauth_follow_record(&follow, &follow_server.stream.last),
                     OAUTH_FOLLOW_LOST);

    follow_start(&follow);
    assert_int_equal(oauth_follow_record(&follow, follow_server.stream.ids),
                     OAUTH_FOLLOW_LOST);
}


/*
 * At random.  The reader has a command for a sample and an XREAD on their way,
 * each of which the server carries out at one step and the reader reads at a
 * later one.
 */

typedef enum {
    FOLLOW_IDLE = 0,
    FOLLOW_SENT,
    FOLLOW_DONE                         /* by the server                      */
} follow_phase_t;


typedef struct {
    uint64_t               random;
    int64_t                time;
    oauth_follow_t         follow;

    follow_phase_t         asking;
    oauth_follow_sample_t  sample;

    follow_phase_t         reading;
    size_t                 n;
    oauth_stream_id_t      ids[FOLLOW_IDS];

    oauth_stream_id_t      sampled;     /* the last one that was compared, or
                                           is pending                         */
    int                    asked;       /* XREAD was sent for one, of "about" */
    int64_t                about;

    int                    lost;        /* something is                       */
    size_t                 losses;      /* that were noticed                  */
    size_t                 late;        /* answers that were                  */
} follow_world_t;


static follow_world_t  follow_world;


/* xorshift64*; below n */

static uint64_t
follow_random(uint64_t n)
{
    follow_world.random ^= follow_world.random >> 12;
    follow_world.random ^= follow_world.random << 25;
    follow_world.random ^= follow_world.random >> 27;

    return (follow_world.random * UINT64_C(2685821657736338717) >> 33) % n;
}


/* The reader knows of the loss, and begins again. */

static void
follow_again(follow_world_t *w)
{
    follow_start(&w->follow);

    w->sampled = w->follow.at.id;
    w->asking = FOLLOW_IDLE;
    w->reading = FOLLOW_IDLE;
    w->lost = 0;

    follow_server.dump = follow_server.stream;
}


static void
follow_check(follow_world_t *w, oauth_follow_result_t result)
{
    if (result == OAUTH_FOLLOW_LOST) {
        assert_true(w->lost);
        w->losses++;
        follow_again(w);
    }
}


static void
follow_step_sample(follow_world_t *w)
{
    oauth_follow_result_t  result;

    switch (w->asking) {

    case FOLLOW_IDLE:
        oauth_follow_ask(&w->follow);
        w->sample.time = w->time++;
        w->asking = FOLLOW_SENT;
        break;

    case FOLLOW_SENT:
        follow_say(&w->sample, w->sample.time);
        w->asking = FOLLOW_DONE;
        break;

    case FOLLOW_DONE:
        w->asking = FOLLOW_IDLE;
        w->late += oauth_stream_id_compare(&w->sample.last, &w->follow.at.id)
                   < 0;

        result = oauth_follow_sample(&w->follow, &w->sample);

        if (w->follow.pending
            && w->follow.sample.time == w->sample.time)
        {
            w->sampled = w->sample.last;
        }

        follow_check(w, result);
        break;
    }
}


static void
follow_step_read(follow_world_t *w)
{
    size_t                  i;
    oauth_follow_result_t   result;

    switch (w->reading) {

    case FOLLOW_IDLE:
        w->asked = w->follow.pending;
        w->about = w->follow.sample.time;
        w->reading = FOLLOW_SENT;
        break;

    case FOLLOW_SENT:
        i = follow_find_unread(&w->follow.at.id);
        w->n = follow_server.stream.n - i;
        w->n = (w->n > 0) ? 1 + follow_random(w->n) : 0;

        memcpy(w->ids, follow_server.stream.ids + i,
               w->n * sizeof(oauth_stream_id_t));
        w->reading = FOLLOW_DONE;
        break;

    case FOLLOW_DONE:
        w->reading = FOLLOW_IDLE;
        result = OAUTH_FOLLOW_OK;

        for (i = 0; i < w->n && result == OAUTH_FOLLOW_OK; i++) {
            result = oauth_follow_record(&w->follow, &w->ids[i]);
        }

        if (w->n == 0 && w->asked && w->follow.pending
            && w->follow.sample.time == w->about)
        {
            result = oauth_follow_none(&w->follow, &w->follow.sample.last);
        }

        follow_check(w, result);
        break;
    }
}


/* The last record that the reader has, or that is on its way to it. */

static const oauth_stream_id_t *
follow_cursor(const follow_world_t *w)
{
    return (w->reading == FOLLOW_DONE && w->n > 0) ? &w->ids[w->n - 1]
                                                   : &w->follow.at.id;
}


/* Whether what follows the id was read, is on its way, or was in a sample. */

static int
follow_is_known(const follow_world_t *w, const oauth_stream_id_t *id)
{
    return oauth_stream_id_compare(follow_cursor(w), id) > 0
           || oauth_stream_id_compare(&w->sampled, id) > 0;
}


/*
 * Whether the fault loses something that can be noticed: 1, 0, or -1: what is
 * lost was as good as never there, or the fault is not possible.
 */

static int
follow_is_loss(const follow_world_t *w, follow_fault_t fault)
{
    size_t                   unread;
    const follow_stream_t   *s, *dump;

    static const oauth_stream_id_t  zero;

    s = &follow_server.stream;
    dump = &follow_server.dump;
    unread = s->n - follow_find_unread(follow_cursor(w));

    switch (fault) {

    case FOLLOW_RESTART_EMPTY:
    case FOLLOW_RESTART_DUMP:
    case FOLLOW_RESTART_WHOLE:
        return 1;

    case FOLLOW_PROMOTED:
        return (s->n > 5) ? 1 : -1;

    case FOLLOW_FLUSHALL:
    case FOLLOW_DEL_CLOCK:
        return follow_is_known(w, &zero) ? 1 : -1;

    case FOLLOW_RELOAD:
        return (dump->added == s->added) ? 0
               : follow_is_known(w, &dump->last) ? 1 : -1;

    case FOLLOW_TRIM:
        return unread > 0;

    case FOLLOW_TRIM_SOME:
        return (s->n >= 2) ? unread > 2 : -1;

    case FOLLOW_XDEL:
        return (s->n >= 2) ? unread > 1 : -1;

    case FOLLOW_XDEL_LAST:
        return (s->n >= 1) ? unread > 0 : -1;

    default:
        return 0;
    }
}


static void
follow_step_fault(follow_world_t *w)
{
    int             loss;
    follow_fault_t  fault;

    fault = (follow_fault_t) follow_random(FOLLOW_PROMOTED + 1);
    loss = follow_is_loss(w, fault);

    /* One at a time: another could bring back what is lost. */

    if (loss < 0 || w->lost) {
        return;
    }

    if (fault == FOLLOW_RESTART_EMPTY || fault == FOLLOW_RESTART_DUMP
        || fault == FOLLOW_RESTART_WHOLE || fault == FOLLOW_PROMOTED)
    {
        w->asking = FOLLOW_IDLE;
        w->reading = FOLLOW_IDLE;
    }

    follow_server.clock += 5;
    follow_fail(fault);

    w->lost = loss;
}


static void
follow_step(follow_world_t *w)
{
    switch (follow_random(16)) {

    case 0:
        if (follow_random(12) == 0) {
            follow_step_fault(w);
        }

        break;

    case 1:
        if (follow_random(20) == 0) {
            follow_server.dump = follow_server.stream;
        }

        break;

    case 2:
    case 3:
    case 4:
    case 5:
        follow_add(1 + follow_random(3));
        break;

    case 6:
    case 7:
    case 8:
    case 9:
        follow_step_sample(w);
        break;

    default:
        follow_step_read(w);
        break;
    }
}


static void
follow_simulate(follow_world_t *w, uint64_t seed)
{
    size_t  i, losses;

    w->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    w->time = 1;

    follow_server_start();
    follow_add(follow_random(3));
    follow_again(w);

    for (i = 0; i < FOLLOW_STEPS; i++) {
        follow_step(w);
    }

    while (w->asking != FOLLOW_IDLE) {
        follow_step_sample(w);
    }

    while (w->reading != FOLLOW_IDLE) {
        follow_step_read(w);
    }

    losses = (size_t) w->lost;

    if (follow_settle(&w->follow, w->time) != OAUTH_FOLLOW_OK) {
        assert_true(w->lost);
        w->losses++;
        losses--;
    }

    assert_int_equal(losses, 0);
}


static void
follow_simulation(void **state)
{
    uint64_t  seed;

    (void) state;

    memset(&follow_world, 0, sizeof(follow_world_t));

    for (seed = 1; seed <= FOLLOW_SEEDS; seed++) {
        follow_simulate(&follow_world, seed);
    }

    print_message("%zu losses, %zu late answers\n", follow_world.losses,
                  follow_world.late);

    assert_true(follow_world.losses > FOLLOW_SEEDS);
    assert_true(follow_world.late > FOLLOW_SEEDS);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(follow_faults),
        cmocka_unit_test(follow_pending),
        cmocka_unit_test(follow_late),
        cmocka_unit_test(follow_late_lost),
        cmocka_unit_test(follow_not_late),
        cmocka_unit_test(follow_set_id),
        cmocka_unit_test(follow_back),
        cmocka_unit_test(follow_simulation)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
