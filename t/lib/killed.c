/*
 * What a worker leaves in the zone when it is killed, at each instruction of
 * storing documents.  A child stores; its parent steps through it and, each
 * time a byte of the shared memory has changed, does what other workers would
 * do after its death: the documents are the old or the new ones, whole, and
 * both issuers can still store as much as their shares.  Then the memory is
 * put back, and the child takes its next step.
 *
 *   killed      prints TAP
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "ngx_oauth_doc_table.h"


#define KILLED_ROOM     (16 * 4096)
#define KILLED_ISSUERS  2


/* What the documents' code wants of nginx. */

ngx_pid_t            ngx_pid;
ngx_uint_t           ngx_pagesize = 4096;
ngx_uint_t           ngx_pagesize_shift = 12;
volatile ngx_msec_t  ngx_current_msec = 1000000;

static ngx_slab_pool_t   killed_pool;
static ngx_oauth_zone_t  killed_zone;
static u_char           *killed_memory;
static ngx_oauth_doc_t  *killed_docs[KILLED_ISSUERS];
static u_char           *killed_saved;
static u_char           *killed_seen;
static u_char           *killed_text;
static size_t            killed_share;


/* Bytes of documents: what is there, and what the child stores. */

typedef struct {
    size_t               old;
    size_t               stored;
    size_t               other;         /* the other issuer's                 */
    int                  given_up;      /* the other issuer's make room       */
} killed_case_t;


void
ngx_shmtx_lock(ngx_shmtx_t *mtx)
{
    (void) mtx;
}


void
ngx_shmtx_unlock(ngx_shmtx_t *mtx)
{
    (void) mtx;
}


void *
ngx_alloc(size_t size, ngx_log_t *log)
{
    (void) log;
    return malloc(size);
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    (void) pool;
    return calloc(1, size);
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    (void) level;
    (void) log;
    (void) err;
    (void) fmt;
}


void
ngx_oauth_zone_register(ngx_oauth_zone_t *zone, ngx_oauth_zone_root_t *root)
{
    root->zone = zone;
    root->memory = killed_memory;
    root->size = KILLED_ROOM;
}


size_t
ngx_oauth_zone_room(ngx_oauth_zone_t *zone, size_t size)
{
    (void) zone;
    return size;
}


u_char *
ngx_oauth_zone_write_place(const ngx_oauth_zone_t *zone, u_char *p,
    u_char *last, const char *otherwise)
{
    (void) zone;
    (void) last;
    (void) otherwise;
    return p;
}


/* len bytes, all the same: the number of the documents. */

static ngx_int_t
killed_store(ngx_oauth_doc_t *doc, u_char number, size_t len)
{
    ngx_oauth_doc_stored_t   stored;
    ngx_oauth_doc_content_t  content;

    memset(killed_text, number, len);

    content.keys.data = killed_text;
    content.keys.len = len;
    content.uri.data = (u_char *) "uri";
    content.uri.len = 3;

    if (ngx_oauth_doc_acquire(doc, doc->record->version,
                              NGX_OAUTH_DOC_SCHEDULED, 1000)
        != NGX_OK)
    {
        return NGX_BUSY;
    }

    return ngx_oauth_doc_store(doc, &content, number, NGX_OAUTH_DOC_SCHEDULED,
                               -1, &stored);
}


/* The number of the documents, if they are whole and this long; or -1. */

static int
killed_number(ngx_oauth_doc_t *doc, size_t len)
{
    int                      number;
    size_t                   i;
    ngx_oauth_doc_content_t  content;

    if (ngx_oauth_doc_lookup(doc, 1, &content, NULL) != NGX_OK) {
        return -1;
    }

    number = content.keys.data[0];

    for (i = 0; i < content.keys.len; i++) {
        if (content.keys.data[i] != number) {
            number = -1;
            break;
        }
    }

    if (content.keys.len != len
        || content.uri.len != 3
        || memcmp(content.uri.data, "uri", 3) != 0)
    {
        number = -1;
    }

    ngx_oauth_doc_free(&content);

    return number;
}


/* Another worker comes after the death of this one: what is wrong, or NULL. */

static const char *
killed_check(ngx_pid_t dead, const killed_case_t *c)
{
    int     i, number;
    size_t  issuer;

    if (killed_number(killed_docs[0], c->old) != 1
        && killed_number(killed_docs[0], c->stored) != 2)
    {
        return "the documents are neither the old nor the new ones";
    }

    if (!c->given_up && killed_number(killed_docs[1], c->other) != 9) {
        return "the other issuer's documents are not whole";
    }

    ngx_pid = dead;
    ngx_oauth_doc_release(killed_docs[0]);
    ngx_pid = getpid();

    for (i = 0; i < 3; i++) {
        for (issuer = 0; issuer < KILLED_ISSUERS; issuer++) {

            number = 10 * i + (int) issuer + 10;

            if (killed_store(killed_docs[issuer], (u_char) number,
                             killed_share)
                != NGX_OK)
            {
                return "a share of the memory is lost";
            }

            if (killed_number(killed_docs[issuer], killed_share) != number) {
                return "what was stored then is not there";
            }
        }
    }

    return NULL;
}


