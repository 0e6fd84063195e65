
/*
 * What a location asks of a verified token: audience (RFC 7519 section 4.1.3,
 * RFC 8707), a subject where one is forwarded, scopes (RFC 6749 section 3.3),
 * and required claims.  Evaluated at every request, for nothing but the
 * location it is made in.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_policy.h"
#include "ngx_oauth_resource.h"
#include "oauth_demand.h"


static oauth_reason_t ngx_oauth_policy_audience(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);
static oauth_reason_t ngx_oauth_policy_requires(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);
static oauth_reason_t ngx_oauth_policy_variables(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_token_claim_t *claim);
static oauth_reason_t ngx_oauth_policy_scopes(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, oauth_str_t granted);
static oauth_reason_t ngx_oauth_policy_value(const ngx_oauth_loc_conf_t *conf,
    oauth_str_t scopes, oauth_str_t granted);


oauth_reason_t
ngx_oauth_policy_verify(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token)
{
    oauth_reason_t  reason;

    reason = ngx_oauth_policy_audience(r, conf, token);
    if (reason != OAUTH_OK) {
        return reason;
    }

    if (conf->needs_subject) {

        reason = oauth_demand_subject(token);
        if (reason != OAUTH_OK) {
            return reason;
        }
    }

    reason = ngx_oauth_policy_requires(r, conf, token);
    if (reason != OAUTH_OK) {
        return reason;
    }

    return ngx_oauth_policy_scopes(r, conf, token->scope);
}


static oauth_reason_t
ngx_oauth_policy_audience(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token)
{
    oauth_demand_audience_t  demand;

    if (conf->any_audience) {
        return OAUTH_OK;
    }

    ngx_oauth_resource_demand(ngx_http_get_module_srv_conf(r,
                                                           ngx_oauth_module),
                              conf->resource, &demand);

    demand.listed = conf->audience ? conf->audience->elts : NULL;
    demand.nlisted = conf->audience ? conf->audience->nelts : 0;

    return oauth_demand_audience(&demand, token);
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
    ngx_str_t                  value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *alternatives;

    alternatives = term->alternatives->elts;

    for (i = 0; i < term->alternatives->nelts; i++) {

        if (ngx_oauth_evaluate_value(r, &alternatives[i], &value) != NGX_OK) {
            return OAUTH_SERVER_ERROR;
        }

        if (ngx_oauth_scope_is_none(term, &value)
            || ngx_oauth_policy_value(conf, ngx_oauth_str(&value), granted)
               == OAUTH_OK)
        {
            return OAUTH_OK;
        }
    }

    return OAUTH_INSUFFICIENT_SCOPE;
}


static oauth_reason_t
ngx_oauth_policy_value(const ngx_oauth_loc_conf_t *conf, oauth_str_t scopes,
    oauth_str_t granted)
{
    return oauth_demand_scopes(scopes, granted,
                               conf->implied ? conf->implied->elts : NULL,
                               conf->implied ? conf->implied->nelts : 0);
}
