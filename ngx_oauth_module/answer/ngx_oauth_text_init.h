
/*
 * The texts of refusals that do not depend on the request.  They are rendered
 * once, after nginx has read the configuration, and belong to the
 * configuration's pool.
 */


#ifndef NGX_OAUTH_TEXT_INIT_H_INCLUDED
#define NGX_OAUTH_TEXT_INIT_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * Renders the first half of the texts for each reason, and the second half for
 * each protected location, method and kind.  Returns NGX_OK, or NGX_ERROR when
 * memory is short.
 */

ngx_int_t ngx_oauth_text_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_TEXT_INIT_H_INCLUDED */
