
/*
 * The commands that are about to be sent: one piece of memory, which grows up
 * to NGX_OAUTH_REDIS_UNSENT.  A password in it is wiped when it was sent, and
 * when the memory is given back.
 */


#ifndef NGX_OAUTH_REDIS_OUTPUT_H_INCLUDED
#define NGX_OAUTH_REDIS_OUTPUT_H_INCLUDED


#include "ngx_oauth_redis.h"


/* All zero: it is empty. */

typedef struct {
    u_char      *start;
    u_char      *pos;                   /* what was sent ends here            */
    u_char      *last;
    u_char      *end;
} ngx_oauth_redis_output_t;


/*
 * Adds a command.  NGX_OK; NGX_BUSY: too much is unsent; NGX_ERROR: no memory,
 * or too many arguments.
 */

ngx_int_t ngx_oauth_redis_output_add(ngx_oauth_redis_output_t *output,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_log_t *log);

/*
 * Sends as much as the connection takes.  NGX_OK: all of it; NGX_AGAIN;
 * NGX_ERROR: the connection is lost.
 */

ngx_int_t ngx_oauth_redis_output_send(ngx_oauth_redis_output_t *output,
    ngx_connection_t *c);

/* Wipes and releases the memory: it is empty then. */

void ngx_oauth_redis_output_free(ngx_oauth_redis_output_t *output);


#endif /* NGX_OAUTH_REDIS_OUTPUT_H_INCLUDED */
