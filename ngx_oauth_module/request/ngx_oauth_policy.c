
/*
 * What a location demands of a verified token.  oauth_demand decides; here the
 * terms are taken from the configuration, and the variables in them evaluated,
 * for each request and for the location that it is in.  A value is evaluated
 * only when all terms before it are met.
 */


#include "ngx_oauth_access.h"
#include "oauth_demand.h"


static oauth_str_t ngx_oauth_policy_resource(const void *data, size_t i);
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
    oauth_demand_t  demand;
    oauth_reason_t  reason;

    demand.resource = conf->any_audience ? (oauth_str_t) { 0, NULL }
                                         : ngx_oauth_str(&conf->resource->url);
    demand.audience = conf->audience ? conf->audience->elts : NULL;
    demand.naudience = conf->audience ? conf->audience->nelts : 0;
    demand.others = ngx_oauth_policy_resource;
    demand.data = ngx_http_get_module_srv_conf(r, ngx_oauth_module);
    demand.subject = conf->needs_subject;

    reason = oauth_demand_verify(&demand, token);
    if (reason != OAUTH_OK) {
        return reason;
    }

    reason = ngx_oauth_policy_requires(r, conf, token);
    if (reason != OAUTH_OK) {
        return reason;
    }

    return ngx_oauth_policy_scopes(r, conf, token->scope);
}


ngx_uint_t
ngx_oauth_policy_is_below(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_str_t url)
{
    oauth_demand_t  demand;

    ngx_memzero(&demand, sizeof(oauth_demand_t));

    demand.resource = ngx_oauth_str(&resource->url);
    demand.others = ngx_oauth_policy_resource;
    demand.data = scf;

    return oauth_demand_is_below(&demand, url);
}


/* data: the server's configuration. */

static oauth_str_t
ngx_oauth_policy_resource(const void *data, size_t i)
{
    const ngx_oauth_srv_conf_t *scf = data;

    ngx_oauth_resource_t  **resources;

    if (i >= scf->resources.nelts) {
        return (oauth_str_t) { 0, NULL };
    }

    resources = scf->resources.elts;

    return ngx_oauth_str(&resources[i]->url);
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
    ngx_uint_t          i, k;
    oauth_reason_t      reason;
    ngx_oauth_term_t   *terms;
    ngx_oauth_scope_t  *scopes;

    if (conf->scopes == NULL) {
        return OAUTH_OK;
    }

    scopes = conf->scopes->elts;

    for (i = 0; i < conf->scopes->nelts; i++) {

        if (!ngx_oauth_scope_applies(&scopes[i], &r->method_name)) {
            continue;
        }

        terms = scopes[i].terms->elts;

        for (k = 0; k < scopes[i].terms->nelts; k++) {

            reason = ngx_oauth_policy_term(r, conf, &terms[k], granted);

            if (reason != OAUTH_OK) {
                return reason;
            }
        }
    }

    return OAUTH_OK;
}


oauth_reason_t
ngx_oauth_policy_term(ngx_http_request_t *r, const ngx_oauth_loc_conf_t *conf,
    const ngx_oauth_term_t *term, oauth_str_t granted)
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
                               conf->rules ? conf->rules->elts : NULL,
                               conf->rules ? conf->rules->nelts : 0);
}
