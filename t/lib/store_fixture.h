/*
 * A store of revocations without nginx: what its files want of nginx is here,
 * and its thread runs when the test says so, within the call.  Each store is in
 * a temporary folder, and does not wait for the disk unless it is told to.
 */

#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H


#include "ngx_oauth_store_bus.h"
#include "ngx_oauth_store_entry.h"
#include "ngx_oauth_store_job.h"


#define STORE_NOW      1700000000       /* what the clock says at first       */
#define STORE_LONGEST  3600             /* seconds                            */
#define STORE_SIZE     (64 * 1024 * 1024)

/* The run id of a server. */

#define STORE_SERVER   "0123456789abcdef0123456789abcdef01234567"

#define KIND           OAUTH_REVOCATION_SUBJECT
#define CLIENT         OAUTH_REVOCATION_CLIENT
#define TOKEN          OAUTH_REVOCATION_TOKEN
#define USED           OAUTH_REVOCATION_USED
#define ALWAYS         OAUTH_REVOCATION_ALWAYS
#define NOW            STORE_NOW


typedef struct {
    ngx_oauth_store_t   store;
    char                path[4096];
    size_t              size;           /* of the map                         */
    int                 sync;
    ngx_uint_t          jobs[64];       /* what its thread has done           */
    ngx_uint_t          njobs;
    u_char              log[4096];      /* all that was logged                */
    size_t              log_len;
} store_fixture_t;


extern ngx_thread_task_t  *store_task;      /* is to be run, or NULL          */
extern store_fixture_t    *store_current;   /* the last that was created      */


/* The clock. */

void store_set_time(time_t now);

/* TAP: one line for each check, and the plan at the end. */

void store_ok(int good, const char *name);
void store_is(int64_t got, int64_t expected, const char *name);
void store_plan(void);

/* Creates a folder with a store, and opens it.  fleet: it has a bus. */

store_fixture_t *store_create(ngx_uint_t fleet, size_t size, int sync);

/* Closes it and opens it again, as another worker would. */

void store_reopen(store_fixture_t *f);

/* Closes it, and removes the folder. */

void store_free(store_fixture_t *f);

/* Runs events and tasks until there are none; the other one events only. */

void store_run(store_fixture_t *f);
void store_run_events(void);


/* An entry about subject n.  kind is the first byte of its key. */

oauth_revocation_t store_entry(unsigned kind, uint64_t n, int64_t cut,
    int64_t end, int64_t time);

/* Accepts an entry here, and waits for it. */

ngx_oauth_store_result_t store_accept(store_fixture_t *f,
    oauth_revocation_t entry);

/* Reads entries from the bus, and waits for them. */

ngx_oauth_store_bus_commit_t store_read(store_fixture_t *f,
    const oauth_revocation_t *entries, ngx_uint_t n,
    const oauth_stream_position_t *position);
ngx_oauth_store_bus_commit_t store_read_one(store_fixture_t *f,
    oauth_revocation_t entry);
void store_write(store_fixture_t *f, ngx_oauth_store_bus_commit_t *commit);

/* These read. */

uint64_t store_epoch(store_fixture_t *f);
int store_is_unsent(store_fixture_t *f, oauth_revocation_t entry);
uint64_t store_count_unsent(store_fixture_t *f);
int store_row(store_fixture_t *f, oauth_revocation_t entry,
    ngx_oauth_store_row_t *row);

/* The number of rows whose key has this first byte. */

uint64_t store_count(store_fixture_t *f, unsigned first);

/*
 * The number of entries, if the head and the rows of times count as many as
 * there are of this kind and of used jtis; else -1.
 */

int64_t store_count_entries(store_fixture_t *f, unsigned kind);

/* The position with this server and numbers; and that of the store. */

oauth_stream_position_t store_position(const char *server, uint64_t ms,
    uint64_t added);
ngx_int_t store_read_position(store_fixture_t *f,
    oauth_stream_position_t *position);

/* As ngx_oauth_store_bus_read_unsent; returns the number. */

ngx_uint_t store_read_unsent(store_fixture_t *f, const u_char *after,
    oauth_revocation_t *entries, ngx_uint_t n);

/* As ngx_oauth_store_bus_read, at the time of the clock. */

ngx_int_t store_read_range(store_fixture_t *f, const u_char *after,
    int64_t since, ngx_uint_t foreign, oauth_revocation_t *entries,
    ngx_uint_t *n, u_char *next);

/* How many of these entries there are, fewer than 256. */

ngx_uint_t store_count_range(store_fixture_t *f, int64_t since,
    ngx_uint_t foreign);

int store_same(const oauth_revocation_t *a, const oauth_revocation_t *b);


/* The tests. */

void store_test_entries(void);
void store_test_kept(void);
void store_test_model(void);


#endif
