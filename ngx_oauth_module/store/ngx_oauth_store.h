
/*
 * The revocations of a node, on disk: an LMDB environment that all workers
 * have open.  What a commit has written is on disk, and every worker finds it,
 * when its handler is called.  Commits run in nginx's thread pool, so that no
 * event loop waits for the disk; look-ups are reads of mapped memory.
 *
 * What cannot be read is an error, and never "nothing is revoked".
 *
 * A store is created with the configuration, in its pool; a worker opens it
 * after the fork, and the master never does.
 */


#ifndef NGX_OAUTH_STORE_H_INCLUDED
#define NGX_OAUTH_STORE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_oauth_place.h"
#include "oauth_revocation.h"


#define NGX_OAUTH_STORE_BATCH  1024     /* entries of a commit, at most       */
#define NGX_OAUTH_STORE_ERROR  256      /* bytes of an error                  */


typedef struct ngx_oauth_store_s         ngx_oauth_store_t;
typedef struct ngx_oauth_store_commit_s  ngx_oauth_store_commit_t;

typedef void (*ngx_oauth_store_pt)(ngx_oauth_store_commit_t *commit);


typedef enum {
    NGX_OAUTH_STORE_DONE = 0,           /* it is on disk                      */
    NGX_OAUTH_STORE_USED,               /* "used" was there: nothing was
                                           written                            */
    NGX_OAUTH_STORE_FULL,               /* the map or the disk is full: nothing
                                           was written                        */
    NGX_OAUTH_STORE_UNUSABLE            /* it may be on disk or not: it has to
                                           be written again; why is logged    */
} ngx_oauth_store_result_t;


/*
 * Entries to be written together.  The caller fills in the first five members,
 * and keeps the structure and the entries until the handler is called, which is
 * always done from the event loop and never within ngx_oauth_store_write.
 */

struct ngx_oauth_store_commit_s {
    oauth_revocation_t         *entries;
    ngx_uint_t                  n;      /* at most NGX_OAUTH_STORE_BATCH      */
    const oauth_revocation_t   *used;   /* an entry that must be new; NULL:
                                           there is none                      */
    ngx_oauth_store_pt          handler;
    void                       *data;

    ngx_oauth_store_result_t    result;
    ngx_queue_t                 queue;  /* the store's                        */
};


typedef struct {
    ngx_uint_t                  usable;
    u_char                      error[NGX_OAUTH_STORE_ERROR];   /* why it is
                                                                   not        */
    size_t                      error_len;
    uint64_t                    counts[OAUTH_REVOCATION_KINDS + 1];
                                        /* entries by kind; the last number is
                                           of OAUTH_REVOCATION_USED           */
    time_t                      oldest; /* when the oldest entry was accepted,
                                           0: there is none                   */
    uint64_t                    size;   /* of the map, in bytes               */
    uint64_t                    used;   /* bytes of it                        */
    ngx_uint_t                  commits;    /* since nginx was started        */
    time_t                      last;   /* when the last one was done; 0: none
                                                                              */
} ngx_oauth_store_status_t;


/*
 * In the master: checks the folder and nginx's threads, and creates the store's
 * shared zone.  place: of the directive, for errors.  tag: as of
 * ngx_oauth_zone_create.  NULL: an error, which is logged.
 */

ngx_oauth_store_t *ngx_oauth_store_create(ngx_conf_t *cf,
    const ngx_str_t *folder, size_t size, const ngx_oauth_place_t *place,
    void *tag);

/*
 * In a worker that starts: opens the environment.  longest: seconds for which
 * any token of the configuration may be good, with the leeway.  An error is
 * logged, and leaves a store that cannot be used.
 */

void ngx_oauth_store_start(ngx_oauth_store_t *store, ngx_cycle_t *cycle,
    int64_t longest);

/* In a worker that exits: closes the environment. */

void ngx_oauth_store_done(ngx_oauth_store_t *store);


/*
 * Begins to read what is on disk at this moment.  Returns NGX_OK and a number
 * that changes with every commit, and is never 0; ngx_oauth_store_reset must
 * follow before control returns to the event loop.  NGX_ERROR: the store cannot
 * be read, and nothing has begun; why is logged.
 */

ngx_int_t ngx_oauth_store_renew(ngx_oauth_store_t *store, uint64_t *epoch);

void ngx_oauth_store_reset(ngx_oauth_store_t *store);

/*
 * 1: nothing was committed since renew returned this number, and no look-up is
 * needed.  0: that is not certain.  It costs less than renew and reset.
 */

ngx_uint_t ngx_oauth_store_is_unchanged(ngx_oauth_store_t *store,
    uint64_t epoch);

/*
 * These three are between renew and reset.  _kinds: the kinds of which there
 * are entries; valid until the next renew; NULL: the store cannot be read.
 * _lookup: NGX_OK and the entry, NGX_DECLINED: there is none, NGX_ERROR: the
 * store cannot be read.  _floor: tokens with an iat up to this (seconds since
 * the epoch) are revoked, because the store may have dropped entries about them
 * before max_token_lifetime was raised; 0: none.
 */

const oauth_revocation_kinds_t *ngx_oauth_store_kinds(
    ngx_oauth_store_t *store);
ngx_int_t ngx_oauth_store_lookup(ngx_oauth_store_t *store,
    const u_char key[OAUTH_REVOCATION_KEY], oauth_revocation_t *entry);
int64_t ngx_oauth_store_floor(ngx_oauth_store_t *store);


/*
 * Writes the entries of a commit, all or none of them.  Where an entry is there
 * already, the later cut and the later end are kept.
 */

void ngx_oauth_store_write(ngx_oauth_store_t *store,
    ngx_oauth_store_commit_t *commit);

/* What the status shows. */

void ngx_oauth_store_read_status(ngx_oauth_store_t *store,
    ngx_oauth_store_status_t *status);


#endif /* NGX_OAUTH_STORE_H_INCLUDED */
