
/*
 * From the name of the server to a connection on which commands may be sent:
 * its addresses, which are tried in turn, and TLS.
 */


#ifndef NGX_OAUTH_REDIS_PEER_H_INCLUDED
#define NGX_OAUTH_REDIS_PEER_H_INCLUDED


#include "ngx_oauth_redis.h"
#include "ngx_oauth_redis_conf.h"


#define NGX_OAUTH_REDIS_PEER_ADDRESSES  16      /* of a name, at most         */


typedef struct ngx_oauth_redis_peer_s  ngx_oauth_redis_peer_t;

/*
 * rc: NGX_OK: peer->connection may be used; NGX_ERROR: the error of redis says
 * why not.  Called once, also from within ngx_oauth_redis_peer_start.
 */

typedef void (*ngx_oauth_redis_peer_pt)(ngx_oauth_redis_peer_t *peer,
    ngx_int_t rc);

typedef struct {
    ngx_sockaddr_t              sockaddr;
    socklen_t                   socklen;
} ngx_oauth_redis_peer_address_t;

/*
 * The caller sets the first three members, and the others to zero.  With NGX_OK
 * the handlers and the data of the connection are the caller's.
 */

struct ngx_oauth_redis_peer_s {
    ngx_oauth_redis_t          *redis;
    ngx_oauth_redis_peer_pt     handler;
    ngx_log_t                  *log;

    ngx_connection_t           *connection;
    const char                 *step;           /* what goes on, for errors:
                                                   "to connect"               */

    ngx_resolver_ctx_t         *resolving;
    ngx_peer_connection_t       pc;
    ngx_str_t                   name;           /* of the address, for errors */
    u_char                      text[NGX_SOCKADDR_STRLEN];
    ngx_uint_t                  tried;
    ngx_uint_t                  naddresses;
    ngx_oauth_redis_peer_address_t   addresses[NGX_OAUTH_REDIS_PEER_ADDRESSES];
};


/* Begins; the handler is called when it has ended. */

void ngx_oauth_redis_peer_start(ngx_oauth_redis_peer_t *peer);

/* Closes the connection, or stops looking for one. */

void ngx_oauth_redis_peer_done(ngx_oauth_redis_peer_t *peer);


#endif /* NGX_OAUTH_REDIS_PEER_H_INCLUDED */
