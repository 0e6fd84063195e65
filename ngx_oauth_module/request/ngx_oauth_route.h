
/*
 * Which location nginx would choose for a path.  Looks the location up in
 * nginx's own tables, and does not change the request.  The result belongs to
 * the configuration.
 */


#ifndef NGX_OAUTH_ROUTE_H_INCLUDED
#define NGX_OAUTH_ROUTE_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Returns the location that nginx would choose in the request's server for this
 * path, which is decoded.  Returns NULL if a client cannot reach the location
 * (it is "internal"), or if a regex of a location failed.
 */

const ngx_oauth_loc_conf_t *ngx_oauth_route_lookup(ngx_http_request_t *r,
    ngx_str_t *path);


#endif /* NGX_OAUTH_ROUTE_H_INCLUDED */
