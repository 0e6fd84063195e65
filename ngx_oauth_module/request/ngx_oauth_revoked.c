
/*
 * Looks a token up among the revocations.  The store says of which kinds there
 * are any, so that there is one look-up for each of these kinds and no more.
 * The store is the configuration's, and the token the caller's.
 */


#include "ngx_oauth_revoked.h"


static oauth_reason_t ngx_oauth_revoked_find(ngx_oauth_store_t *store,
    oauth_token_t *token);


oauth_reason_t
ngx_oauth_revoked_lookup(ngx_oauth_store_t *store, oauth_token_t *token)
{
    uint64_t        epoch;
    oauth_reason_t  reason;

    if (ngx_oauth_store_renew(store, &epoch) != NGX_OK) {
        return OAUTH_REVOCATIONS_UNAVAILABLE;
    }

    reason = OAUTH_OK;

    if (token->epoch != epoch) {

        reason = ngx_oauth_revoked_find(store, token);

        if (reason == OAUTH_OK) {
            token->epoch = epoch;
        }
    }

    ngx_oauth_store_reset(store);

    return reason;
}


static oauth_reason_t
ngx_oauth_revoked_find(ngx_oauth_store_t *store, oauth_token_t *token)
{
    size_t                           i;
    int64_t                          floor;
    ngx_int_t                        rc;
    oauth_revocation_t               entry;
    const oauth_revocation_kinds_t  *kinds;

    kinds = ngx_oauth_store_kinds(store);
    if (kinds == NULL) {
        return OAUTH_REVOCATIONS_UNAVAILABLE;
    }

    floor = ngx_oauth_store_floor(store);

    if (floor && token->issued_at <= floor) {
        return OAUTH_REVOKED;
    }

    if (kinds->n == 0) {
        return OAUTH_OK;
    }

    if (oauth_revocation_find_keys(token, kinds) != 0) {
        return OAUTH_SERVER_ERROR;
    }

    for (i = 0; i < token->keys->n; i++) {

        rc = ngx_oauth_store_lookup(store, token->keys->keys[i], &entry);

        if (rc == NGX_ERROR) {
            return OAUTH_REVOCATIONS_UNAVAILABLE;
        }

        if (rc == NGX_OK && oauth_revocation_has(&entry, token)) {
            return OAUTH_REVOKED;
        }
    }

    return OAUTH_OK;
}


/*
 * A silence of NGX_OAUTH_BUS_NEVER is longer than any other.  An iat of 0 is
 * none, and longer ago than any time that is configured.
 */

oauth_reason_t
ngx_oauth_revoked_judge(const ngx_oauth_main_conf_t *mcf,
    const ngx_oauth_conf_stale_t *stale, oauth_token_t *token,
    ngx_msec_t *silence)
{
    oauth_reason_t  reason;

    reason = ngx_oauth_revoked_verify(mcf->store, token);

    if (mcf->bus == NULL
        || reason != OAUTH_OK
        || stale->mode == NGX_OAUTH_STALE_SERVE)
    {
        return reason;
    }

    *silence = ngx_oauth_bus_silence(mcf->bus);

    if (*silence <= stale->time) {
        return OAUTH_OK;
    }

    if (stale->mode == NGX_OAUTH_STALE_DENY) {
        return OAUTH_REVOCATIONS_SILENT;
    }

    return (token->issued_at >= ngx_time() - stale->fresh)
           ? OAUTH_OK : OAUTH_REVOCATIONS_STALE;
}
