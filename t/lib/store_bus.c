/*
 * What a store does for the bus of a fleet, without nginx and without a bus:
 * which entries are unsent, what reading them back changes, what an entry of
 * another node changes, and what is kept when the store is full, is opened
 * again, or has no bus.  A long run of random steps is compared with a model.
 *
 *   store_bus                      prints TAP
 *   store_bus speed ENTRIES BATCH  prints how fast entries of other nodes are
 *                                  written to the disk of $TMPDIR
 */


#include "store_fixture.h"


#define STORE_STEPS  6000
#define STORE_KEYS   24
#define STORE_SHORT  20                 /* seconds: the lifetime in the model */

#define KIND         OAUTH_REVOCATION_SUBJECT
#define CLIENT       OAUTH_REVOCATION_CLIENT
#define TOKEN        OAUTH_REVOCATION_TOKEN
#define USED         OAUTH_REVOCATION_USED
#define ALWAYS       OAUTH_REVOCATION_ALWAYS
#define NOW          STORE_NOW


static oauth_stream_position_t
position(const char *server, uint64_t ms, uint64_t added)
{
    oauth_stream_position_t  p;

    memset(&p, 0, sizeof(p));
    strncpy((char *) p.server, server, OAUTH_STREAM_SERVER);
    p.id.ms = ms;
    p.id.seq = 3;
    p.added = added;

    return p;
}


static ngx_int_t
read_position(store_fixture_t *f, oauth_stream_position_t *p)
{
    ngx_int_t  rc;

    (void) store_epoch(f);
    rc = ngx_oauth_store_bus_position(&f->store, p);
    ngx_oauth_store_reset(&f->store);

    return rc;
}


static ngx_uint_t
read_unsent(store_fixture_t *f, const u_char *after,
    oauth_revocation_t *entries, ngx_uint_t n)
{
    ngx_int_t  rc;

    (void) store_epoch(f);
    rc = ngx_oauth_store_bus_read_unsent(&f->store, after, entries, &n);
    ngx_oauth_store_reset(&f->store);

    return rc == NGX_OK ? n : 1000000;
}


static ngx_int_t
read_range(store_fixture_t *f, const u_char *after, int64_t since,
    ngx_uint_t foreign, oauth_revocation_t *entries, ngx_uint_t *n,
    u_char *next)
{
    ngx_int_t                    rc;
    ngx_oauth_store_bus_range_t  range;

    range.after = after;
    range.since = since;
    range.now = ngx_time();
    range.foreign = foreign;

    (void) store_epoch(f);
    rc = ngx_oauth_store_bus_read(&f->store, &range, entries, n, next);
    ngx_oauth_store_reset(&f->store);

    return rc;
}


/* How many of the entries that may be sent are there. */

static ngx_uint_t
count_range(store_fixture_t *f, int64_t since, ngx_uint_t foreign)
{
    u_char              next[OAUTH_REVOCATION_KEY];
    ngx_uint_t          n;
    oauth_revocation_t  entries[256];

    n = 256;

    return read_range(f, NULL, since, foreign, entries, &n, next) == NGX_DONE
           ? n : 1000000;
}


static int
same(const oauth_revocation_t *a, const oauth_revocation_t *b)
{
    return memcmp(a->key, b->key, OAUTH_REVOCATION_KEY) == 0
           && a->cut == b->cut && a->end == b->end && a->time == b->time;
}


/* --- entries of this node -------------------------------------------------- */

static void
without_bus(void)
{
    int64_t           end;
    store_fixture_t  *f;

    f = store_create(0, STORE_SIZE, 0);
    end = NOW + 100;

    store_is(store_accept(f, store_entry(KIND, 1, NOW, 0, NOW)),
             NGX_OAUTH_STORE_DONE, "without a bus: an entry is accepted");
    (void) store_accept(f, store_entry(TOKEN, 1, ALWAYS, end, NOW));

    store_is(store_count(f, KIND) + store_count(f, TOKEN), 2, "... and kept");
    store_is(store_count(f, NGX_OAUTH_STORE_ROW_UNSENT), 0,
             "... without a row that says it is unsent");
    store_is(store_count(f, NGX_OAUTH_STORE_ROW_READ), 0,
             "... or a position");
    store_is(store_count_unsent(f), 0, "... and none is counted");

    store_free(f);
}


