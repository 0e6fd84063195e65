
/*
 * What "nginx -t" can tell about the store's folder.  The master runs as root
 * and must not open the store: files that it creates would belong to root.  So
 * it looks at owners and modes, as the user of the workers will meet them.
 */


#ifndef NGX_OAUTH_STORE_FOLDER_H_INCLUDED
#define NGX_OAUTH_STORE_FOLDER_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_oauth_place.h"


/*
 * In the master, once the whole configuration was read, so that the user of the
 * workers is known.  NGX_ERROR: the workers cannot use the folder, which is
 * logged with the place of the directive.
 */

ngx_int_t ngx_oauth_store_folder_check(ngx_cycle_t *cycle,
    const ngx_str_t *folder, const ngx_oauth_place_t *place, ngx_log_t *log);


#endif /* NGX_OAUTH_STORE_FOLDER_H_INCLUDED */
