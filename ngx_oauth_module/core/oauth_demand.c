
/*
 * Whether a verified token has what a location demands.  The audience is
 * compared as RFC 7519 section 4.1.3 and RFC 8707 section 2 say; a URL below
 * the resource is accepted, too, because clients ask for a token for the URL
 * that they open.
 */


#include "oauth_demand.h"
#include "oauth_url.h"


static oauth_reason_t oauth_demand_audience(const oauth_demand_t *demand,
    const oauth_token_t *token);
static int oauth_demand_has_subject(unsigned needed, oauth_str_t subject);
static int oauth_demand_is_for(const oauth_demand_t *demand,
    oauth_str_t audience);


oauth_reason_t
oauth_demand_verify(const oauth_demand_t *demand, const oauth_token_t *token)
{
    oauth_reason_t  reason;

    if (!demand->any_audience) {

        reason = oauth_demand_audience(demand, token);
        if (reason != OAUTH_OK) {
            return reason;
        }
    }

    return oauth_demand_has_subject(demand->subject, token->subject)
           ? OAUTH_OK : OAUTH_NO_SUBJECT;
}


static int
oauth_demand_has_subject(unsigned needed, oauth_str_t subject)
{
    if (needed == 0) {
        return 1;
    }

    if (subject.len == 0) {
        return 0;
    }

    if ((needed & OAUTH_DEMAND_SUBJECT_FIELD) && !oauth_str_is_field(subject)) {
        return 0;
    }

    if ((needed & OAUTH_DEMAND_SUBJECT_TEXT) && oauth_str_has_control(subject))
    {
        return 0;
    }

    return !(needed & OAUTH_DEMAND_SUBJECT_ENCODED)
           || subject.len <= OAUTH_ENCODING_SIZE;
}


static oauth_reason_t
oauth_demand_audience(const oauth_demand_t *demand,
    const oauth_token_t *token)
{
    size_t  i;

    for (i = 0; i < token->naudience; i++) {
        if (oauth_demand_is_for(demand, token->audience[i])) {
            return OAUTH_OK;
        }
    }

    return (i == 0) ? OAUTH_NO_AUDIENCE : OAUTH_WRONG_AUDIENCE;
}


static int
oauth_demand_is_for(const oauth_demand_t *demand, oauth_str_t audience)
{
    size_t  i;

    /* If the demand was never filled in, every token is refused. */

    if (demand->resource.data == NULL) {
        return 0;
    }

    if (oauth_url_equal(audience, demand->resource)) {
        return 1;
    }

    for (i = 0; i < demand->naudience; i++) {
        if (oauth_str_equal(audience, demand->audience[i])) {
            return 1;
        }
    }

    return oauth_demand_is_below(demand, audience);
}


int
oauth_demand_is_below(const oauth_demand_t *demand, oauth_str_t url)
{
    size_t       i;
    oauth_str_t  other;

    if (!oauth_url_is_below(url, demand->resource)) {
        return 0;
    }

    for (i = 0; (other = demand->others(demand->data, i)).data; i++) {

        if (other.len > demand->resource.len
            && (oauth_url_equal(url, other)
                || oauth_url_is_below(url, other)))
        {
            return 0;
        }
    }

    return 1;
}


oauth_reason_t
oauth_demand_claim(const oauth_token_claim_t *claim,
    const oauth_str_t *values, size_t nvalues)
{
    return oauth_token_claim_has(claim, values, nvalues)
           ? OAUTH_OK : OAUTH_REQUIREMENT_NOT_MET;
}


oauth_reason_t
oauth_demand_claim_value(const oauth_token_claim_t *claim, oauth_str_t value)
{
    return value.len ? oauth_demand_claim(claim, &value, 1)
                     : OAUTH_REQUIREMENT_NOT_MET;
}


oauth_reason_t
oauth_demand_acr(const oauth_demand_t *demand, const oauth_token_t *token)
{
    size_t  i;

    for (i = 0; i < demand->nacr; i++) {
        if (token->acr.data && oauth_str_equal(token->acr, demand->acr[i])) {
            return OAUTH_OK;
        }
    }

    return (demand->nacr == 0) ? OAUTH_OK : OAUTH_INSUFFICIENT_AUTHENTICATION;
}


oauth_reason_t
oauth_demand_max_age(const oauth_demand_t *demand, const oauth_token_t *token,
    int64_t now)
{
    int64_t  leeway;

    if (demand->max_age == 0) {
        return OAUTH_OK;
    }

    leeway = token->rules->leeway;

    return (token->has_auth_time
            && token->auth_time <= now + leeway
            && now - token->auth_time - leeway <= demand->max_age)
           ? OAUTH_OK : OAUTH_INSUFFICIENT_AUTHENTICATION;
}


oauth_reason_t
oauth_demand_scopes(oauth_str_t scopes, oauth_str_t granted,
    const oauth_scope_rule_t *rules, size_t nrules)
{
    size_t       n;
    oauth_str_t  scope;

    if (!oauth_scope_bounded(scopes)) {
        return OAUTH_INSUFFICIENT_SCOPE;
    }

    for (n = 0; oauth_scope_next(&scopes, &scope); n++) {
        if (!oauth_scope_granted(granted, scope, rules, nrules)) {
            return OAUTH_INSUFFICIENT_SCOPE;
        }
    }

    return (n > 0) ? OAUTH_OK : OAUTH_INSUFFICIENT_SCOPE;
}
