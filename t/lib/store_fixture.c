/*
 * See store_fixture.h.  store_run() runs the events that were posted, and the
 * task for nginx's threads.
 */


#include "store_fixture.h"

#include <dirent.h>


static ngx_time_t  store_clock;
static ngx_log_t   store_log;
static unsigned    store_number;


/* --- TAP ------------------------------------------------------------------ */

void
store_set_time(time_t now)
{
    store_clock.sec = now;
    ngx_cached_time = &store_clock;
}


void
store_ok(int good, const char *name)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++store_number, name);
}


void
store_is(int64_t got, int64_t expected, const char *name)
{
    store_ok(got == expected, name);

    if (got != expected) {
        printf("#      got: %lld\n# expected: %lld\n", (long long) got,
               (long long) expected);
    }
}


void
store_plan(void)
{
    printf("1..%u\n", store_number);
}


static void
store_bail(const char *what, int rc)
{
    printf("Bail out! %s: %d\n", what, rc);
    exit(1);
}


/* --- the store ------------------------------------------------------------ */

static void
store_open(store_fixture_t *f)
{
    int                 rc;
    ngx_oauth_store_t  *store;

    store = &f->store;
    store->epoch = 0;
    store->headed = 0;
    store->ready = 0;
    store->opened++;

    rc = ngx_oauth_store_db_start(&store->db, 1);
    if (rc != 0) {
        store_bail("the store does not open", rc);
    }

    if (!f->sync) {
        (void) mdb_env_set_flags(store->db.env, MDB_NOSYNC, 1);
    }

    store->problem = 0;
    store->logged = 0;
    store->checked = ngx_time();

    ngx_oauth_store_job_start(store);
}


store_fixture_t *
store_create(ngx_uint_t fleet, size_t size, int sync)
{
    const char         *temporary;
    store_fixture_t    *f;
    ngx_oauth_store_t  *store;

    f = calloc(1, sizeof(store_fixture_t));
    temporary = getenv("TMPDIR");
    (void) snprintf(f->path, sizeof(f->path), "%s/oauth-store-XXXXXX",
                    temporary ? temporary : "/tmp");

    if (mkdtemp(f->path) == NULL) {
        store_bail("no folder", errno);
    }

    store_current = f;
    ngx_pid = getpid();
    ngx_queue_init(&ngx_posted_events);

    store = &f->store;
    f->sync = sync;
    f->size = size;
    store->folder.data = (u_char *) f->path;
    store->folder.len = strlen(f->path);
    store->db.size = size;
    store_log.log_level = NGX_LOG_INFO;
    store->log = &store_log;
    store->longest = STORE_LONGEST;
    store->table = calloc(1, sizeof(ngx_oauth_store_batch_table_t));
    store->found.id[0] = 1;
    store->found.id[15] = 7;

    if (fleet) {
        ngx_oauth_store_bus_create(store);
    }

    if (ngx_oauth_store_db_create(&store->db, NULL, &store->folder) != NGX_OK) {
        store_bail("no paths", 0);
    }

    ngx_oauth_store_job_create(store, &store_log);
    store->batch = ngx_oauth_store_batch_acquire(store->table);

    store_open(f);

    return f;
}


void
store_reopen(store_fixture_t *f)
{
    ngx_oauth_store_db_done(&f->store.db);
    store_open(f);
    store_run(f);
}


void
store_free(store_fixture_t *f)
{
    DIR            *dir;
    char            path[8192];
    struct dirent  *file;

    ngx_oauth_store_db_done(&f->store.db);

    dir = opendir(f->path);

    while (dir && (file = readdir(dir)) != NULL) {
        (void) snprintf(path, sizeof(path), "%s/%s", f->path, file->d_name);
        (void) unlink(path);
    }

    (void) closedir(dir);
    (void) rmdir(f->path);

    free(f->store.db.paths.folder);
    free(f->store.table);
    free(f);
}


void
store_run_events(void)
{
    ngx_queue_t  *q;
    ngx_event_t  *ev;

    while (!ngx_queue_empty(&ngx_posted_events)) {
        q = ngx_queue_head(&ngx_posted_events);
        ev = ngx_queue_data(q, ngx_event_t, queue);
        ngx_delete_posted_event(ev);
        ev->handler(ev);
    }
}


