/*
 * The position, what may be sent, and what becomes unsent again; what is kept
 * when the store is full, and what goes when entries are removed; who writes
 * for whom, and when.
 */


#include "store_fixture.h"


/* --- the position --------------------------------------------------------- */

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

    store_is(store_read_position(f, &got), NGX_DECLINED,
             "there is no position");

    p = store_position("", 0, 0);
    (void) store_read(f, NULL, 0, &p);
    epoch = store_epoch(f);
    ngx_oauth_store_reset(&f->store);
    c = store_read(f, NULL, 0, &p);
    store_ok(c.result == NGX_OAUTH_STORE_DONE && store_epoch(f) == epoch,
             "to forget none twice costs one commit");
    ngx_oauth_store_reset(&f->store);

    store_is(store_read_position(f, &got), NGX_DECLINED, "there is still none");

    p = store_position(STORE_SERVER, 1700000000123, 77);
    c = store_read(f, NULL, 0, &p);
    store_ok(store_read_position(f, &got) == NGX_OK
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
    store_ok(store_read_position(f, &got) == NGX_OK
             && memcmp(&got, &p, sizeof(p)) == 0,
             "without a position, it stays");

    store_reopen(f);
    store_ok(store_read_position(f, &got) == NGX_OK
             && memcmp(&got, &p, sizeof(p)) == 0,
             "also when the store is opened again");

    f->store.fleet = 0;
    entry = store_entry(KIND, 2, NOW, 0, NOW);
    (void) store_accept(f, entry);
    store_is(store_is_unsent(f, entry), 1,
             "a worker without the bus leaves what it accepts unsent, since "
             "the store has a position");

    p = store_position("", 5, 5);
    (void) store_read(f, NULL, 0, &p);
    store_is(store_read_position(f, &got), NGX_DECLINED,
             "a position is forgotten");

    epoch = store_epoch(f);
    ngx_oauth_store_reset(&f->store);
    (void) store_read(f, NULL, 0, &p);
    store_ok(store_epoch(f) == epoch, "... and that again costs no commit");
    ngx_oauth_store_reset(&f->store);

    entry = store_entry(KIND, 3, NOW, 0, NOW);
    (void) store_accept(f, entry);
    store_is(store_is_unsent(f, entry), 1,
             "... and a worker without the bus leaves what it accepts unsent, "
             "also while there is none");

    store_free(f);
}


/* A configuration with a bus follows one without, whose workers go on. */

static void
first_bus(void)
{
    oauth_revocation_t        entry;
    store_fixture_t          *f;
    oauth_stream_position_t   none;

    f = store_create(0, STORE_SIZE, 0);

    entry = store_entry(KIND, 1, NOW, 0, NOW);
    (void) store_accept(f, entry);
    store_is(store_is_unsent(f, entry), 0, "no bus yet: nothing is unsent");

    none = store_position("", 0, 0);
    (void) store_read(f, NULL, 0, &none);

    entry = store_entry(KIND, 2, NOW, 0, NOW);
    (void) store_accept(f, entry);
    store_is(store_is_unsent(f, entry), 1,
             "a leader begins to compare: from then on all is unsent");

    store_free(f);
}


/* --- what is to be sent --------------------------------------------------- */

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

    store_is(store_count_range(f, 0, 0), 20, "entries of this node");
    store_is(store_count_range(f, 0, 1), 40, "and those of others");
    store_is(store_count_range(f, NOW - 4, 0), 5, "those since a time");
    store_is(store_count_range(f, NOW - 4, 1), 10, "... of all nodes");

    memset(&last, 0, sizeof(last));
    memset(next, 0, sizeof(next));
    calls = 0;
    kept = 0;

    do {
        n = 7;
        rc = store_read_range(f, calls++ ? next : NULL, 0, 0, entries, &n,
                              next);

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
    rc = store_read_range(f, NULL, 0, 1, entries, &n, next);
    store_ok(n == 40 && rc == NGX_DONE,
             "a look at exactly all of them, before a row that is not sent");

    store_set_time(NOW + 101);
    store_is(store_count_range(f, 0, 1), 20, "what has ended is not sent");
    store_set_time(NOW + STORE_LONGEST + 1);
    store_is(store_count_range(f, 0, 1), 0, "... also with an open end");
    f->store.longest = STORE_LONGEST + 1;
    store_is(store_count_range(f, 0, 1), 20,
             "... unless the lifetime was raised");
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


/* --- a store that is full, and what is removed ---------------------------- */

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

    p = store_position(STORE_SERVER, 1, 1);
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
    store_ok(store_read_position(f, &got) == NGX_OK && got.added == 1,
             "... and not the position");
    store_ok(strstr((char *) f->log, "cannot take revocations: it is full")
             != NULL, "the log says it");

    c = store_read(f, many, 100, &p);
    store_ok(c.result == NGX_OAUTH_STORE_DONE && c.sent == 1
             && store_read_position(f, &got) == NGX_OK && got.added == 20000,
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


/* --- batches and turns ---------------------------------------------------- */

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
    turns->f->store.expire = 1;

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
    turns.read.key[5]++;
    ngx_oauth_store_bus_write(&f->store, &turns.bus);
    store_run_events();
    store_ok(store_task && f->store.hold.timer_set,
             "it stays while the thread writes what came from the bus");
    store_run(f);
    store_ok(turns.bus.news == 1 && !f->store.hold.timer_set,
             "... and no longer");

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


void
store_test_kept(void)
{
    positions();
    first_bus();
    range();
    again();
    full();
    removed();
    batches();
    turns();
    unreadable();
}
