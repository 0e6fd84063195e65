
/*
 * The handlers that nginx calls in its phases.  Each has the name of its phase,
 * and its comment lists everything that it does there.  They return
 * NGX_DECLINED to let nginx go on, NGX_OK to let a request in, NGX_AGAIN or
 * NGX_DONE when the request waits and the handler is to be called again, or an
 * HTTP status.  The context of the request is in the request's pool.
 */


#ifndef NGX_OAUTH_PHASE_H_INCLUDED
#define NGX_OAUTH_PHASE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* ngx_oauth_phase_rewrite.c: nginx calls both before the rewrite module. */

ngx_int_t ngx_oauth_phase_server_rewrite(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_rewrite(ngx_http_request_t *r);

/*
 * ngx_oauth_phase_access.c.  A refused request reaches the precontent phase
 * only if another module has let it in ("satisfy any"), or on the way to its
 * error page.  The handler of the log phase runs before the modules that write
 * logs.
 */

ngx_int_t ngx_oauth_phase_preaccess(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_access(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_precontent(ngx_http_request_t *r);
ngx_int_t ngx_oauth_phase_log(ngx_http_request_t *r);


#endif /* NGX_OAUTH_PHASE_H_INCLUDED */
