
/*
 * The replies in what a server has sent: hiredis' reader with bounds.  A reply
 * that exceeds one of them is refused as soon as that can be known, so that
 * neither its memory nor the time to free it depends on what the server claims.
 */


#ifndef NGX_OAUTH_REDIS_READER_H_INCLUDED
#define NGX_OAUTH_REDIS_READER_H_INCLUDED


#include "ngx_oauth_redis.h"


typedef struct {
    redisReader                *reader;
    redisReplyObjectFunctions  *original;       /* hiredis' own               */
    redisReplyObjectFunctions   functions;
    size_t                      received;       /* bytes since the last reply
                                                   was complete               */
    size_t                      members;        /* that the arrays of this
                                                   reply claim                */
    const char                 *error;
} ngx_oauth_redis_reader_t;


/* NGX_ERROR: no memory. */

ngx_int_t ngx_oauth_redis_reader_create(ngx_oauth_redis_reader_t *reader);

void ngx_oauth_redis_reader_free(ngx_oauth_redis_reader_t *reader);

/*
 * Takes bytes.  All replies in them are to be read before the next call.
 * NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_redis_reader_feed(ngx_oauth_redis_reader_t *reader,
    const u_char *data, size_t len);

/*
 * NGX_OK: *reply is the next one, and the caller frees it with freeReplyObject;
 * NGX_AGAIN: it is not complete; NGX_ERROR: this is not a reply that may be
 * read, and error says why.  It may have bytes of the server in it.
 */

ngx_int_t ngx_oauth_redis_reader_next(ngx_oauth_redis_reader_t *reader,
    redisReply **reply);


#endif /* NGX_OAUTH_REDIS_READER_H_INCLUDED */
