
/*
 * The handlers of nginx's phases.  Each is named after its phase, which is all
 * that its callers have in common; what it does in that phase its body lists.
 */


#ifndef NGX_OAUTH_PHASE_H_INCLUDED
#define NGX_OAUTH_PHASE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* ngx_oauth_phase_rewrite.c: both run ahead of the rewrite module. */

ngx_int_t ngx_oauth_phase_server_rewrite(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_rewrite(ngx_http_request_t *r);

/*
 * ngx_oauth_phase_access.c: the precontent phase is reached by a refused
 * request only if another module let it in, or for its error page; the
 * handler of the log phase runs ahead of those that write logs.
 */

ngx_int_t ngx_oauth_phase_preaccess(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_access(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_precontent(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_log(ngx_http_request_t *r);


#endif /* NGX_OAUTH_PHASE_H_INCLUDED */