static void
accepted(void)
{
    u_char               node[NGX_OAUTH_STORE_BUS_NODE];
    uint64_t             n;
    store_fixture_t     *f;
    oauth_revocation_t   a, b, c, d, used, read[8];

    f = store_create(1, STORE_SIZE, 0);

    (void) store_epoch(f);
    store_is(ngx_oauth_store_bus_node(&f->store, node, &n), NGX_DECLINED,
             "a store has no id before it was founded");
    ngx_oauth_store_reset(&f->store);

    a = store_entry(KIND, 1, NOW, 0, NOW);
    b = store_entry(CLIENT, 2, NOW, NOW + 500, NOW);
    c = store_entry(TOKEN, 3, ALWAYS, ALWAYS, NOW);
    d = store_entry(TOKEN, 4, ALWAYS, 0, NOW - 1);
    used = store_entry(USED, 5, ALWAYS, NOW + 500, NOW);

    (void) store_accept(f, a);
    (void) store_accept(f, c);
    (void) store_accept(f, b);
    (void) store_accept(f, d);
    (void) store_accept(f, used);

    (void) store_epoch(f);
    store_ok(ngx_oauth_store_bus_node(&f->store, node, &n) == NGX_OK
             && node[0] == 1 && node[15] == 7, "then its id is that of the "
             "node");
    ngx_oauth_store_reset(&f->store);

    store_ok(store_is_unsent(f, a) == 1 && store_is_unsent(f, b) == 1
             && store_is_unsent(f, c) == 1 && store_is_unsent(f, d) == 1,
             "what was accepted is unsent");
    store_is(store_is_unsent(f, used), 0, "a used jti is not");
    store_is(store_count(f, USED), 1, "... though it is there");
    store_is(store_count_unsent(f), 4, "they are counted");

    store_is(read_unsent(f, NULL, read, 8), 4, "they are read");
    store_ok(same(&read[0], &a), "... an open end as 0");
    store_ok(same(&read[1], &b), "... another end as it is");
    store_ok((same(&read[2], &c) || same(&read[3], &c))
             && (same(&read[2], &d) || same(&read[3], &d)),
             "... and one that is never over, as such");

    store_is(read_unsent(f, NULL, read, 3), 3, "as many as there is room for");
    store_is(read_unsent(f, read[2].key, read, 8), 1, "... then the others");
    store_is(read_unsent(f, read[0].key, read, 8), 0, "... and then none");

    store_reopen(f);
    store_is(store_count_unsent(f), 4, "they are unsent when the store is "
             "opened again");

    store_free(f);
}


/* What makes an entry that was sent unsent again. */

static void
changed(void)
{
    ngx_uint_t        i;
    store_fixture_t  *f;

    static const struct {
        const char  *name;
        int64_t      cut, end, time;    /* before                             */
        int64_t      next, later, then;
        int          unsent;
    } cases[] = {
        { "the same entry again", NOW, 0, NOW, NOW, 0, NOW, 0 },
        { "the same entry, accepted later",
          NOW, 0, NOW, NOW, 0, NOW + 9, 0 },
        { "an earlier cut", NOW, 0, NOW, NOW - 9, 0, NOW, 0 },
        { "a later cut", NOW, 0, NOW, NOW + 1, 0, NOW, 1 },
        { "an earlier end",
          NOW, NOW + 50, NOW, NOW, NOW + 49, NOW, 0 },
        { "a later end", NOW, NOW + 50, NOW, NOW, NOW + 51, NOW, 1 },
        { "an open end", NOW, NOW + 50, NOW, NOW, 0, NOW, 1 },
        { "an end after an open one",
          NOW, 0, NOW, NOW, NOW + 50, NOW, 0 },
        { "an end that is never",
          NOW, NOW + 50, NOW, NOW, ALWAYS, NOW, 1 },
        { "an open end without a cut, accepted later",
          ALWAYS, 0, NOW, ALWAYS, 0, NOW + 9, 1 },
        { "an end without a cut, accepted later",
          ALWAYS, NOW + 50, NOW, ALWAYS, NOW + 50, NOW + 9, 0 },
    };

    f = store_create(1, STORE_SIZE, 0);

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        oauth_revocation_t  entry, again;

        entry = store_entry(KIND, i, cases[i].cut, cases[i].end,
                            cases[i].time);
        again = store_entry(KIND, i, cases[i].next, cases[i].later,
                            cases[i].then);

        (void) store_accept(f, entry);
        (void) store_read_one(f, entry);

        if (store_is_unsent(f, entry) != 0) {
            store_ok(0, "it was sent");
        }

        (void) store_accept(f, again);
        store_is(store_is_unsent(f, entry), cases[i].unsent, cases[i].name);
    }

    store_free(f);
}


/* --- what comes back ------------------------------------------------------- */

