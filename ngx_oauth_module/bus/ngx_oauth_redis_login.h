
/*
 * The login on a connection to a Redis server: AUTH and SELECT, as far as user,
 * password and database are configured.  It has no deadline of its own.
 */


#ifndef NGX_OAUTH_REDIS_LOGIN_H_INCLUDED
#define NGX_OAUTH_REDIS_LOGIN_H_INCLUDED


#include "ngx_oauth_redis.h"


typedef struct ngx_oauth_redis_login_s  ngx_oauth_redis_login_t;

/* Sends a command, like ngx_oauth_redis_send, which does not do so yet. */

typedef ngx_int_t (*ngx_oauth_redis_login_send_pt)(ngx_oauth_redis_t *redis,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_msec_t time,
    ngx_oauth_redis_reply_pt handler, void *data);

/*
 * rc: NGX_OK: the server has accepted all; NGX_ERROR: the error of redis says
 * why not.  Called once, also from within ngx_oauth_redis_login.
 */

typedef void (*ngx_oauth_redis_login_pt)(ngx_oauth_redis_t *redis,
    ngx_int_t rc);

/* The caller sets the members; they stay until the handler was called. */

struct ngx_oauth_redis_login_s {
    ngx_oauth_redis_t              *redis;
    ngx_oauth_redis_login_send_pt   send;
    ngx_oauth_redis_login_pt        handler;
};


/* Begins; the handler is called when it has ended. */

void ngx_oauth_redis_login(ngx_oauth_redis_login_t *login);


#endif /* NGX_OAUTH_REDIS_LOGIN_H_INCLUDED */
