
/*
 * Files that the configuration names.  The master process reads them while it
 * reads the configuration, so usually as root.  Their text is in the
 * configuration's pool.
 */


#ifndef NGX_OAUTH_FILE_H_INCLUDED
#define NGX_OAUTH_FILE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_oauth_place.h"


/*
 * Reads a whole file of at most 1 MiB, and makes *name its full path.
 * NGX_ERROR: an [emerg] with the place was logged, or there is no memory.
 */

ngx_int_t ngx_oauth_file_read(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    ngx_str_t *name, ngx_str_t *text);

/*
 * Reads a file with a secret, and warns if users outside the file's group have
 * any right to it, or if the group may change it.  The secret is wiped before
 * its memory is freed; the caller may shorten the text, but not move it.  NULL:
 * an [emerg] was logged, or there is no memory.
 */

ngx_str_t *ngx_oauth_file_secret(ngx_conf_t *cf,
    const ngx_oauth_place_t *place, ngx_str_t *name);


#endif /* NGX_OAUTH_FILE_H_INCLUDED */