static void
read_back(void)
{
    oauth_revocation_t             entry, later, read[2];
    store_fixture_t               *f;
    ngx_oauth_store_row_t          row;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, STORE_SIZE, 0);

    entry = store_entry(KIND, 1, NOW, 0, NOW);
    (void) store_accept(f, entry);

    c = store_read_one(f, store_entry(KIND, 1, NOW - 1, 0, NOW - 1));
    store_ok(c.result == NGX_OAUTH_STORE_DONE && c.sent == 0 && c.news == 0
             && store_is_unsent(f, entry) == 1,
             "an older record leaves it unsent");

    c = store_read_one(f, store_entry(KIND, 1, NOW, NOW + 9, NOW));
    store_is(store_is_unsent(f, entry), 1, "so does one with less of an end");

    c = store_read_one(f, entry);
    store_ok(c.result == NGX_OAUTH_STORE_DONE && c.sent == 1 && c.news == 0
             && store_is_unsent(f, entry) == 0,
             "its own record: it is not unsent any more");
    store_is(store_count_unsent(f), 0, "... which is counted");
    store_ok(store_row(f, entry, &row) && !row.foreign
             && row.entry.end == NOW + STORE_LONGEST,
             "... and it stays an entry of this node");

    c = store_read_one(f, entry);
    store_is(c.sent, 0, "its record again is not counted again");

    entry = store_entry(KIND, 2, NOW, 0, NOW);
    later = store_entry(KIND, 2, NOW + 5, 0, NOW + 5);
    (void) store_accept(f, entry);
    c = store_read_one(f, later);
    store_ok(c.sent == 1 && c.news == 1 && store_is_unsent(f, entry) == 0,
             "a record of another node that says more is enough");
    store_ok(store_row(f, entry, &row) && !row.foreign
             && row.entry.cut == NOW + 5, "... and counts");

    read[0] = store_entry(KIND, 3, NOW + 5, 0, NOW);
    read[1] = store_entry(KIND, 3, NOW, 0, NOW);
    (void) store_accept(f, read[0]);
    c = store_read(f, read, 2, NULL);
    store_ok(c.sent == 1 && store_is_unsent(f, read[0]) == 0,
             "the later of two records, first");

    read[0] = store_entry(KIND, 4, NOW, 0, NOW);
    read[1] = store_entry(KIND, 4, NOW + 5, 0, NOW);
    (void) store_accept(f, read[1]);
    c = store_read(f, read, 2, NULL);
    store_ok(c.sent == 1 && store_is_unsent(f, read[0]) == 0, "or second");

    entry = store_entry(TOKEN, 5, ALWAYS, 0, NOW);
    (void) store_accept(f, entry);
    (void) store_accept(f, store_entry(TOKEN, 5, ALWAYS, 0, NOW + 20));
    c = store_read_one(f, entry);
    store_is(store_is_unsent(f, entry), 1,
             "an open end without a cut depends on the time");
    c = store_read_one(f, store_entry(TOKEN, 5, ALWAYS, 0, NOW + 20));
    store_is(store_is_unsent(f, entry), 0, "... which comes back as well");

    store_free(f);
}


static void
foreign(void)
{
    uint64_t                       epoch;
    oauth_revocation_t             a, b, used;
    store_fixture_t               *f;
    ngx_oauth_store_row_t          row;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, STORE_SIZE, 0);
    store_run(f);

    a = store_entry(KIND, 1, NOW - 30, 0, NOW - 20);
    c = store_read_one(f, a);

    store_ok(c.result == NGX_OAUTH_STORE_DONE && c.news == 1 && c.sent == 0
             && c.ended == 0, "an entry of another node is news");
    store_ok(store_row(f, a, &row) && row.foreign && row.open
             && row.entry.end == NOW - 30 + STORE_LONGEST,
             "... is foreign, with an end of this node");
    store_is(row.entry.time, NOW - 20, "... and the time of its node");
    store_is(store_is_unsent(f, a), 0, "... and is not unsent");
    store_is(f->store.table->commits, 1, "the commit is counted");

    epoch = store_epoch(f);
    ngx_oauth_store_reset(&f->store);
    c = store_read_one(f, a);
    store_ok(c.result == NGX_OAUTH_STORE_DONE && c.news == 0,
             "again, it is no news");
    c = store_read_one(f, store_entry(KIND, 1, NOW - 31, 0, NOW));
    store_is(c.news, 0, "nor is an older one");
    store_ok(store_epoch(f) == epoch, "... and nothing is committed");
    ngx_oauth_store_reset(&f->store);
    store_is(f->store.table->commits, 1, "... or counted");

    store_is(count_range(f, 0, 0), 0, "it is not read with those of this node");
    store_is(count_range(f, 0, 1), 1, "but with all");

    (void) store_accept(f, a);
    store_is(store_is_unsent(f, a), 0,
             "accepted here as well, it need not be sent");
    store_is(count_range(f, 0, 0), 1, "... and is of this node");

    c = store_read_one(f, store_entry(KIND, 1, NOW, 0, NOW));
    store_ok(c.news == 1 && store_row(f, a, &row) && !row.foreign
             && row.entry.cut == NOW, "a later cut is news, and it stays so");

    b = store_entry(CLIENT, 2, NOW, NOW + 50, NOW);
    (void) store_read_one(f, b);
    (void) store_accept(f, store_entry(CLIENT, 2, NOW + 1, NOW + 50, NOW));
    store_is(store_is_unsent(f, b), 1, "a later cut of this node is unsent");

    used = store_entry(USED, 3, ALWAYS, NOW + 50, NOW);
    c = store_read_one(f, used);
    store_ok(c.result == NGX_OAUTH_STORE_DONE && store_count(f, USED) == 0,
             "a used jti is not taken from the bus");

    store_free(f);
}