/* The child stores; every state that it leaves is looked at. */

static const char *
killed_step(const killed_case_t *c, long *steps, long *states)
{
    int          status;
    pid_t        pid;
    const char  *wrong;

    wrong = NULL;
    pid = fork();

    if (pid == 0) {
        ngx_pid = getpid();

        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1) {
            _exit(2);
        }

        (void) raise(SIGSTOP);
        _exit(killed_store(killed_docs[0], 2, c->stored) == NGX_OK ? 0 : 1);
    }

    memcpy(killed_seen, killed_memory, KILLED_ROOM);

    for (*steps = *states = 0; wrong == NULL; ++*steps) {

        if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) {
            break;
        }

        if (memcmp(killed_seen, killed_memory, KILLED_ROOM) != 0) {
            ++*states;

            memcpy(killed_saved, killed_memory, KILLED_ROOM);
            wrong = killed_check(pid, c);
            memcpy(killed_memory, killed_saved, KILLED_ROOM);

            memcpy(killed_seen, killed_memory, KILLED_ROOM);
        }

        (void) ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
    }

    if (wrong) {
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, &status, 0);
        return wrong;
    }

    if (WIFEXITED(status) && WEXITSTATUS(status) == 2) {
        return "SKIP";
    }

    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        return "the child cannot store";
    }

    return killed_check(pid, c);
}


static void
killed_init(void)
{
    size_t                 i;
    u_char                 id[NGX_OAUTH_DOC_ID];
    ngx_oauth_doc_list_t  *list;

    ngx_pid = getpid();

    killed_saved = malloc(KILLED_ROOM);
    killed_seen = malloc(KILLED_ROOM);
    killed_text = malloc(KILLED_ROOM);

    killed_zone.pool = &killed_pool;
    killed_zone.fresh = 1;
    killed_memory = mmap(NULL, KILLED_ROOM, PROT_READ|PROT_WRITE,
                         MAP_ANONYMOUS|MAP_SHARED, -1, 0);

    if (killed_memory == MAP_FAILED || killed_saved == NULL
        || killed_seen == NULL || killed_text == NULL)
    {
        printf("Bail out! no memory\n");
        exit(1);
    }

    list = ngx_oauth_doc_table_register(&killed_zone, NULL);

    for (i = 0; i < KILLED_ISSUERS; i++) {
        memset(id, (int) i + 1, sizeof(id));
        killed_docs[i] = ngx_oauth_doc_create(list, NULL, id);
    }

    if (list->root.handler(&list->root, NULL) != NGX_OK) {
        printf("Bail out! no table\n");
        exit(1);
    }

    ngx_oauth_doc_table_claim(list);

    killed_share = (killed_docs[0]->table->chunks->count - 1)
                   / (KILLED_ISSUERS + 1) * NGX_OAUTH_CHUNKS_SIZE
                   - sizeof(ngx_oauth_doc_head_t) - 3;
}


int
main(void)
{
    size_t         i;
    long           steps, states;
    const char    *wrong;
    killed_case_t  c;

    static const size_t  lengths[] = { 1, 480, 481, 5000, 0, 1 };

    killed_init();

    for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {

        c.old = lengths[i] ? lengths[i] : killed_share;
        c.stored = c.old;
        c.other = killed_share;
        c.given_up = 0;

        /* both have more than a share, the one that stores has the most */

        if (i + 1 == sizeof(lengths) / sizeof(lengths[0])) {
            c.stored = killed_share;
            c.old = killed_share + killed_share / 2;
            c.other = killed_share + killed_share / 4;
            c.given_up = 1;

            killed_docs[0]->record->first = 0;
            killed_docs[1]->record->first = 0;
        }

        if (killed_store(killed_docs[0], 1, c.old) != NGX_OK
            || killed_store(killed_docs[1], 9, c.other) != NGX_OK)
        {
            printf("not ok %zu - there is room to begin with\n", i + 1);
            continue;
        }

        wrong = killed_step(&c, &steps, &states);

        if (wrong && strcmp(wrong, "SKIP") == 0) {
            printf("1..0 # SKIP a process cannot be traced here\n");
            return 0;
        }

        printf("%sok %zu - %zu bytes, killed at each of %ld instructions "
               "(%ld states)%s%s\n", wrong ? "not " : "", i + 1, c.stored,
               steps, states, wrong ? ": " : "", wrong ? wrong : "");
    }

    printf("1..%zu\n", i);

    return 0;
}
