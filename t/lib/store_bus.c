/*
 * What a store does for the bus of a fleet, without nginx and without a bus.
 *
 *   store_bus                      prints TAP
 *   store_bus speed ENTRIES BATCH  prints how fast entries of other nodes are
 *                                  written to the disk of $TMPDIR
 */


#include "store_fixture.h"


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
        p = store_position(STORE_SERVER, i, i + n);
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

    store_test_entries();
    store_test_kept();
    store_test_model();

    store_plan();

    return 0;
}