static void
ended(void)
{
    ngx_uint_t                     i;
    oauth_revocation_t             read[6];
    store_fixture_t               *f;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, STORE_SIZE, 0);
    store_run(f);

    read[0] = store_entry(KIND, 1, NOW, NOW - 11, NOW);
    read[1] = store_entry(KIND, 2, NOW, NOW - 10, NOW);
    read[2] = store_entry(KIND, 3, NOW - STORE_LONGEST - 11, 0, NOW);
    read[3] = store_entry(KIND, 4, NOW - STORE_LONGEST - 10, 0, NOW);
    read[4] = store_entry(TOKEN, 5, ALWAYS, 0, NOW - STORE_LONGEST - 11);
    read[5] = store_entry(TOKEN, 6, ALWAYS, 0, NOW - STORE_LONGEST - 10);

    c = store_read(f, read, 6, NULL);

    store_ok(c.ended == 3 && c.news == 3, "what has ended is left out");

    for (i = 0; i < 6; i++) {
        ngx_oauth_store_row_t  row;

        store_is(store_row(f, read[i], &row), i % 2,
                 i % 2 ? "kept: after the slack of 10 s" : "left out: ended");
    }

    store_is(count_range(f, 0, 1), 0, "none of these is sent any more");

    c = store_read(f, read, 6, NULL);
    store_ok(c.ended == 3 && c.news == 0, "nothing to write: they are counted");

    store_free(f);
}


/* --- the position ---------------------------------------------------------- */

static void
positions(void)
{
    uint64_t                       epoch;
    oauth_revocation_t             entry;
    store_fixture_t               *f;
    oauth_stream_position_t        p, got;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, STORE_SIZE, 0);
    store_run(f);

    store_is(read_position(f, &got), NGX_DECLINED, "there is no position");

    p = position("", 0, 0);
    epoch = store_epoch(f);
    ngx_oauth_store_reset(&f->store);
    c = store_read(f, NULL, 0, &p);
    store_ok(c.result == NGX_OAUTH_STORE_DONE && store_epoch(f) == epoch,
             "to forget none costs no commit");
    ngx_oauth_store_reset(&f->store);

    p = position("0123456789abcdef0123456789abcdef01234567", 1700000000123, 77);
    c = store_read(f, NULL, 0, &p);
    store_ok(read_position(f, &got) == NGX_OK
             && memcmp(&got, &p, sizeof(p)) == 0, "a position alone is kept");

    epoch = store_epoch(f);
    ngx_oauth_store_reset(&f->store);
    c = store_read(f, NULL, 0, &p);
    store_ok(store_epoch(f) == epoch, "the same again costs no commit");
    ngx_oauth_store_reset(&f->store);

    p.added++;
    c = store_read(f, NULL, 0, &p);
    store_ok(store_epoch(f) != epoch, "another number does");
    ngx_oauth_store_reset(&f->store);

    entry = store_entry(KIND, 1, NOW, 0, NOW);
    (void) store_read(f, &entry, 1, NULL);
    store_ok(read_position(f, &got) == NGX_OK
             && memcmp(&got, &p, sizeof(p)) == 0,
             "without a position, it stays");

    store_reopen(f);
    store_ok(read_position(f, &got) == NGX_OK
             && memcmp(&got, &p, sizeof(p)) == 0,
             "also when the store is opened again");

    f->store.fleet = 0;
    entry = store_entry(KIND, 2, NOW, 0, NOW);
    (void) store_accept(f, entry);
    store_is(store_is_unsent(f, entry), 1,
             "a worker without the bus leaves what it accepts unsent, since "
             "the store has a position");

    p = position("", 5, 5);
    (void) store_read(f, NULL, 0, &p);
    store_is(read_position(f, &got), NGX_DECLINED, "a position is forgotten");
    store_is(store_count(f, NGX_OAUTH_STORE_ROW_READ), 0, "... without a row");

    entry = store_entry(KIND, 3, NOW, 0, NOW);
    (void) store_accept(f, entry);
    store_is(store_is_unsent(f, entry), 0,
             "... and then a worker without the bus sends nothing");

    store_free(f);
}


/* --- what is to be sent ---------------------------------------------------- */

static void
range(void)
{
    u_char               next[OAUTH_REVOCATION_KEY];
    ngx_int_t            rc;
    ngx_uint_t           i, n, calls, kept;
    store_fixture_t     *f;
    oauth_revocation_t   entries[64], last;

    f = store_create(1, STORE_SIZE, 0);

    for (i = 0; i < 20; i++) {
        (void) store_accept(f, store_entry(i % 2 ? KIND : TOKEN, i, NOW, 0,
                                           NOW - (int64_t) i));
        (void) store_read_one(f, store_entry(i % 2 ? CLIENT : 0, 100 + i, NOW,
                                             NOW + 100, NOW - (int64_t) i));
    }

    (void) store_accept(f, store_entry(USED, 1, ALWAYS, NOW + 100, NOW));

    store_is(count_range(f, 0, 0), 20, "entries of this node");
    store_is(count_range(f, 0, 1), 40, "and those of others");
    store_is(count_range(f, NOW - 4, 0), 5, "those since a time");
    store_is(count_range(f, NOW - 4, 1), 10, "... of all nodes");

    memset(&last, 0, sizeof(last));
    memset(next, 0, sizeof(next));
    calls = 0;
    kept = 0;

    do {
        n = 7;
        rc = read_range(f, calls++ ? next : NULL, 0, 0, entries, &n, next);

        for (i = 0; i < n; i++) {
            if (memcmp(last.key, entries[i].key, sizeof(last.key)) >= 0) {
                store_ok(0, "the order is that of the keys");
            }

            last = entries[i];
        }

        kept += n;

    } while (rc == NGX_OK && calls < 100);

    store_is(rc, NGX_DONE, "in pieces: it ends");
    store_is(kept, 20, "... with the same entries");
    store_is(calls, 6, "... each look is at 7 of the 40");

    n = 40;
    rc = read_range(f, NULL, 0, 1, entries, &n, next);
    store_ok(n == 40 && rc == NGX_DONE,
             "a look at exactly all of them, before a row that is not sent");

    store_set_time(NOW + 101);
    store_is(count_range(f, 0, 1), 20, "what has ended is not sent");
    store_set_time(NOW + STORE_LONGEST + 1);
    store_is(count_range(f, 0, 1), 0, "... also with an open end");
    f->store.longest = STORE_LONGEST + 1;
    store_is(count_range(f, 0, 1), 20, "... unless the lifetime was raised");
    store_set_time(NOW);

    store_free(f);
}


