
/*
 * The origin of a server (RFC 6454): scheme, host and port of the URL by which
 * clients reach it, if server_name and listen allow only one.  It is the URL of
 * the resource where no oauth_resource is written.  It is in the
 * configuration's pool.
 */


#ifndef NGX_OAUTH_ORIGIN_H_INCLUDED
#define NGX_OAUTH_ORIGIN_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>


/*
 * Sets *url to the origin.  Returns NGX_OK; NGX_DECLINED when the first
 * server_name is not a plain name, or the server listens on a socket file or on
 * different ports or schemes; NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_origin_lookup(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_str_t *url);

/*
 * Returns 1 when the server listens on loopback addresses and unix sockets
 * only, so that nobody reaches it from another machine; else 0.
 */

ngx_uint_t ngx_oauth_origin_is_local(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf);

/* Returns 1 for a server_name that is the name or address of one host. */

ngx_uint_t ngx_oauth_origin_is_literal(ngx_str_t *name);


#endif /* NGX_OAUTH_ORIGIN_H_INCLUDED */
