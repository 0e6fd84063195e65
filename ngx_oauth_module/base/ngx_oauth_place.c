
/*
 * The place of a directive, which is its file and its line.  An error that is
 * found only when the whole configuration is known names the place where the
 * administrator has to change something.
 */


#include "ngx_oauth_place.h"


void
ngx_oauth_place_here(ngx_conf_t *cf, ngx_oauth_place_t *place)
{
    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;
}


void ngx_cdecl
ngx_oauth_place_error(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    const char *fmt, ...)
{
    u_char   buf[NGX_MAX_CONF_ERRSTR], *p;
    va_list  args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, buf + sizeof(buf), fmt, args);
    va_end(args);

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%*s in %V:%ui",
                  p - buf, buf, &place->file, place->line);
}