static void
again(void)
{
    oauth_revocation_t             a, b, gone, unsent[4];
    store_fixture_t               *f;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, STORE_SIZE, 0);

    a = store_entry(KIND, 1, NOW, 0, NOW);
    b = store_entry(KIND, 2, NOW, 0, NOW);
    gone = store_entry(KIND, 3, NOW, 0, NOW);

    (void) store_accept(f, a);
    (void) store_read_one(f, a);
    (void) store_read_one(f, b);
    (void) store_accept(f, store_entry(USED, 4, ALWAYS, 0, NOW));

    unsent[0] = b;
    unsent[1] = gone;
    unsent[2] = store_entry(USED, 4, ALWAYS, 0, NOW);
    unsent[3] = a;

    memset(&c, 0, sizeof(c));
    c.unsent = unsent;
    c.nunsent = 4;
    store_write(f, &c);

    store_ok(c.result == NGX_OAUTH_STORE_DONE && store_is_unsent(f, a) == 1
             && store_is_unsent(f, b) == 1, "entries become unsent again");
    store_ok(store_is_unsent(f, gone) == 0 && store_count(f, KIND) == 2,
             "... but not one that is gone");
    store_is(store_count_unsent(f), 2, "... or a used jti");

    memset(&c, 0, sizeof(c));
    c.unsent = unsent;
    c.nunsent = 1;
    c.entries = &a;
    c.n = 1;
    store_write(f, &c);

    store_ok(c.sent == 1 && store_is_unsent(f, a) == 0
             && store_is_unsent(f, b) == 1, "one is read back meanwhile");

    memset(&c, 0, sizeof(c));
    c.unsent = &a;
    c.nunsent = 1;
    c.entries = &a;
    c.n = 1;
    store_write(f, &c);

    store_is(store_is_unsent(f, a), 0, "what is read comes last");

    store_free(f);
}


/* --- a store that is full, and what is removed ----------------------------- */

static void
full(void)
{
    uint64_t                       epoch, rows;
    ngx_uint_t                     i;
    store_fixture_t               *f;
    oauth_revocation_t            *many, mine;
    oauth_stream_position_t        p, got;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, 512 * 1024, 0);
    many = calloc(20000, sizeof(oauth_revocation_t));

    for (i = 0; i < 20000; i++) {
        many[i] = store_entry(KIND, i, NOW, 0, NOW);
    }

    mine = store_entry(KIND, 5, NOW, 0, NOW);
    (void) store_accept(f, mine);

    p = position("0123456789abcdef0123456789abcdef01234567", 1, 1);
    (void) store_read(f, many + 10, 10, &p);
    rows = store_count(f, KIND);
    epoch = store_epoch(f);
    ngx_oauth_store_reset(&f->store);

    p.added = 20000;
    c = store_read(f, many, 20000, &p);

    store_ok(c.result == NGX_OAUTH_STORE_FULL && c.news == 0 && c.sent == 0,
             "a commit for which there is no room");
    store_ok(store_epoch(f) == epoch, "... writes nothing");
    ngx_oauth_store_reset(&f->store);
    store_ok(store_count(f, KIND) == rows && store_is_unsent(f, mine) == 1,
             "... not even what would have fitted");
    store_ok(read_position(f, &got) == NGX_OK && got.added == 1,
             "... and not the position");
    store_ok(strstr((char *) f->log, "cannot take revocations: it is full")
             != NULL, "the log says it");

    c = store_read(f, many, 100, &p);
    store_ok(c.result == NGX_OAUTH_STORE_DONE && c.sent == 1
             && read_position(f, &got) == NGX_OK && got.added == 20000,
             "a smaller one is written");
    store_is(f->store.problem, 0, "the store can be used");

    free(many);
    store_free(f);
}


static void
removed(void)
{
    ngx_uint_t            i;
    store_fixture_t      *f;
    oauth_revocation_t    stays;

    f = store_create(1, STORE_SIZE, 0);

    for (i = 0; i < 10; i++) {
        (void) store_accept(f, store_entry(KIND, i, NOW, NOW + 50, NOW));
    }

    stays = store_entry(KIND, 100, NOW, 0, NOW);
    (void) store_accept(f, stays);
    (void) store_read_one(f, store_entry(KIND, 3, NOW, NOW + 50, NOW));
    store_is(store_count_unsent(f), 10, "before removal");

    store_set_time(NOW + 61);
    f->store.expire = 1;
    ngx_oauth_store_job_post(&f->store);
    store_run(f);

    store_is(store_count(f, KIND), 1, "entries that have ended are removed");
    store_is(store_count_unsent(f), 1, "... with what says they are unsent");
    store_is(store_is_unsent(f, stays), 1, "... and no other");
    store_is(store_count(f, NGX_OAUTH_STORE_ROW_TIME), 1,
             "... and the times are counted");

    store_set_time(NOW);
    store_free(f);
}


