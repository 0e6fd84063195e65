
/*
 * Warnings about a configuration that is allowed and is hardly what was meant.
 */


#ifndef NGX_OAUTH_CONF_WARN_H_INCLUDED
#define NGX_OAUTH_CONF_WARN_H_INCLUDED


#include "ngx_oauth_conf.h"


void ngx_oauth_conf_warn(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_WARN_H_INCLUDED */
