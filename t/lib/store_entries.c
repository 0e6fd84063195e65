/*
 * Which entries of a store are unsent, what reading them back from the bus
 * changes, and what an entry of another node changes.
 */


#include "store_fixture.h"


/* --- entries of this node ------------------------------------------------- */

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
    u_char               node[OAUTH_RECORD_NODE];
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

    store_is(store_read_unsent(f, NULL, read, 8), 4, "they are read");
    store_ok(store_same(&read[0], &a), "... an open end as 0");
    store_ok(store_same(&read[1], &b), "... another end as it is");
    store_ok((store_same(&read[2], &c) || store_same(&read[3], &c))
             && (store_same(&read[2], &d) || store_same(&read[3], &d)),
             "... and one that is never over, as such");

    store_is(store_read_unsent(f, NULL, read, 3), 3,
             "as many as there is room for");
    store_is(store_read_unsent(f, read[2].key, read, 8), 1,
             "... then the others");
    store_is(store_read_unsent(f, read[0].key, read, 8), 0,
             "... and then none");

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
        { "an open end after one that is never",
          NOW, ALWAYS, NOW, NOW, 0, NOW, 0 },
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


/* --- what comes back ------------------------------------------------------ */

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

    store_is(store_count_range(f, 0, 0), 0,
             "it is not read with those of this node");
    store_is(store_count_range(f, 0, 1), 1, "but with all");

    (void) store_accept(f, a);
    store_is(store_is_unsent(f, a), 0,
             "accepted here as well, it need not be sent");
    store_is(store_count_range(f, 0, 0), 1, "... and is of this node");

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


/* A commit with many times, some of which share a place in the transaction. */

static void
times(void)
{
    ngx_uint_t                     i;
    oauth_revocation_t             read[400];
    store_fixture_t               *f;
    ngx_oauth_store_row_t          row;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, STORE_SIZE, 0);
    store_run(f);

    for (i = 0; i < 400; i++) {
        read[i] = store_entry(KIND, i, NOW, 0,
                              NOW - 64 * (int64_t) (i % 40));
    }

    c = store_read(f, read, 399, NULL);
    store_ok(c.news == 399 && store_count_entries(f, KIND) == 399,
             "many entries at once are counted");
    store_is(store_count(f, NGX_OAUTH_STORE_ROW_TIME), 40,
             "... by their times");

    read[0].time = NOW + 5;
    c = store_read(f, read, 400, NULL);
    store_ok(c.news == 1 && store_count_entries(f, KIND) == 400,
             "one is news, among those that are known");
    store_ok(store_row(f, read[0], &row) && row.entry.time == NOW,
             "... and nothing else is written");

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

    store_is(store_count_range(f, 0, 1), 0, "none of these is sent any more");

    c = store_read(f, read, 6, NULL);
    store_ok(c.ended == 3 && c.news == 0, "nothing to write: they are counted");

    store_free(f);
}


/* An own entry that ends on its way must not be sent until it is removed. */

static void
ended_unsent(void)
{
    oauth_revocation_t             entry;
    store_fixture_t               *f;
    ngx_oauth_store_bus_commit_t   c;

    f = store_create(1, STORE_SIZE, 0);

    entry = store_entry(TOKEN, 1, ALWAYS, NOW + 5, NOW);
    (void) store_accept(f, entry);

    store_set_time(NOW + 16);
    c = store_read_one(f, entry);

    store_ok(c.sent == 1 && c.news == 0 && store_is_unsent(f, entry) == 0,
             "an entry that has ended is sent when it was read back");
    store_is(store_count_unsent(f), 0, "... and is not counted any more");

    c = store_read_one(f, entry);
    store_ok(c.ended == 1 && c.sent == 0, "... once");

    store_set_time(NOW);
    store_free(f);
}


void
store_test_entries(void)
{
    without_bus();
    accepted();
    changed();
    read_back();
    foreign();
    times();
    ended();
    ended_unsent();
}
