
/*
 * The texts of refusals that are rendered at the end of the configuration.
 */


#ifndef NGX_OAUTH_TEXT_INIT_H_INCLUDED
#define NGX_OAUTH_TEXT_INIT_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Renders a half for each reason, and for each protected location the other
 * half by method and kind.  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_text_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_TEXT_INIT_H_INCLUDED */
