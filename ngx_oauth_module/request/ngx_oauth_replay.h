
/*
 * The proofs that have been used, for as long as they could be used again (RFC
 * 9449 section 11.1), in a shared zone of their own and of a fixed size, and
 * the secret of the nonces (section 8).  A proof that could still be used again
 * is never dropped to make room.  The zone keeps its content over a reload; it
 * begins empty, with new secrets, when nginx starts, after another size, and in
 * a new binary.  The view of the zone is in the configuration's pool.
 */


#ifndef NGX_OAUTH_REPLAY_H_INCLUDED
#define NGX_OAUTH_REPLAY_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "ngx_oauth_zone.h"


typedef enum {
    NGX_OAUTH_REPLAY_NEW = 0,
    NGX_OAUTH_REPLAY_USED,
    NGX_OAUTH_REPLAY_FULL
} ngx_oauth_replay_result_t;


/* Creates the zone, in the master.  NULL: an error, which is logged. */

ngx_oauth_replay_t *ngx_oauth_replay_create(ngx_conf_t *cf, size_t size,
    const ngx_oauth_place_t *place, void *tag);

/*
 * Called when the configuration is in force: logs that the set is empty now, if
 * its size was changed.
 */

void ngx_oauth_replay_log(ngx_oauth_replay_t *replay, ngx_log_t *log);

/* The secret of oauth_nonce, OAUTH_NONCE_KEY bytes. */

const u_char *ngx_oauth_replay_secret(const ngx_oauth_replay_t *replay);

/*
 * Marks a proof as used until the given time, in seconds since the epoch: id is
 * its jti, and thumbprint that of its key.  Returns NGX_OAUTH_REPLAY_NEW: it
 * was not used before; _USED: it was, and nothing has changed; _FULL: there is
 * no room, and nothing was remembered.
 */

ngx_oauth_replay_result_t ngx_oauth_replay_insert(ngx_oauth_replay_t *replay,
    oauth_str_t thumbprint, oauth_str_t id, time_t until);

/* Returns 1 if at least three quarters of the set are in use. */

ngx_uint_t ngx_oauth_replay_is_crowded(ngx_oauth_replay_t *replay);

/*
 * Sets *entries to the number of proofs that are remembered, and *room to how
 * many that can be.  In a zone above 10 MB, *entries is an estimate.
 */

void ngx_oauth_replay_usage(const ngx_oauth_replay_t *replay,
    uint64_t *entries, uint64_t *room);

/*
 * Returns the size in bytes of a zone that is sufficient for as many requests
 * as came in the last minute, each of which is remembered for so many seconds;
 * but at least twice the size of the present one.
 */

size_t ngx_oauth_replay_sufficient(const ngx_oauth_replay_t *replay,
    time_t seconds);


#endif /* NGX_OAUTH_REPLAY_H_INCLUDED */
