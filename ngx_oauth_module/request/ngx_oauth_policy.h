
/*
 * What a location demands of a verified token.
 */


#ifndef NGX_OAUTH_POLICY_H_INCLUDED
#define NGX_OAUTH_POLICY_H_INCLUDED


#include "ngx_oauth_context.h"
#include "ngx_oauth_require.h"
#include "ngx_oauth_scope.h"


/* OAUTH_OK, or why this verified token is not good enough here. */

oauth_reason_t ngx_oauth_policy_verify(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);

/*
 * The same for one directive oauth_require, and for one term of oauth_scope, of
 * which one alternative has to be granted.
 */

oauth_reason_t ngx_oauth_policy_requirement(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_token_t *token);
oauth_reason_t ngx_oauth_policy_term(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_oauth_scope_term_t *term,
    oauth_str_t granted);


#endif /* NGX_OAUTH_POLICY_H_INCLUDED */
