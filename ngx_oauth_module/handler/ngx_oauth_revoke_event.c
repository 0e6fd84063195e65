
/*
 * The inputs "signals" and "logout": what an authorization server has signed,
 * as the body itself or as a parameter of a form.  The issuer that it names
 * must be one of the configuration, whose keys verify it.
 */


#include "ngx_oauth_revoke.h"


static ngx_int_t ngx_oauth_revoke_event_parse(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_event_verify(ngx_oauth_revoke_t *revoke);
static void ngx_oauth_revoke_event_accept(ngx_oauth_revoke_t *revoke);


/* Several blocks may be about one issuer: one that verifies it is enough. */

ngx_int_t
ngx_oauth_revoke_event(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t            rc;
    ngx_oauth_issuer_t  *next;

    if (!revoke->parsed) {

        rc = ngx_oauth_revoke_event_parse(revoke);

        if (rc != NGX_OK) {
            return rc;
        }

        revoke->parsed = 1;
    }

    for ( ;; ) {

        rc = ngx_oauth_revoke_event_verify(revoke);

        if (rc != NGX_DECLINED) {
            return rc;
        }

        next = ngx_oauth_revoke_next_issuer(revoke, revoke->order.issuer);

        if (next == NULL) {
            return revoke->missing ? NGX_ERROR : NGX_DECLINED;
        }

        revoke->issuer = next;
        revoke->refetched = 0;
    }
}


static ngx_int_t
ngx_oauth_revoke_event_parse(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t       rc;
    oauth_str_t     text;
    oauth_result_t  result;

    if (revoke->input->bit == NGX_OAUTH_REVOKE_SIGNALS) {
        text = ngx_oauth_str(&revoke->body);

    } else {
        rc = ngx_oauth_revoke_read_parameter(revoke, "logout_token", &text);

        if (rc == NGX_DECLINED) {
            return ngx_oauth_revoke_refuse(revoke, "invalid_request",
                                           "The form needs exactly one "
                                           "parameter \"logout_token\"");
        }

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    result = oauth_order_parse_event(text, &revoke->order);

    if (result != OAUTH_DONE) {
        return (result == OAUTH_INVALID) ? NGX_DECLINED : NGX_ERROR;
    }

    revoke->issuer = ngx_oauth_revoke_next_issuer(revoke,
                                                  revoke->order.issuer);
    if (revoke->issuer == NULL) {
        return ngx_oauth_revoke_refuse(revoke, "invalid_issuer",
                                       "Its issuer is not one that this "
                                       "server knows");
    }

    return NGX_OK;
}


/* NGX_DECLINED: by the rules and keys of this block, it is not good. */

static ngx_int_t
ngx_oauth_revoke_event_verify(ngx_oauth_revoke_t *revoke)
{
    oauth_reason_t         reason;
    oauth_order_rules_t    rules;
    ngx_oauth_provider_t  *provider;

    provider = revoke->issuer->provider;

    rules.type = (revoke->input->bit == NGX_OAUTH_REVOKE_SIGNALS)
                 ? OAUTH_ORDER_SIGNAL : OAUTH_ORDER_LOGOUT_TOKEN;
    rules.rules = &revoke->issuer->rules;
    rules.keys = provider ? ngx_oauth_provider_keys(provider) : NULL;
    rules.audience = revoke->conf->revocation_audience->elts;
    rules.naudience = revoke->conf->revocation_audience->nelts;
    rules.longest = revoke->mcf->longest;
    rules.now = ngx_time();

    if (rules.keys == NULL) {

        if (provider
            && ngx_oauth_revoke_wait_for_keys(revoke, 0) == NGX_AGAIN)
        {
            return NGX_AGAIN;
        }

        revoke->missing = 1;
        return NGX_DECLINED;
    }

    reason = oauth_order_verify_event(&revoke->order, &rules);

    if (reason == OAUTH_OK) {
        ngx_oauth_revoke_event_accept(revoke);
        return NGX_OK;
    }

    if (reason == OAUTH_SERVER_ERROR) {
        return NGX_ERROR;
    }

    return ngx_oauth_revoke_wait_for_newer_keys(revoke, reason);
}


static void
ngx_oauth_revoke_event_accept(ngx_oauth_revoke_t *revoke)
{
    revoke->entries = revoke->order.entries;
    revoke->n = revoke->order.n;

    if (revoke->order.notice) {
        ngx_log_error(NGX_LOG_NOTICE, revoke->request->connection->log, 0,
                      "oauth: a message for the input \"%V\" of "
                      "oauth_revoke has no effect: %s",
                      &revoke->input->name, revoke->order.notice);
    }
}
