
/*
 * What a location asks of a verified token: audience (RFC 7519 section 4.1.3,
 * RFC 8707), a subject where one is forwarded, scopes (RFC 6749 section 3.3),
 * and required claims.  Evaluated at every request, for nothing but the
 * location it is made in.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_policy.h"
#include "ngx_oauth_resource.h"
#include "oauth_scope.h"


static oauth_reason_t ngx_oauth_policy_audience(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);
static ngx_uint_t ngx_oauth_policy_is_for(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, oauth_str_t audience);
static oauth_reason_t ngx_oauth_policy_requires(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);
static oauth_reason_t ngx_oauth_policy_variables(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_claim_t *claim);
static oauth_reason_t ngx_oauth_policy_scopes(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, oauth_str_t granted);
static ngx_uint_t ngx_oauth_policy_words(oauth_str_t words,
    const ngx_oauth_loc_conf_t *conf, oauth_str_t granted);


oauth_reason_t
ngx_oauth_policy_verify(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token)
{
    oauth_reason_t  reason;

    reason = ngx_oauth_policy_audience(r, conf, token);
    if (reason != OAUTH_OK) {
        return reason;
    }

    if (conf->needs_subject && !oauth_str_is_field(token->subject)) {
        return OAUTH_NO_SUBJECT;
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
    ngx_uint_t  i;

    if (conf->any_audience) {
        return OAUTH_OK;
    }

    for (i = 0; i < token->naudience; i++) {
        if (ngx_oauth_policy_is_for(r, conf, token->audience[i])) {
            return OAUTH_OK;
        }
    }

    return (i == 0) ? OAUTH_NO_AUDIENCE : OAUTH_WRONG_AUDIENCE;
}


/*
 * The resource, a listed value, or a URL below the resource that belongs to no
 * more specific resource of this server.
 */

static ngx_uint_t
ngx_oauth_policy_is_for(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, oauth_str_t audience)
{
    ngx_uint_t    i;
    oauth_str_t  *listed;

    if (oauth_url_equal(audience, ngx_oauth_str(&conf->resource->url))) {
        return 1;
    }

    if (conf->audience) {

        listed = conf->audience->elts;

        for (i = 0; i < conf->audience->nelts; i++) {
            if (oauth_str_equal(audience, listed[i])) {
                return 1;
            }
        }
    }

    return ngx_oauth_resource_has(ngx_http_get_module_srv_conf(r,
                                                           ngx_oauth_module),
                                     conf->resource, audience);
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
    const oauth_claim_t  *claim;

    claim = &token->claims[require->index];

    return (require->values
            && oauth_claim_has(claim, require->values->elts,
                               require->values->nelts))
           ? OAUTH_OK : ngx_oauth_policy_variables(r, require, claim);
}


/* A variable that holds nothing is never met, not by an empty claim either. */

static oauth_reason_t
ngx_oauth_policy_variables(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_claim_t *claim)
{
    ngx_str_t                  value;
    ngx_uint_t                 i;
    oauth_str_t                text;
    ngx_http_complex_value_t  *variables;

    variables = require->variables ? require->variables->elts : NULL;

    for (i = 0; variables && i < require->variables->nelts; i++) {

        if (ngx_oauth_evaluate_value(r, &variables[i], &value) != NGX_OK) {
            return OAUTH_SERVER_ERROR;
        }

        text = ngx_oauth_str(&value);

        if (text.len && oauth_claim_has(claim, &text, 1)) {
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
            || ngx_oauth_policy_words(ngx_oauth_str(&value), conf, granted))
        {
            return OAUTH_OK;
        }
    }

    return OAUTH_INSUFFICIENT_SCOPE;
}


/* All of them; an empty value, or one without measure, is never met. */

static ngx_uint_t
ngx_oauth_policy_words(oauth_str_t words, const ngx_oauth_loc_conf_t *conf,
    oauth_str_t granted)
{
    ngx_uint_t           n, nrules;
    oauth_str_t          word;
    oauth_scope_rule_t  *rules;

    if (!oauth_scope_bounded(words)) {
        return 0;
    }

    rules = conf->implied ? conf->implied->elts : NULL;
    nrules = conf->implied ? conf->implied->nelts : 0;

    for (n = 0; oauth_scope_next(&words, &word); n++) {
        if (!oauth_scope_granted(granted, word, rules, nrules)) {
            return 0;
        }
    }

    return n > 0;
}
