
/*
 * One issuer's keys in this worker: parsed from what the zone holds, usable
 * for a time, fetched when that is due and nobody else does.  It knows no
 * requests.
 */


#ifndef NGX_OAUTH_KEYS_H_INCLUDED
#define NGX_OAUTH_KEYS_H_INCLUDED


#include "ngx_oauth_doc.h"
#include "ngx_oauth_provider.h"
#include "ngx_oauth_refresh.h"


typedef struct ngx_oauth_keys_s  ngx_oauth_keys_t;

/* Called when a fetch has ended, well or badly, in whichever worker. */

typedef void (*ngx_oauth_keys_pt)(ngx_oauth_keys_t *keys);


struct ngx_oauth_keys_s {
    ngx_oauth_issuer_t     *issuer;
    ngx_oauth_doc_t        *doc;        /* NULL: the keys of a file           */
    ngx_oauth_keys_pt       handler;
    ngx_log_t              *log;

    oauth_jwks_t           *set;
    oauth_jwks_t           *retired;    /* may still be in a caller's hands   */
    ngx_uint_t              generation; /* of what this worker hands out      */
    unsigned                usable:1;

    ngx_oauth_doc_state_t   state;      /* the record's, as last seen         */
    ngx_uint_t              parsed;     /* the record's generation of set     */
    ngx_uint_t              jitter;     /* percent                            */
    ngx_msec_t              due;        /* of the next scheduled fetch        */
    ngx_msec_t              expires;    /* of the keys                        */

    ngx_oauth_refresh_t    *refresh;    /* ours, under way                    */
    ngx_oauth_doc_cause_t   cause;      /* of that                            */
};


void ngx_oauth_keys_create(ngx_oauth_keys_t *keys, ngx_oauth_issuer_t *issuer,
    ngx_oauth_keys_pt handler, ngx_log_t *log);

/* Ends a fetch under way and gives its lease back. */

void ngx_oauth_keys_free(ngx_oauth_keys_t *keys);


/* Brings set, usable and generation up to date; locks only for news. */

void ngx_oauth_keys_lookup(ngx_oauth_keys_t *keys);

/* The same, and the rest too, with the lock. */

void ngx_oauth_keys_update(ngx_oauth_keys_t *keys);

/* Ends the lease of a worker that is dead or late. */

void ngx_oauth_keys_expire(ngx_oauth_keys_t *keys);


/* As of the last update: 1 when a fetch is under way in any worker. */

ngx_uint_t ngx_oauth_keys_is_fetching(ngx_oauth_keys_t *keys);

/*
 * Starts a fetch if the schedule wants one, or if an unknown key may cause
 * one; unless another worker was faster.  1 when one is under way now; 0: not
 * before the backoff, or key_refetch, has passed.
 */

ngx_uint_t ngx_oauth_keys_fetch(ngx_oauth_keys_t *keys,
    ngx_uint_t unknown_key);


#endif /* NGX_OAUTH_KEYS_H_INCLUDED */
