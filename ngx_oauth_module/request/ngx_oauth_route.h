
/*
 * Which location a path leads to.
 */


#ifndef NGX_OAUTH_ROUTE_H_INCLUDED
#define NGX_OAUTH_ROUTE_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Returns the location that a decoded path of the request's server leads to, or
 * NULL: none that a client can reach.
 */

const ngx_oauth_loc_conf_t *ngx_oauth_route_lookup(ngx_http_request_t *r,
    ngx_str_t *path);


#endif /* NGX_OAUTH_ROUTE_H_INCLUDED */