/* --- batches and turns ----------------------------------------------------- */

/* The worker that commits writes the batch of another one that has no bus. */

static void
batches(void)
{
    store_fixture_t           *f;
    oauth_revocation_t         a, b;
    ngx_oauth_store_batch_t   *other;
    ngx_oauth_store_commit_t   commit;

    f = store_create(1, STORE_SIZE, 0);
    store_run(f);

    a = store_entry(KIND, 1, NOW, 0, NOW);
    b = store_entry(KIND, 2, NOW, 0, NOW);

    memset(&commit, 0, sizeof(commit));
    commit.entries = &b;
    commit.n = 1;

    other = ngx_oauth_store_batch_acquire(f->store.table);
    ngx_oauth_store_batch_start(other, &f->store.db, STORE_LONGEST, 0);
    (void) ngx_oauth_store_batch_add(other, &commit, 1);
    ngx_oauth_store_batch_wait(other);

    (void) store_accept(f, a);

    store_is(ngx_oauth_store_batch_state(other), NGX_OAUTH_STORE_BATCH_DONE,
             "one worker writes for two");
    store_is(store_is_unsent(f, a), 1, "the one with a bus: unsent");
    store_is(store_is_unsent(f, b), 0, "the one without: not");

    f->store.fleet = 0;
    ngx_oauth_store_batch_start(other, &f->store.db, STORE_LONGEST, 1);
    commit.entries = &a;
    a = store_entry(KIND, 3, NOW, 0, NOW);
    (void) ngx_oauth_store_batch_add(other, &commit, 2);
    ngx_oauth_store_batch_wait(other);

    b = store_entry(KIND, 4, NOW, 0, NOW);
    (void) store_accept(f, b);

    store_ok(store_is_unsent(f, a) == 1 && store_is_unsent(f, b) == 0,
             "and the other way round");

    store_free(f);
}


typedef struct {
    store_fixture_t               *f;
    ngx_uint_t                     left;
    ngx_oauth_store_commit_t       commit;
    ngx_oauth_store_bus_commit_t   bus;
    oauth_revocation_t             entry;
    oauth_revocation_t             read;
} turns_t;


static void
turns_commit(ngx_oauth_store_commit_t *commit)
{
    turns_t  *turns;

    turns = commit->data;

    if (turns->left) {
        turns->left--;
        turns->entry.key[5]++;
        ngx_oauth_store_write(&turns->f->store, commit);
    }
}


static void
turns_bus(ngx_oauth_store_bus_commit_t *bus)
{
    turns_t  *turns;

    turns = bus->data;

    if (turns->left) {
        turns->left--;
        turns->read.key[5]++;
        turns->f->store.expire = 1;
        ngx_oauth_store_bus_write(&turns->f->store, bus);
    }
}


static void
turns(void)
{
    char              order[65];
    turns_t           turns;
    ngx_uint_t        i;
    store_fixture_t  *f;

    f = store_create(1, STORE_SIZE, 0);
    store_run(f);
    f->njobs = 0;

    memset(&turns, 0, sizeof(turns));
    turns.f = f;
    turns.left = 8;
    turns.entry = store_entry(KIND, 1, NOW, 0, NOW);
    turns.read = store_entry(CLIENT, 1, NOW, 0, NOW);
    turns.commit.entries = &turns.entry;
    turns.commit.n = 1;
    turns.commit.handler = turns_commit;
    turns.commit.data = &turns;
    turns.bus.entries = &turns.read;
    turns.bus.n = 1;
    turns.bus.handler = turns_bus;
    turns.bus.data = &turns;

    ngx_oauth_store_bus_write(&f->store, &turns.bus);
    f->store.expire = 1;
    ngx_oauth_store_write(&f->store, &turns.commit);

    store_ok(f->store.hold.timer_set, "a worker that shuts down stays");

    store_run(f);

    for (i = 0; i < f->njobs; i++) {
        order[i] = "FWEB"[f->jobs[i]];
    }

    order[i] = '\0';
    printf("# %s\n", order);

    store_ok(strncmp(order, "WEWBWEWB", 8) == 0,
             "every second task writes commits; removal and bus take turns");
    store_ok(!f->store.hold.timer_set, "... and then it may end");

    turns.left = 0;
    f->store.problem = MDB_PANIC;
    ngx_oauth_store_bus_write(&f->store, &turns.bus);
    store_run(f);
    store_is(turns.bus.result, NGX_OAUTH_STORE_UNUSABLE,
             "a store that cannot be used");
    store_ok(!f->store.hold.timer_set && f->store.bus == NULL,
             "... keeps nothing waiting");

    store_free(f);
}


