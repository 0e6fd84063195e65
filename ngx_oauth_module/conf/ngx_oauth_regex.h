
/*
 * Regex locations that take requests away from protected locations.  Nothing is
 * kept.
 */


#ifndef NGX_OAUTH_REGEX_H_INCLUDED
#define NGX_OAUTH_REGEX_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Logs a [warn] for each regex location that has neither "oauth" nor "oauth
 * off" and may serve paths that look as if another location protected them.
 * The issuers of all levels must be known.
 */

void ngx_oauth_regex_warn(ngx_conf_t *cf, const ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_REGEX_H_INCLUDED */
