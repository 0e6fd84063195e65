
/*
 * Whether a token was revoked.  This is looked at on every request, also for a
 * token that the worker knows, so that a revocation counts from the moment that
 * it is on disk.  While nothing is heard of the other nodes of a fleet, they
 * may have revoked tokens that are not revoked here.
 */


#ifndef NGX_OAUTH_REVOKED_H_INCLUDED
#define NGX_OAUTH_REVOKED_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Looks the token up.  Returns OAUTH_OK, OAUTH_REVOKED,
 * OAUTH_REVOCATIONS_UNAVAILABLE (the store cannot be read) or
 * OAUTH_SERVER_ERROR (memory is short).  The token remembers the state of the
 * store in which it was good.
 */

oauth_reason_t ngx_oauth_revoked_lookup(ngx_oauth_store_t *store,
    oauth_token_t *token);


/*
 * Does the same.  As long as the store has not changed since the token was
 * found to be good, this is one comparison.
 */

static ngx_inline oauth_reason_t
ngx_oauth_revoked_verify(ngx_oauth_store_t *store, oauth_token_t *token)
{
    return ngx_oauth_store_is_unchanged(store, token->epoch)
           ? OAUTH_OK : ngx_oauth_revoked_lookup(store, token);
}

/*
 * Does the same for a new request, for which other nodes count as well: where
 * the bus has been silent for longer than its location allows, the token may be
 * revoked there.  Returns also OAUTH_REVOCATIONS_STALE (the token is not new)
 * or OAUTH_REVOCATIONS_SILENT (no token may be used), and sets *silence to for
 * how long that was, as of ngx_oauth_bus_silence.
 */

oauth_reason_t ngx_oauth_revoked_judge(const ngx_oauth_main_conf_t *mcf,
    const ngx_oauth_conf_stale_t *stale, oauth_token_t *token,
    ngx_msec_t *silence);



#endif /* NGX_OAUTH_REVOKED_H_INCLUDED */