static void
unreadable(void)
{
    u_char                    next[OAUTH_REVOCATION_KEY], node[16];
    uint64_t                  n;
    ngx_uint_t                many;
    store_fixture_t          *f;
    oauth_revocation_t        entry;
    oauth_stream_position_t   p;
    ngx_oauth_store_bus_range_t  all = { NULL, 0, 0, 1 };

    f = store_create(1, STORE_SIZE, 0);
    store_run(f);
    f->store.problem = MDB_PANIC;

    many = 1;
    store_ok(ngx_oauth_store_bus_node(&f->store, node, &n) == NGX_ERROR
             && ngx_oauth_store_bus_position(&f->store, &p) == NGX_ERROR
             && ngx_oauth_store_bus_is_unsent(&f->store, next) == NGX_ERROR
             && ngx_oauth_store_bus_read_unsent(&f->store, NULL, &entry, &many)
                == NGX_ERROR && many == 0
             && ngx_oauth_store_bus_read(&f->store, &all, &entry, &many, next)
                == NGX_ERROR,
             "nothing is read from a store that cannot be used");

    store_free(f);
}


/* --- a model --------------------------------------------------------------- */

typedef struct {
    int                 there, open, foreign, unsent;
    int64_t             cut, end, time;
} model_t;


static uint64_t  model_seed = 20240601;
static int64_t   model_now;


static uint64_t
model_random(uint64_t n)
{
    model_seed = model_seed * 6364136223846793005ull + 1442695040888963407ull;

    return (model_seed >> 33) % n;
}


static int64_t
model_open_end(const model_t *m)
{
    return (m->cut == ALWAYS ? m->time : m->cut) + STORE_SHORT;
}


/* Returns 1 if other nodes are told anything new. */

static int
model_merge(model_t *m, const oauth_revocation_t *e, int local)
{
    int      news;
    model_t  to;

    to = *m;

    if (!m->there) {
        memset(&to, 0, sizeof(to));
        to.there = 1;
        to.foreign = 1;
    }

    to.cut = ngx_max(to.cut, e->cut);
    to.end = ngx_max(to.end, e->end);
    to.open |= (e->end == 0);
    to.time = ngx_max(to.time, e->time);

    if (to.open) {
        to.end = ngx_max(to.end, model_open_end(&to));
    }

    news = !m->there || to.cut > m->cut || to.open != m->open
           || (!to.open && to.end != m->end)
           || (to.open && to.cut == ALWAYS && to.time > m->time);

    if (local) {
        to.foreign = 0;
        to.unsent |= news;
    }

    if (local || news) {
        *m = to;
    }

    return news;
}


/* 1: a record that says this much makes the entry sent. */

static int
model_covers(const model_t *m, const oauth_revocation_t *e)
{
    return e->cut == m->cut
           && (m->open ? e->end == 0 : e->end == m->end)
           && (!m->open || m->cut != ALWAYS || e->time == m->time);
}


static int
model_ended(const model_t *m)
{
    return m->end < model_now - 10;
}


static oauth_revocation_t
model_entry(uint64_t *key)
{
    *key = model_random(STORE_KEYS);

    return store_entry(KIND, *key,
                       model_random(5) ? model_now - (int64_t) model_random(4)
                                       : ALWAYS,
                       model_random(3) ? 0 : model_now
                                             + (int64_t) model_random(15),
                       model_now - (int64_t) model_random(4));
}


static int
model_agrees(store_fixture_t *f, const model_t *models)
{
    uint64_t                i, n;
    ngx_oauth_store_row_t   row;
    const model_t          *m;
    oauth_revocation_t      entry;

    n = 0;

    for (i = 0; i < STORE_KEYS; i++) {
        m = &models[i];
        n += (uint64_t) m->unsent;
        entry = store_entry(KIND, i, 0, 0, 0);

        if (store_row(f, entry, &row) != m->there
            || store_is_unsent(f, entry) != m->unsent
            || (m->there
                && (row.entry.cut != m->cut || row.entry.end != m->end
                    || row.open != (unsigned) m->open
                    || row.entry.time != m->time
                    || row.foreign != (unsigned) m->foreign)))
        {
            return 0;
        }
    }

    return store_count_unsent(f) == n;
}


/* A record is read: the numbers of the commit are those of the model. */

static int
model_read(store_fixture_t *f, model_t *models, uint64_t key,
    const oauth_revocation_t *entry)
{
    model_t                        alone, *m;
    ngx_uint_t                     news, sent, ended;
    ngx_oauth_store_bus_commit_t   c;

    m = &models[key];
    news = 0;
    sent = 0;

    memset(&alone, 0, sizeof(alone));
    (void) model_merge(&alone, entry, 0);
    ended = model_ended(&alone);

    if (!ended) {
        news = (ngx_uint_t) model_merge(m, entry, 0);

        if (m->unsent && model_covers(m, entry)) {
            m->unsent = 0;
            sent = 1;
        }
    }

    c = store_read_one(f, *entry);

    return c.result == NGX_OAUTH_STORE_DONE && c.news == news
           && c.sent == sent && c.ended == ended;
}


/* The leader sends an entry that is unsent, and reads it back. */

