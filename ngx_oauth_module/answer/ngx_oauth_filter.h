
/*
 * The output filters: what is ready goes out with nginx's own answer.
 */


#ifndef NGX_OAUTH_FILTER_H_INCLUDED
#define NGX_OAUTH_FILTER_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/* Puts the filters ahead of nginx's.  Returns NGX_OK. */

ngx_int_t ngx_oauth_filter_init(ngx_conf_t *cf);


#endif /* NGX_OAUTH_FILTER_H_INCLUDED */
