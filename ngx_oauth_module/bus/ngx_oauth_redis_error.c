
/*
 * Why a connection to the server of the bus has failed.  A server, or whoever
 * answers in its place, may send any bytes as the text of an error: they are
 * cut and escaped, so that they can neither fill the log nor begin a line in
 * it.
 */


#include "ngx_oauth_redis_error.h"


void ngx_cdecl
ngx_oauth_redis_error(ngx_oauth_redis_t *redis, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(redis->error, redis->error + NGX_OAUTH_REDIS_ERROR, fmt,
                      args);
    va_end(args);

    redis->error_len = p - redis->error;
}


void
ngx_oauth_redis_error_said(ngx_oauth_redis_t *redis, const char *what,
    const char *text, size_t len)
{
    u_char  *p, *last;

    last = redis->error + NGX_OAUTH_REDIS_ERROR - 1;

    p = ngx_slprintf(redis->error, last, "%s: \"", what);
    p = ngx_oauth_redis_text(p, last, text, len);
    *p++ = '"';

    redis->error_len = p - redis->error;
}


u_char *
ngx_oauth_redis_text(u_char *p, u_char *last, const char *text, size_t len)
{
    size_t  i;
    u_char  ch;

    for (i = 0; i < len; i++) {
        ch = (u_char) text[i];

        if (ch >= 0x20 && ch < 0x7f && ch != '"' && ch != '\\') {

            if (last - p < 1) {
                break;
            }

            *p++ = ch;
            continue;
        }

        if (last - p < 4) {
            break;
        }

        p = ngx_slprintf(p, last, "\\x%02Xd", (ngx_uint_t) ch);
    }

    return p;
}
