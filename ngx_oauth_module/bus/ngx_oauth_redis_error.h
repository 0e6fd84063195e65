
/*
 * Why a connection to the server of the bus has failed, as a sentence without a
 * full stop.  What a server has said is in it only as printable ASCII.
 */


#ifndef NGX_OAUTH_REDIS_ERROR_H_INCLUDED
#define NGX_OAUTH_REDIS_ERROR_H_INCLUDED


#include "ngx_oauth_redis.h"


/* Sets the error; a longer one is cut. */

void ngx_cdecl ngx_oauth_redis_error(ngx_oauth_redis_t *redis,
    const char *fmt, ...);

/* Sets the error: what, then the text of the server in quotes. */

void ngx_oauth_redis_error_said(ngx_oauth_redis_t *redis, const char *what,
    const char *text, size_t len);

/*
 * Writes a text of a server, such as an error reply, for a log line or a
 * status: printable ASCII as it is, all other bytes as \xNN, and cut at last.
 * Returns the end of what was written.
 */

u_char *ngx_oauth_redis_text(u_char *p, u_char *last, const char *text,
    size_t len);


#endif /* NGX_OAUTH_REDIS_ERROR_H_INCLUDED */