void
store_run(store_fixture_t *f)
{
    ngx_thread_task_t  *task;

    for ( ;; ) {

        store_run_events();

        if (store_task == NULL) {
            return;
        }

        task = store_task;
        store_task = NULL;

        if (f->njobs < 64) {
            f->jobs[f->njobs++] = f->store.job;
        }

        task->handler(task->ctx, &store_log);
        task->event.handler(&task->event);
    }
}


oauth_revocation_t
store_entry(unsigned kind, uint64_t n, int64_t cut, int64_t end, int64_t time)
{
    int                 i;
    oauth_revocation_t  entry;

    memset(&entry, 0, sizeof(entry));

    entry.cut = cut;
    entry.end = end;
    entry.time = time;
    entry.key[0] = (u_char) kind;

    /* The other bytes look like those of a hash, and tell numbers apart. */

    for (i = 0; i < 8; i++) {
        entry.key[15 - i] = (u_char) (n >> 8 * i);
    }

    for (i = 0, n *= 0x9e3779b97f4a7c15ull; i < 7; i++) {
        entry.key[1 + i] = (u_char) (n >> (56 - 8 * i));
    }

    return entry;
}


static void
store_done(ngx_oauth_store_commit_t *commit)
{
    *(int *) commit->data = 1;
}


ngx_oauth_store_result_t
store_accept(store_fixture_t *f, oauth_revocation_t entry)
{
    int                       done;
    ngx_oauth_store_commit_t  commit;

    done = 0;
    memset(&commit, 0, sizeof(commit));
    commit.entries = &entry;
    commit.n = 1;
    commit.handler = store_done;
    commit.data = &done;

    ngx_oauth_store_write(&f->store, &commit);
    store_run(f);

    if (!done) {
        store_bail("no answer", 0);
    }

    return commit.result;
}


static void
store_bus_done(ngx_oauth_store_bus_commit_t *commit)
{
    *(int *) commit->data = 1;
}


void
store_write(store_fixture_t *f, ngx_oauth_store_bus_commit_t *commit)
{
    int  done;

    done = 0;
    commit->handler = store_bus_done;
    commit->data = &done;

    ngx_oauth_store_bus_write(&f->store, commit);

    if (done) {
        store_bail("the handler was called from within", 0);
    }

    store_run(f);

    if (!done) {
        store_bail("no answer", 0);
    }
}


ngx_oauth_store_bus_commit_t
store_read(store_fixture_t *f, const oauth_revocation_t *entries, ngx_uint_t n,
    const oauth_stream_position_t *position)
{
    ngx_oauth_store_bus_commit_t  commit;

    memset(&commit, 0, sizeof(commit));
    commit.entries = entries;
    commit.n = n;
    commit.position = position;

    store_write(f, &commit);

    return commit;
}


ngx_oauth_store_bus_commit_t
store_read_one(store_fixture_t *f, oauth_revocation_t entry)
{
    return store_read(f, &entry, 1, NULL);
}


/* --- reading -------------------------------------------------------------- */

uint64_t
store_epoch(store_fixture_t *f)
{
    uint64_t  epoch;

    if (ngx_oauth_store_renew(&f->store, &epoch) != NGX_OK) {
        store_bail("the store cannot be read", f->store.problem);
    }

    return epoch;
}


int
store_is_unsent(store_fixture_t *f, oauth_revocation_t entry)
{
    ngx_int_t  rc;

    (void) store_epoch(f);
    rc = ngx_oauth_store_bus_is_unsent(&f->store, entry.key);
    ngx_oauth_store_reset(&f->store);

    return rc == NGX_OK ? 1 : rc == NGX_DECLINED ? 0 : -1;
}


/* As the head says it, which must be the number of rows. */

uint64_t
store_count_unsent(store_fixture_t *f)
{
    u_char    node[OAUTH_RECORD_NODE];
    uint64_t  n;

    n = 0;
    (void) store_epoch(f);

    if (ngx_oauth_store_bus_node(&f->store, node, &n) != NGX_OK) {
        store_bail("no head", 0);
    }

    ngx_oauth_store_reset(&f->store);

    if (n != store_count(f, NGX_OAUTH_STORE_ROW_UNSENT)) {
        store_bail("the head counts another number of unsent entries", (int) n);
    }

    return n;
}


