
/*
 * The policy of a location: what the location demands of a verified token.
 * These functions read the configuration and the token, and own neither.
 * Variables are evaluated in the request's pool.
 */


#ifndef NGX_OAUTH_POLICY_H_INCLUDED
#define NGX_OAUTH_POLICY_H_INCLUDED


#include "ngx_oauth_context.h"
#include "ngx_oauth_require.h"
#include "ngx_oauth_scope.h"


/*
 * Compares a verified token with the whole policy of the location.  Returns
 * OAUTH_OK if the token meets it, OAUTH_SERVER_ERROR when memory is short, or
 * else the first reason to refuse the token.
 */

oauth_reason_t ngx_oauth_policy_verify(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);

/*
 * Does the same for one oauth_require directive.  Returns OAUTH_OK,
 * OAUTH_REQUIREMENT_NOT_MET, or OAUTH_SERVER_ERROR when memory is short.
 */

oauth_reason_t ngx_oauth_policy_requirement(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_token_t *token);

/*
 * Does the same for one term of oauth_scope, such as "a|b": the granted scopes
 * have to include one of its alternatives.  Returns OAUTH_OK,
 * OAUTH_INSUFFICIENT_SCOPE, or OAUTH_SERVER_ERROR when memory is short.
 */

oauth_reason_t ngx_oauth_policy_term(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_oauth_scope_term_t *term,
    oauth_str_t granted);


#endif /* NGX_OAUTH_POLICY_H_INCLUDED */
