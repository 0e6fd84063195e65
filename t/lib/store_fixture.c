/*
 * See store_fixture.h.  The posted events and the one task of nginx's thread
 * pool are run by store_run(); timers are noted, and never fire.  The formatter
 * knows those formats of nginx that the store uses.
 */


#include "store_fixture.h"
#include "ngx_oauth_watch.h"

#include <dirent.h>


ngx_pid_t             ngx_pid;
ngx_uint_t            ngx_pagesize = 4096;
volatile ngx_msec_t   ngx_current_msec;
volatile ngx_time_t  *ngx_cached_time;
ngx_rbtree_t          ngx_event_timer_rbtree;
ngx_queue_t           ngx_posted_events;

static ngx_time_t            store_clock;
static ngx_thread_task_t    *store_task;
static store_fixture_t      *store_current;
static unsigned              store_number;
static ngx_log_t             store_log;


/* --- nginx ----------------------------------------------------------------- */

void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    (void) pool;

    return malloc(size);
}


u_char *
ngx_vslprintf(u_char *p, u_char *last, const char *fmt, va_list args)
{
    int          n;
    size_t       len;
    char         text[32];
    ngx_str_t   *v;
    const char  *s;

    for ( ; *fmt && p < last; fmt++) {

        s = text;
        len = 1;

        if (*fmt != '%') {
            s = fmt;

        } else if (fmt[1] == 'V') {
            v = va_arg(args, ngx_str_t *);
            s = (char *) v->data;
            len = v->len;
            fmt += 1;

        } else if (fmt[1] == 's') {
            s = va_arg(args, char *);
            len = strlen(s);
            fmt += 1;

        } else if (fmt[1] == '*') {
            len = va_arg(args, size_t);
            s = va_arg(args, char *);
            fmt += 2;

        } else if (fmt[1] == 'Z') {
            text[0] = '\0';
            fmt += 1;

        } else {
            n = snprintf(text, sizeof(text), fmt[1] == '0' ? "%020llu" : "%llu",
                         (unsigned long long) va_arg(args, uint64_t));
            len = (size_t) n;
            fmt += (fmt[1] == '0') ? 5 : 2;
        }

        len = ngx_min(len, (size_t) (last - p));
        p = ngx_cpymem(p, s, len);
    }

    return p;
}


u_char *
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, (u_char *) -1, fmt, args);
    va_end(args);

    return p;
}


u_char *
ngx_slprintf(u_char *buf, u_char *last, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, last, fmt, args);
    va_end(args);

    return p;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    (void) level;
    (void) log;
    (void) err;

    p = store_current->log + store_current->log_len;

    va_start(args, fmt);
    p = ngx_vslprintf(p, store_current->log + sizeof(store_current->log) - 1,
                      fmt, args);
    va_end(args);

    store_current->log_len = p - store_current->log;
}


u_char *
ngx_strerror(ngx_err_t err, u_char *errstr, size_t size)
{
    return ngx_slprintf(errstr, errstr + size, "%s", strerror(err));
}


u_char *
ngx_hex_dump(u_char *dst, u_char *src, size_t len)
{
    while (len--) {
        dst += sprintf((char *) dst, "%02x", *src++);
    }

    return dst;
}


ngx_int_t
ngx_hextoi(u_char *line, size_t n)
{
    char  text[3];

    (void) n;
    memcpy(text, line, 2);
    text[2] = '\0';

    return (ngx_int_t) strtol(text, NULL, 16);
}


off_t
ngx_atoof(u_char *line, size_t n)
{
    char  text[32];

    memcpy(text, line, n);
    text[n] = '\0';

    return (off_t) strtoull(text, NULL, 10);
}


void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;
    (void) node;
}


void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;
    (void) node;
}


void
ngx_oauth_watch_timer(ngx_event_t *ev, ngx_event_handler_pt handler,
    ngx_log_t *log)
{
    static ngx_connection_t  connection;

    ngx_memzero(ev, sizeof(ngx_event_t));
    ev->handler = handler;
    ev->log = log;
    ev->data = &connection;
}


ngx_int_t
ngx_thread_task_post(ngx_thread_pool_t *tp, ngx_thread_task_t *task)
{
    (void) tp;
    store_task = task;

    return NGX_OK;
}


/* --- TAP ------------------------------------------------------------------- */

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


/* --- the store ------------------------------------------------------------- */

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

    rc = ngx_oauth_store_db_start(&store->db);
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
store_run(store_fixture_t *f)
{
    ngx_queue_t        *q;
    ngx_event_t        *ev;
    ngx_thread_task_t  *task;

    for ( ;; ) {

        if (!ngx_queue_empty(&ngx_posted_events)) {
            q = ngx_queue_head(&ngx_posted_events);
            ev = ngx_queue_data(q, ngx_event_t, queue);
            ngx_delete_posted_event(ev);
            ev->handler(ev);
            continue;
        }

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


/* --- reading --------------------------------------------------------------- */

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
    u_char    node[NGX_OAUTH_STORE_BUS_NODE];
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


uint64_t
store_count(store_fixture_t *f, unsigned first)
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

    (void) store_epoch(f);

    if (mdb_cursor_open(f->store.db.txn, f->store.db.dbi, &cursor) != 0) {
        store_bail("no cursor", 0);
    }

    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
         rc == 0 && *(u_char *) key.mv_data == byte;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    {
        n++;
    }

    mdb_cursor_close(cursor);
    ngx_oauth_store_reset(&f->store);

    return n;
}