static int
model_send(store_fixture_t *f, model_t *models, ngx_uint_t *count)
{
    ngx_uint_t          n;
    oauth_revocation_t  sent[STORE_KEYS];

    n = read_unsent(f, NULL, sent, STORE_KEYS);

    if (n == 0) {
        return 1;
    }

    n = model_random(n);
    (*count)++;

    return model_read(f, models, sent[n].key[15], &sent[n]);
}


static void
model_expire(store_fixture_t *f, model_t *models)
{
    ngx_uint_t  i;

    f->store.expire = 1;
    ngx_oauth_store_job_post(&f->store);
    store_run(f);

    for (i = 0; i < STORE_KEYS; i++) {
        if (models[i].there && model_ended(&models[i])) {
            memset(&models[i], 0, sizeof(model_t));
        }
    }
}


static void
model(void)
{
    int                  good;
    uint64_t             key;
    ngx_uint_t           step, count;
    model_t              models[STORE_KEYS];
    oauth_revocation_t   entry;
    store_fixture_t     *f;

    f = store_create(1, STORE_SIZE, 0);
    memset(models, 0, sizeof(models));
    f->store.longest = STORE_SHORT;
    good = 1;
    count = 0;

    for (step = 0; good && step < STORE_STEPS; step++) {

        model_now = NOW + (int64_t) step / 8;
        store_set_time(model_now);

        switch (model_random(12)) {

        case 0:
            model_expire(f, models);
            break;

        case 1:
            if (step % 8 == 0) {
                store_reopen(f);
            }

            break;

        case 2:
        case 3:
        case 4:
            entry = model_entry(&key);
            good = model_read(f, models, key, &entry);
            break;

        case 5:
        case 6:
        case 7:
            good = model_send(f, models, &count);
            break;

        default:
            entry = model_entry(&key);
            (void) model_merge(&models[key], &entry, 1);
            good = store_accept(f, entry) == NGX_OAUTH_STORE_DONE;
        }

        good = good && model_agrees(f, models);
    }

    printf("# %u steps, %u entries were sent\n", (unsigned) step,
           (unsigned) count);
    store_ok(good && count > STORE_STEPS / 8,
             "random steps: the store is as the model");

    store_set_time(NOW);
    store_free(f);
}


/* --- speed ----------------------------------------------------------------- */

static double
seconds(clockid_t clock)
{
    struct timespec  ts;

    clock_gettime(clock, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


/* Writes n entries with commits of "batch"; returns the seconds. */

static double
speed_run(store_fixture_t *f, const char *what, oauth_revocation_t *entries,
    ngx_uint_t n, ngx_uint_t batch)
{
    double                         wall, cpu, longest, one;
    ngx_uint_t                     i, commits, news;
    oauth_stream_position_t        p;
    ngx_oauth_store_bus_commit_t   c;

    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    longest = 0;
    commits = 0;
    news = 0;

    for (i = 0; i < n; i += batch, commits++) {
        one = seconds(CLOCK_MONOTONIC);
        p = position("0123456789abcdef0123456789abcdef01234567", i, i + n);
        c = store_read(f, entries + i, ngx_min(batch, n - i), &p);
        news += c.news;
        one = seconds(CLOCK_MONOTONIC) - one;
        longest = ngx_max(longest, one);

        if (c.result != NGX_OAUTH_STORE_DONE) {
            printf("full at %u\n", (unsigned) i);
            exit(1);
        }
    }

    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;

    printf("%s: %u entries, %u news, %u commits of %u: %.2f s, %.0f a second; "
           "cpu %.2f s, %.0f a second; the longest commit %.0f ms\n", what,
           (unsigned) n, (unsigned) news, (unsigned) commits, (unsigned) batch,
           wall, (double) n / wall, cpu, (double) n / cpu, 1000 * longest);

    return wall;
}


static int
speed(ngx_uint_t n, ngx_uint_t batch)
{
    ngx_uint_t           i;
    store_fixture_t     *f;
    oauth_revocation_t  *entries;

    entries = calloc(n, sizeof(oauth_revocation_t));

    for (i = 0; i < n; i++) {
        entries[i] = store_entry(KIND, i, NOW - 3600 + (int64_t) (i / 100), 0,
                                 NOW - 3600 + (int64_t) (i / 100));
    }

    f = store_create(1, (size_t) 1024 * 1024 * 1024, 1);
    f->store.longest = 86400;
    store_run(f);

    (void) speed_run(f, "new", entries, n, batch);
    (void) speed_run(f, "known", entries, n, batch);

    for (i = 0; i < n; i++) {
        entries[i].cut++;
    }

    (void) speed_run(f, "later", entries, n, batch);

    for (i = 0; i < n; i++) {
        entries[i].key[1] ^= 0x55;
    }

    (void) speed_run(f, "more", entries, n, batch);

    store_free(f);
    free(entries);

    return 0;
}


int
main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    store_set_time(NOW);

    if (argc == 4 && strcmp(argv[1], "speed") == 0) {
        return speed((ngx_uint_t) atol(argv[2]), (ngx_uint_t) atol(argv[3]));
    }

    without_bus();
    accepted();
    changed();
    read_back();
    foreign();
    ended();
    positions();
    range();
    again();
    full();
    removed();
    batches();
    turns();
    unreadable();
    model();

    store_plan();

    return 0;
}
