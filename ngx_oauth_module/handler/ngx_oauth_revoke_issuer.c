
/*
 * The issuer of what was sent to revoke: which blocks of the configuration are
 * about it, and waiting for its keys or for its answer.  When a wait is over,
 * the request is read again from its beginning (ngx_oauth_revoke.c).
 */


#include "ngx_oauth_revoke.h"


static void ngx_oauth_revoke_wait(ngx_oauth_revoke_t *revoke);


ngx_oauth_issuer_t *
ngx_oauth_revoke_next_issuer(const ngx_oauth_revoke_t *revoke,
    oauth_str_t identifier)
{
    ngx_uint_t            i, found;
    ngx_oauth_issuer_t  **issuers;

    issuers = revoke->mcf->issuers.elts;
    found = (revoke->issuer == NULL);

    for (i = 0; i < revoke->mcf->issuers.nelts; i++) {

        if (found && oauth_str_equal(issuers[i]->rules.issuer, identifier)) {
            return issuers[i];
        }

        if (issuers[i] == revoke->issuer) {
            found = 1;
        }
    }

    return NULL;
}


ngx_int_t
ngx_oauth_revoke_wait_for_keys(ngx_oauth_revoke_t *revoke,
    ngx_uint_t unknown_key)
{
    ngx_oauth_revoke_wait(revoke);

    return ngx_oauth_provider_wait(revoke->issuer->provider, unknown_key,
                                   &revoke->wait);
}


ngx_int_t
ngx_oauth_revoke_wait_for_newer_keys(ngx_oauth_revoke_t *revoke,
    oauth_reason_t reason)
{
    if (revoke->refetched || !oauth_jwks_other_may_help(reason)) {
        return NGX_DECLINED;
    }

    revoke->refetched = 1;

    return ngx_oauth_revoke_wait_for_keys(revoke, 1);
}


ngx_int_t
ngx_oauth_revoke_wait_for_answer(ngx_oauth_revoke_t *revoke)
{
    ngx_oauth_revoke_wait(revoke);

    return ngx_oauth_question_wait(revoke->question, &revoke->wait);
}


/* If the client closes the connection while it waits, the request ends. */

static void
ngx_oauth_revoke_wait(ngx_oauth_revoke_t *revoke)
{
    revoke->request->read_event_handler = ngx_http_test_reading;
    revoke->request->write_event_handler = ngx_http_request_empty_handler;
}
