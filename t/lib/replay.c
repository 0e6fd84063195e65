/*
 * The set of used proofs on its own: as many proofs as the formula in
 * docs/tokens.md allows for a size, how long that takes, what happens when the
 * set fills up and when time goes on, and what a worker leaves that is killed.
 * The mutex is left out: only one process at a time uses the set.
 *
 *   replay      prints TAP
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include "ngx_oauth_replay.h"
#include "oauth_nonce.h"
#include "oauth_secret.h"


#define REPLAY_PROOFS  100000
#define REPLAY_AGE     365              /* seconds                            */
#define REPLAY_ROUNDS  40


/* What the set wants of nginx. */

ngx_module_t           ngx_oauth_module;
volatile ngx_time_t   *ngx_cached_time;

static ngx_time_t              replay_time;
static ngx_slab_pool_t         replay_pool;
static ngx_oauth_zone_t        replay_zone;
static ngx_oauth_zone_root_t  *replay_root;
static unsigned                replay_number;


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    (void) pool;

    return calloc(1, size);
}


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


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    (void) level;
    (void) log;
    (void) err;
    (void) fmt;
}


ngx_int_t
ngx_oauth_zone_create_for(ngx_conf_t *cf, ngx_str_t *name, size_t size,
    const ngx_oauth_place_t *place, void *tag, ngx_oauth_zone_root_t *root)
{
    (void) cf;
    (void) place;
    (void) tag;

    replay_zone.name = *name;
    replay_zone.size = size;
    replay_zone.pool = &replay_pool;
    replay_zone.fresh = 1;

    root->zone = &replay_zone;
    root->size = replay_zone.size;
    replay_root = root;

    return NGX_OK;
}


ngx_int_t
ngx_oauth_zone_create_secret(const ngx_oauth_zone_root_t *root, u_char *secret,
    size_t len, ngx_log_t *log)
{
    (void) root;
    (void) log;

    return (oauth_secret_create(secret, len) == 0) ? NGX_OK : NGX_ERROR;
}


void
ngx_oauth_zone_log(ngx_oauth_zone_t *zone, ngx_log_t *log)
{
    (void) zone;
    (void) log;
}


static void
replay_ok(int good, const char *name)
{
    printf("%sok %u - %s\n", good ? "" : "not ", ++replay_number, name);
}


/* A set of this size in memory that children share. */

static ngx_oauth_replay_t *
replay_create(size_t size)
{
    ngx_log_t            log;
    ngx_conf_t           cf;
    ngx_oauth_place_t    place;
    ngx_oauth_replay_t  *replay;

    memset(&cf, 0, sizeof(cf));
    memset(&log, 0, sizeof(log));
    memset(&place, 0, sizeof(place));

    replay = ngx_oauth_replay_create(&cf, size, &place, NULL);

    replay_root->memory = mmap(NULL, size, PROT_READ|PROT_WRITE,
                               MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    if (replay_root->memory == MAP_FAILED
        || replay_root->handler(replay_root, &log) != NGX_OK)
    {
        printf("Bail out! no memory\n");
        exit(1);
    }

    return replay;
}


static ngx_oauth_replay_result_t
replay_insert(ngx_oauth_replay_t *replay, uint64_t number)
{
    char         id[32];
    oauth_str_t  text;

    static const oauth_str_t  thumbprint
        = oauth_string("0123456789abcdefghijklmnopqrstuvwxyzABCDEFG");

    text.data = (unsigned char *) id;
    text.len = (size_t) snprintf(id, sizeof(id), "proof-%llu",
                                 (unsigned long long) number);

    return ngx_oauth_replay_insert(replay, thumbprint, text,
                                   replay_time.sec + REPLAY_AGE);
}


/* How many of the proofs from first to last have this result. */

static uint64_t
replay_count(ngx_oauth_replay_t *replay, uint64_t first, uint64_t last,
    ngx_oauth_replay_result_t result)
{
    uint64_t  i, n;

    for (i = first, n = 0; i < last; i++) {
        n += (replay_insert(replay, i) == result);
    }

    return n;
}


static uint64_t
replay_entries(ngx_oauth_replay_t *replay)
{
    uint64_t  entries, room;

    ngx_oauth_replay_usage(replay, &entries, &room);

    return entries;
}


/* The formula: proofs x 20 bytes x 4/3. */

static void
replay_formula(void)
{
    double               us;
    uint64_t             n;
    struct timespec      start, end;
    ngx_oauth_replay_t  *replay;

    replay = replay_create((size_t) REPLAY_PROOFS * 20 * 4 / 3 + 65536);

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);

    n = replay_count(replay, 0, REPLAY_PROOFS, NGX_OAUTH_REPLAY_NEW);

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);

    us = ((double) (end.tv_sec - start.tv_sec) * 1e6
          + (double) (end.tv_nsec - start.tv_nsec) / 1e3) / REPLAY_PROOFS;

    replay_ok(n == REPLAY_PROOFS, "100000 proofs are new");
    printf("# %.2f us each\n", us);
    replay_ok(us < 10, "each takes less than 10 us");

    replay_ok(!ngx_oauth_replay_is_crowded(replay),
              "less than three quarters are in use");
    replay_ok(replay_entries(replay) == REPLAY_PROOFS,
              "the status has all of them");

    replay_ok(replay_count(replay, 0, REPLAY_PROOFS, NGX_OAUTH_REPLAY_USED)
              == REPLAY_PROOFS, "all of them are used");

    replay_time.sec += REPLAY_AGE - 1;

    replay_ok(replay_count(replay, 0, REPLAY_PROOFS, NGX_OAUTH_REPLAY_USED)
              == REPLAY_PROOFS, "... until their time is over");

    replay_time.sec += 60;

    replay_ok(replay_entries(replay) == 0, "... which the status sees at once");
    replay_ok(replay_count(replay, 0, REPLAY_PROOFS, NGX_OAUTH_REPLAY_NEW)
              == REPLAY_PROOFS, "... and are new after it");

    munmap(replay_root->memory, replay_root->size);
}


