
/*
 * The output filters of the module.  They turn the response that nginx makes
 * for a bare status into the response to a refused request, to a preflight or
 * to a request for a metadata document.  What they send is in the request's
 * pool or in the configuration's.
 */


#ifndef NGX_OAUTH_FILTER_H_INCLUDED
#define NGX_OAUTH_FILTER_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Registers the filters, so that they run before those registered so far.
 * Returns NGX_OK.
 */

ngx_int_t ngx_oauth_filter_init(ngx_conf_t *cf);


#endif /* NGX_OAUTH_FILTER_H_INCLUDED */