int
store_row(store_fixture_t *f, oauth_revocation_t entry,
    ngx_oauth_store_row_t *row)
{
    int      rc;
    MDB_val  key, value;

    key.mv_size = OAUTH_REVOCATION_KEY;
    key.mv_data = entry.key;

    (void) store_epoch(f);
    rc = mdb_get(f->store.db.txn, f->store.db.dbi, &key, &value);

    if (rc == 0) {
        rc = ngx_oauth_store_row_read(row, value.mv_data, value.mv_size);
    }

    ngx_oauth_store_reset(&f->store);

    return rc == 0;
}


/* Walks through the rows whose key has this first byte, and adds numbers up. */

static uint64_t
store_walk(store_fixture_t *f, unsigned first, uint64_t *sum)
{
    int          rc;
    u_char       byte;
    uint64_t     n;
    MDB_val      key, value;
    MDB_cursor  *cursor;

    byte = (u_char) first;
    key.mv_size = 1;
    key.mv_data = &byte;
    n = 0;
    *sum = 0;

    (void) store_epoch(f);

    if (mdb_cursor_open(f->store.db.txn, f->store.db.dbi, &cursor) != 0) {
        store_bail("no cursor", 0);
    }

    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
         rc == 0 && *(u_char *) key.mv_data == byte;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        n++;

        if (value.mv_size == NGX_OAUTH_STORE_ROW_TIME_VALUE) {
            *sum += ngx_oauth_store_row_read_number(value.mv_data);
        }
    }

    mdb_cursor_close(cursor);
    ngx_oauth_store_reset(&f->store);

    return n;
}


uint64_t
store_count(store_fixture_t *f, unsigned first)
{
    uint64_t  sum;

    return store_walk(f, first, &sum);
}


int64_t
store_count_entries(store_fixture_t *f, unsigned kind)
{
    uint64_t  n, used, sum;

    n = store_count(f, kind);
    used = store_count(f, USED);
    (void) store_walk(f, NGX_OAUTH_STORE_ROW_TIME, &sum);

    return (sum == n + used && f->store.head.counts[kind] == n
            && f->store.head.counts[USED] == used
            && ngx_oauth_store_row_sum(&f->store.head) == sum)
           ? (int64_t) n : -1;
}


oauth_stream_position_t
store_position(const char *server, uint64_t ms, uint64_t added)
{
    oauth_stream_position_t  p;

    memset(&p, 0, sizeof(p));
    strncpy((char *) p.server, server, OAUTH_STREAM_SERVER);
    p.id.ms = ms;
    p.id.seq = 3;
    p.added = added;

    return p;
}


ngx_int_t
store_read_position(store_fixture_t *f, oauth_stream_position_t *p)
{
    ngx_int_t  rc;

    (void) store_epoch(f);
    rc = ngx_oauth_store_bus_position(&f->store, p);
    ngx_oauth_store_reset(&f->store);

    return rc;
}


ngx_uint_t
store_read_unsent(store_fixture_t *f, const u_char *after,
    oauth_revocation_t *entries, ngx_uint_t n)
{
    ngx_int_t  rc;

    (void) store_epoch(f);
    rc = ngx_oauth_store_bus_read_unsent(&f->store, after, entries, &n);
    ngx_oauth_store_reset(&f->store);

    return rc == NGX_OK ? n : 1000000;
}


ngx_int_t
store_read_range(store_fixture_t *f, const u_char *after, int64_t since,
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

ngx_uint_t
store_count_range(store_fixture_t *f, int64_t since, ngx_uint_t foreign)
{
    u_char              next[OAUTH_REVOCATION_KEY];
    ngx_uint_t          n;
    oauth_revocation_t  entries[256];

    n = 256;

    return store_read_range(f, NULL, since, foreign, entries, &n, next)
           == NGX_DONE
           ? n : 1000000;
}


int
store_same(const oauth_revocation_t *a, const oauth_revocation_t *b)
{
    return memcmp(a->key, b->key, OAUTH_REVOCATION_KEY) == 0
           && a->cut == b->cut && a->end == b->end && a->time == b->time;
}
