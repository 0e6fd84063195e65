
/*
 * The policy of a location: the audience (RFC 7519 section 4.1.3, RFC 8707), a
 * subject if an oauth_header forwards it, the required claims, how and when the
 * user has signed in (RFC 9470), and the scopes (RFC 6749 section 3.3).  The
 * policy is evaluated for each request, also for a known token, and its result
 * is valid for the request's current location only.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_policy.h"
#include "ngx_oauth_resource.h"
#include "oauth_demand.h"


static oauth_reason_t ngx_oauth_policy_requires(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);
static oauth_reason_t ngx_oauth_policy_variables(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_token_claim_t *claim);
static oauth_reason_t ngx_oauth_policy_authentication(
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);
static oauth_reason_t ngx_oauth_policy_scopes(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, oauth_str_t granted);
static oauth_reason_t ngx_oauth_policy_alternative(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_oauth_scope_term_t *term,
    ngx_http_complex_value_t *alternative, oauth_str_t granted);


oauth_reason_t
ngx_oauth_policy_verify(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token)
{
    oauth_reason_t  reason;

    reason = oauth_demand_verify(&conf->demand, token);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = ngx_oauth_policy_requires(r, conf, token);
    if (reason != OAUTH_OK) {
        return reason;
    }

    /* This comes before the scopes, since its challenge names these, too. */

    if (conf->demand.nacr || conf->demand.max_age) {

        reason = ngx_oauth_policy_authentication(conf, token);
        if (reason != OAUTH_OK) {
            return reason;
        }
    }

    return ngx_oauth_policy_scopes(r, conf, token->scope);
}


static oauth_reason_t
ngx_oauth_policy_requires(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token)
{
    ngx_uint_t            i;
    oauth_reason_t        reason;
    ngx_oauth_require_t  *requires;

    requires = conf->requires ? conf->requires->elts : NULL;

    for (i = 0; requires && i < conf->requires->nelts; i++) {

        reason = ngx_oauth_policy_requirement(r, &requires[i], token);
        if (reason != OAUTH_OK) {
            return reason;
        }
    }

    return OAUTH_OK;
}


oauth_reason_t
ngx_oauth_policy_requirement(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_token_t *token)
{
    const oauth_token_claim_t  *claim;

    claim = &token->claims[require->index];

    if (require->values
        && oauth_demand_claim(claim, require->values->elts,
                              require->values->nelts)
           == OAUTH_OK)
    {
        return OAUTH_OK;
    }

    return ngx_oauth_policy_variables(r, require, claim);
}


static oauth_reason_t
ngx_oauth_policy_variables(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_token_claim_t *claim)
{
    ngx_str_t                  value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *variables;

    variables = require->variables ? require->variables->elts : NULL;

    for (i = 0; variables && i < require->variables->nelts; i++) {

        if (ngx_oauth_evaluate_value(r, &variables[i], &value) != NGX_OK) {
            return OAUTH_SERVER_ERROR;
        }

        if (oauth_demand_claim_value(claim, ngx_oauth_str(&value))
            == OAUTH_OK)
        {
            return OAUTH_OK;
        }
    }

    return OAUTH_REQUIREMENT_NOT_MET;
}


static oauth_reason_t
ngx_oauth_policy_authentication(const ngx_oauth_loc_conf_t *conf,
    const oauth_token_t *token)
{
    oauth_reason_t  reason;

    reason = oauth_demand_acr(&conf->demand, token);

    return (reason == OAUTH_OK)
           ? oauth_demand_max_age(&conf->demand, token, ngx_time()) : reason;
}


static oauth_reason_t
ngx_oauth_policy_scopes(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, oauth_str_t granted)
{
    oauth_reason_t                 reason;
    ngx_oauth_scope_walk_t         walk;
    const ngx_oauth_scope_term_t  *term;

    walk = ngx_oauth_scope_start(conf->scopes, &r->method_name);

    while ((term = ngx_oauth_scope_next(&walk)) != NULL) {

        reason = ngx_oauth_policy_term(r, conf, term, granted);

        if (reason != OAUTH_OK) {
            return reason;
        }
    }

    return OAUTH_OK;
}


oauth_reason_t
ngx_oauth_policy_term(ngx_http_request_t *r, const ngx_oauth_loc_conf_t *conf,
    const ngx_oauth_scope_term_t *term, oauth_str_t granted)
{
    ngx_uint_t                 i;
    oauth_reason_t             reason;
    ngx_http_complex_value_t  *alternatives;

    alternatives = term->alternatives->elts;

    for (i = 0; i < term->alternatives->nelts; i++) {

        reason = ngx_oauth_policy_alternative(r, conf, term, &alternatives[i],
                                              granted);

        if (reason != OAUTH_INSUFFICIENT_SCOPE) {
            return reason;
        }
    }

    return OAUTH_INSUFFICIENT_SCOPE;
}


/*
 * A value with variables may hold several scopes, or none.  A value without
 * them is one scope-token, which was checked when the configuration was read.
 */

static oauth_reason_t
ngx_oauth_policy_alternative(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_oauth_scope_term_t *term,
    ngx_http_complex_value_t *alternative, oauth_str_t granted)
{
    ngx_str_t                  value;
    ngx_uint_t                 n;
    const oauth_scope_rule_t  *implied;

    if (ngx_oauth_evaluate_value(r, alternative, &value) != NGX_OK) {
        return OAUTH_SERVER_ERROR;
    }

    if (ngx_oauth_scope_is_none(term, &value)) {
        return OAUTH_OK;
    }

    implied = conf->implied ? conf->implied->elts : NULL;
    n = conf->implied ? conf->implied->nelts : 0;

    if (alternative->lengths) {
        return oauth_demand_scopes(ngx_oauth_str(&value), granted, implied, n);
    }

    return oauth_scope_granted(granted, ngx_oauth_str(&value), implied, n)
           ? OAUTH_OK : OAUTH_INSUFFICIENT_SCOPE;
}
