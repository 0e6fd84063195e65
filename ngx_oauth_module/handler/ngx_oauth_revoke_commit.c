
/*
 * From the entries that an input has read to the response: they are written to
 * the store, which calls back when they are on disk, and then the bus is told.
 * Until all of that is done the request stays, whoever wants to end it.
 */


#include "ngx_oauth_revoke.h"


static ngx_uint_t ngx_oauth_revoke_stays(const ngx_oauth_revoke_t *revoke,
    const oauth_order_entry_t *entry);
static void ngx_oauth_revoke_committed(ngx_oauth_store_commit_t *commit);
static ngx_int_t ngx_oauth_revoke_answer(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_repeated(ngx_oauth_revoke_t *revoke);


/*
 * NGX_DONE: the entries are being written.  Until that is done the request
 * stays: also if its client leaves, or if nginx or this module ends it, which
 * "blocked" puts off.
 */

ngx_int_t
ngx_oauth_revoke_commit(ngx_oauth_revoke_t *revoke)
{
    size_t                     i;
    ngx_oauth_store_commit_t  *commit;

    commit = &revoke->commit;

    if (revoke->order.used.end) {
        commit->used = &revoke->order.used;
    }

    if (revoke->n == 0 && commit->used == NULL) {
        return ngx_oauth_revoke_done(revoke);
    }

    commit->entries = ngx_palloc(revoke->request->pool,
                                (revoke->n + 1) * sizeof(oauth_revocation_t));
    if (commit->entries == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for (i = 0; i < revoke->n; i++) {
        commit->entries[i] = revoke->entries[i].entry;

        if (ngx_oauth_revoke_stays(revoke, &revoke->entries[i])) {
            commit->entries[i].end = OAUTH_REVOCATION_ALWAYS;
        }
    }

    commit->n = revoke->n;
    commit->handler = ngx_oauth_revoke_committed;
    commit->data = revoke;

    revoke->request->read_event_handler = ngx_http_block_reading;
    revoke->request->write_event_handler = ngx_http_request_empty_handler;
    revoke->request->main->blocked++;

    ngx_oauth_store_write(revoke->mcf->store, commit);

    return NGX_DONE;
}


/*
 * Opaque tokens need not have an exp, and their issuer may say for years that
 * they are active: an entry that may be about such a token never ends.
 */

static ngx_uint_t
ngx_oauth_revoke_stays(const ngx_oauth_revoke_t *revoke,
    const oauth_order_entry_t *entry)
{
    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuers;

    if (entry->entry.end) {
        return 0;
    }

    issuers = revoke->mcf->issuers.elts;

    for (i = 0; i < revoke->mcf->issuers.nelts; i++) {
        if (issuers[i]->introspect != NGX_OAUTH_INTROSPECT_OFF
            && oauth_str_equal(issuers[i]->rules.issuer, entry->names.issuer))
        {
            return 1;
        }
    }

    return 0;
}


static void
ngx_oauth_revoke_committed(ngx_oauth_store_commit_t *commit)
{
    ngx_connection_t    *c;
    ngx_oauth_revoke_t  *revoke;
    ngx_http_request_t  *r;

    revoke = commit->data;
    r = revoke->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (commit->result == NGX_OAUTH_STORE_DONE) {

        ngx_oauth_revoke_audit(revoke);

        if (ngx_oauth_revoke_publish(revoke) == NGX_AGAIN) {
            return;
        }
    }

    r->main->blocked--;

    ngx_http_finalize_request(r, ngx_oauth_revoke_answer(revoke));
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_oauth_revoke_answer(ngx_oauth_revoke_t *revoke)
{
    switch (revoke->commit.result) {

    case NGX_OAUTH_STORE_DONE:
        return ngx_oauth_revoke_done(revoke);

    case NGX_OAUTH_STORE_USED:
        return ngx_oauth_revoke_repeated(revoke);

    case NGX_OAUTH_STORE_FULL:
        (void) ngx_oauth_revoke_refuse(revoke, "temporarily_unavailable",
                                       "The store of revocations is full; "
                                       "nothing was revoked");
        return ngx_oauth_revoke_fail(revoke, NGX_HTTP_INSUFFICIENT_STORAGE);

    default:    /* NGX_OAUTH_STORE_UNUSABLE */
        (void) ngx_oauth_revoke_refuse(revoke, "temporarily_unavailable",
                                       "The store of revocations cannot be "
                                       "used; send this again later");
        return ngx_oauth_revoke_fail(revoke, NGX_HTTP_SERVICE_UNAVAILABLE);
    }
}


/*
 * Transmitters send a signal again until it is accepted, so that is no error
 * (RFC 8935 section 2.3).  Nobody sends a logout token twice.
 */

static ngx_int_t
ngx_oauth_revoke_repeated(ngx_oauth_revoke_t *revoke)
{
    ngx_log_error(NGX_LOG_INFO, revoke->request->connection->log, 0,
                  "oauth: the message for the input \"%V\" of oauth_revoke "
                  "was accepted before: it has no effect",
                  &revoke->input->name);

    if (revoke->input->bit == NGX_OAUTH_REVOKE_SIGNALS) {
        return ngx_oauth_revoke_done(revoke);
    }

    (void) ngx_oauth_revoke_refuse(revoke, "invalid_request",
                                   "This logout token was used before");

    return ngx_oauth_revoke_fail(revoke, NGX_HTTP_BAD_REQUEST);
}
