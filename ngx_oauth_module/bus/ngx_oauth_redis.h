
/*
 * One connection to a Redis or Valkey server, on nginx's event loop: nginx's
 * own connection, resolver and TLS, with hiredis' reader and formatter.
 * hiredis' asynchronous context is not used: it ends the process when a server
 * sends more replies than it was asked for, waits for DNS, and does not check
 * the name in a certificate.
 *
 * Commands may be sent once the server has accepted user, password and
 * database; until then nothing else is sent.  Each command has a deadline, and
 * the replies are bounded.  Whatever goes wrong closes the connection; it is
 * not opened again by itself.
 */


#ifndef NGX_OAUTH_REDIS_H_INCLUDED
#define NGX_OAUTH_REDIS_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>

#include <hiredis/hiredis.h>


#define NGX_OAUTH_REDIS_ERROR     256       /* bytes of a text                */
#define NGX_OAUTH_REDIS_COMMANDS  4096      /* unanswered ones, at most       */
#define NGX_OAUTH_REDIS_TIME      2000      /* ms: to connect, TLS and AUTH
                                               together; and for a command
                                               that does not wait             */
#define NGX_OAUTH_REDIS_ARGS      32        /* of a command, at most          */
#define NGX_OAUTH_REDIS_UNSENT    (8 * 1024 * 1024)     /* bytes, at most     */
#define NGX_OAUTH_REDIS_REPLY     (4 * 1024 * 1024)     /* bytes of a reply,
                                               at most                        */
#define NGX_OAUTH_REDIS_MEMBERS   16384     /* of all arrays of a reply
                                               together, at most              */


typedef struct ngx_oauth_redis_s       ngx_oauth_redis_t;
typedef struct ngx_oauth_redis_link_s  ngx_oauth_redis_link_t;
typedef struct ngx_oauth_redis_conf_s  ngx_oauth_redis_conf_t;  /* see
                                                   ngx_oauth_redis_conf.h     */

/*
 * The reply to a command; it is freed when the handler returns.  The handler
 * may send commands, and may call ngx_oauth_redis_done.
 */

typedef void (*ngx_oauth_redis_reply_pt)(ngx_oauth_redis_t *redis,
    const redisReply *reply, void *data);

typedef void (*ngx_oauth_redis_pt)(ngx_oauth_redis_t *redis);


/*
 * The caller zeroes the structure, fills in the first members, and owns it;
 * with _done, or once closed was called, it may start again.  ready: called
 * once commands may be sent.  closed: the connection has failed, and everything
 * is released; error says why, in words, without a full stop.  Neither is
 * called from within ngx_oauth_redis_start, _send or _done.  No reply handler
 * is called after closed or _done.
 */

struct ngx_oauth_redis_s {
    const ngx_oauth_redis_conf_t  *conf;
    ngx_oauth_redis_pt             ready;
    ngx_oauth_redis_pt             closed;
    void                          *data;
    ngx_log_t                     *log;

    size_t                         error_len;
    u_char                         error[NGX_OAUTH_REDIS_ERROR];

    ngx_oauth_redis_link_t        *link;    /* NULL: neither connected nor
                                               about to be                    */
};


/*
 * Begins to connect: looks the name up again each time, since an address may
 * have moved.  Returns at once.  NGX_ERROR: it could not begin; error says why,
 * and nothing has to be released.
 */

ngx_int_t ngx_oauth_redis_start(ngx_oauth_redis_t *redis);

/*
 * Sends a command, together with the others of this round of the event loop.
 * argc is at most NGX_OAUTH_REDIS_ARGS.  time: ms until the reply must be
 * there; 0: the usual time.  Replies come in the order of the commands; a
 * command behind one that waits on the server has its time from when the one
 * before it was answered.  NGX_OK; NGX_BUSY: NGX_OAUTH_REDIS_COMMANDS are
 * unanswered, or NGX_OAUTH_REDIS_UNSENT bytes unsent, and nothing was sent;
 * NGX_ERROR: no memory, or not ready.
 */

ngx_int_t ngx_oauth_redis_send(ngx_oauth_redis_t *redis, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_msec_t time, ngx_oauth_redis_reply_pt handler,
    void *data);

/* Closes the connection, without calling any handler.  May be called twice. */

void ngx_oauth_redis_done(ngx_oauth_redis_t *redis);


#endif /* NGX_OAUTH_REDIS_H_INCLUDED */
