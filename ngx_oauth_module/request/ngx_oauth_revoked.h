
/*
 * Whether a token was revoked.  This is looked at on every request, also for a
 * token that the worker knows, so that a revocation counts from the moment that
 * it is on disk.
 */


#ifndef NGX_OAUTH_REVOKED_H_INCLUDED
#define NGX_OAUTH_REVOKED_H_INCLUDED


#include "ngx_oauth_store.h"


/*
 * Returns OAUTH_OK, OAUTH_REVOKED, OAUTH_REVOCATIONS_UNAVAILABLE (the store
 * cannot be read) or OAUTH_SERVER_ERROR (memory is short).  The token remembers
 * the state of the store in which it was good; as long as the store has not
 * changed, this is one comparison.
 */

oauth_reason_t ngx_oauth_revoked_verify(ngx_oauth_store_t *store,
    oauth_token_t *token);


#endif /* NGX_OAUTH_REVOKED_H_INCLUDED */