static void
replay_full(void)
{
    uint64_t             n, crowded, room;
    ngx_oauth_replay_t  *replay;

    replay = replay_create(1024 * 1024);

    room = 1024 * 1024 / 20;
    crowded = 0;

    for (n = 0; replay_insert(replay, n) == NGX_OAUTH_REPLAY_NEW; n++) {

        if (crowded == 0 && ngx_oauth_replay_is_crowded(replay)) {
            crowded = n;
        }
    }

    printf("# room %llu, crowded at %llu, full at %llu\n",
           (unsigned long long) room, (unsigned long long) crowded,
           (unsigned long long) n);

    replay_ok(crowded > room * 73 / 100 && crowded < room * 79 / 100,
              "it is crowded at three quarters");
    replay_ok(n > room * 85 / 100 && n <= room, "it is full much later");
    replay_ok(replay_insert(replay, n) == NGX_OAUTH_REPLAY_FULL,
              "a proof that found no room is not used");
    replay_ok(replay_count(replay, 0, n, NGX_OAUTH_REPLAY_USED) == n,
              "nothing was dropped to make room");
    replay_ok(ngx_oauth_replay_sufficient(replay, REPLAY_AGE)
              >= 2 * 1024 * 1024, "at least twice the size is advised");

    replay_time.sec += REPLAY_AGE + 60;

    for (n = 0; n < 300; n++) {
        (void) ngx_oauth_replay_is_crowded(replay);
    }

    replay_ok(!ngx_oauth_replay_is_crowded(replay),
              "it is not crowded when all have expired, without an insert");

    munmap(replay_root->memory, replay_root->size);
}


/* The status of a set that is too large to be counted. */

static void
replay_large(void)
{
    uint64_t             entries, room, size;
    ngx_oauth_replay_t  *replay;

    size = 64 * 1024 * 1024;
    replay = replay_create(size);

    (void) replay_count(replay, 0, REPLAY_PROOFS, NGX_OAUTH_REPLAY_NEW);
    ngx_oauth_replay_usage(replay, &entries, &room);

    printf("# %llu entries, room for %llu\n", (unsigned long long) entries,
           (unsigned long long) room);

    replay_ok(room > size / 20 - 1000 && room <= size / 20,
              "a large set has room for what its size can hold");
    replay_ok(entries > REPLAY_PROOFS * 95 / 100
              && entries < REPLAY_PROOFS * 105 / 100,
              "the status has nearly its number of entries");

    munmap(replay_root->memory, replay_root->size);
}


/*
 * A child uses one proof after the other and is killed.  Those that it has
 * finished must be in the set, and later ones must not.
 */

static void
replay_killed(void)
{
    int                  status;
    pid_t                pid;
    uint64_t             round, base, done, bad;
    volatile uint64_t   *counter;
    ngx_oauth_replay_t  *replay;

    replay = replay_create(8 * 1024 * 1024);
    counter = mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS,
                   -1, 0);
    bad = 0;
    done = 0;

    for (round = 0; round < REPLAY_ROUNDS; round++) {

        base = round * 1000000;
        *counter = base;

        pid = fork();

        if (pid == 0) {
            for ( ;; ) {
                (void) replay_insert(replay, *counter);
                *counter += 1;
            }
        }

        while (*counter < base + 20) {
            /* wait */
        }

        usleep((useconds_t) (100 + 37 * round));
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);

        done += *counter - base;
        bad += (*counter - base)
               - replay_count(replay, base, *counter, NGX_OAUTH_REPLAY_USED);
        bad += (replay_insert(replay, *counter + 1) != NGX_OAUTH_REPLAY_NEW);
    }

    printf("# %llu proofs before %d kills\n", (unsigned long long) done,
           REPLAY_ROUNDS);
    replay_ok(done > REPLAY_ROUNDS && bad == 0,
              "a worker that is killed leaves the set whole");
}


int
main(void)
{
    ngx_cached_time = &replay_time;
    replay_time.sec = 1700000000;

    setvbuf(stdout, NULL, _IONBF, 0);

    replay_formula();
    replay_full();
    replay_large();
    replay_killed();

    printf("1..%u\n", replay_number);

    return 0;
}
