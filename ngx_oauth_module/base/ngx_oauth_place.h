
/*
 * The place of a directive, which is its file and its line.  Errors and
 * warnings that are found only when the whole configuration is known name it.
 * The file's name is in the configuration's pool.
 */


#ifndef NGX_OAUTH_PLACE_H_INCLUDED
#define NGX_OAUTH_PLACE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


typedef struct {
    ngx_str_t   file;
    ngx_uint_t  line;                   /* 0: the directive was not written */
} ngx_oauth_place_t;


/* Sets *place to the line that nginx is reading. */

void ngx_oauth_place_here(ngx_conf_t *cf, ngx_oauth_place_t *place);

/* Logs an [emerg] that names this place and not the line that nginx reads. */

void ngx_cdecl ngx_oauth_place_error(ngx_conf_t *cf,
    const ngx_oauth_place_t *place, const char *fmt, ...);


#endif /* NGX_OAUTH_PLACE_H_INCLUDED */
