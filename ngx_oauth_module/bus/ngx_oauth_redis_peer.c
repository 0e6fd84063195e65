
/*
 * From the name of the server to a connection.  nginx's resolver looks a name
 * up, without waiting, and in another order each time.  If an address cannot be
 * reached, or the server behind it has not the right certificate, the next one
 * is tried; the error is that of the last.  There is no timer here: whoever
 * started this ends it when it takes too long.
 */


#include "ngx_oauth_redis_error.h"
#include "ngx_oauth_redis_peer.h"
#include "ngx_oauth_redis_tls.h"


static ngx_int_t ngx_oauth_redis_peer_resolve(ngx_oauth_redis_peer_t *peer);
static void ngx_oauth_redis_peer_resolved(ngx_resolver_ctx_t *ctx);
static void ngx_oauth_redis_peer_add(ngx_oauth_redis_peer_t *peer,
    struct sockaddr *sockaddr, socklen_t socklen);
static void ngx_oauth_redis_peer_next(ngx_oauth_redis_peer_t *peer);
static ngx_int_t ngx_oauth_redis_peer_try(ngx_oauth_redis_peer_t *peer,
    ngx_oauth_redis_peer_address_t *address);
static void ngx_oauth_redis_peer_event(ngx_event_t *ev);
static void ngx_oauth_redis_peer_refused(ngx_oauth_redis_peer_t *peer,
    ngx_err_t err);
static ngx_int_t ngx_oauth_redis_peer_connected(ngx_oauth_redis_peer_t *peer);
#if (NGX_SSL)
static ngx_int_t ngx_oauth_redis_peer_handshake(ngx_oauth_redis_peer_t *peer);
static void ngx_oauth_redis_peer_handshaked(ngx_connection_t *c);
#endif
static void ngx_oauth_redis_peer_close(ngx_oauth_redis_peer_t *peer);


void
ngx_oauth_redis_peer_start(ngx_oauth_redis_peer_t *peer)
{
    const ngx_oauth_redis_conf_t  *conf;

    conf = peer->redis->conf;

    if (conf->address.socklen) {
        ngx_oauth_redis_peer_add(peer, conf->address.sockaddr,
                                 conf->address.socklen);
        ngx_oauth_redis_peer_next(peer);
        return;
    }

    if (ngx_oauth_redis_peer_resolve(peer) != NGX_OK) {
        ngx_oauth_redis_error(peer->redis, "the name \"%V\" cannot be looked "
                              "up: nginx has no memory or no resolver",
                              &conf->host);
        peer->handler(peer, NGX_ERROR);
    }
}


/* nginx may know the name, and call the handler from ngx_resolve_name. */

static ngx_int_t
ngx_oauth_redis_peer_resolve(ngx_oauth_redis_peer_t *peer)
{
    ngx_resolver_ctx_t            *ctx;
    const ngx_oauth_redis_conf_t  *conf;

    conf = peer->redis->conf;
    peer->step = "to look up the name";

    ctx = ngx_resolve_start(conf->resolver, NULL);
    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        return NGX_ERROR;
    }

    ctx->name = conf->host;
    ctx->handler = ngx_oauth_redis_peer_resolved;
    ctx->data = peer;
    ctx->timeout = conf->resolver_timeout;
    ctx->cancelable = 1;

    peer->resolving = ctx;

    if (ngx_resolve_name(ctx) != NGX_OK) {
        peer->resolving = NULL;
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_oauth_redis_peer_resolved(ngx_resolver_ctx_t *ctx)
{
    ngx_oauth_redis_peer_t *peer = ctx->data;

    ngx_uint_t  i;

    if (ctx->state) {
        ngx_oauth_redis_error(peer->redis, "the name \"%V\" was not found: %s",
                              &ctx->name, ngx_resolver_strerror(ctx->state));

    } else {

        for (i = 0; i < ctx->naddrs; i++) {
            ngx_oauth_redis_peer_add(peer, ctx->addrs[i].sockaddr,
                                     ctx->addrs[i].socklen);
        }
    }

    ngx_resolve_name_done(ctx);
    peer->resolving = NULL;

    ngx_oauth_redis_peer_next(peer);
}


static void
ngx_oauth_redis_peer_add(ngx_oauth_redis_peer_t *peer,
    struct sockaddr *sockaddr, socklen_t socklen)
{
    ngx_oauth_redis_peer_address_t  *address;

    if (peer->naddresses == NGX_OAUTH_REDIS_PEER_ADDRESSES
        || socklen > (socklen_t) sizeof(ngx_sockaddr_t))
    {
        return;
    }

    address = &peer->addresses[peer->naddresses++];

    ngx_memcpy(&address->sockaddr, sockaddr, socklen);
    address->socklen = socklen;

    if (sockaddr->sa_family != AF_UNIX) {
        ngx_inet_set_port(&address->sockaddr.sockaddr, peer->redis->conf->port);
    }
}


static void
ngx_oauth_redis_peer_next(ngx_oauth_redis_peer_t *peer)
{
    ngx_int_t  rc;

    while (peer->tried < peer->naddresses) {

        rc = ngx_oauth_redis_peer_try(peer, &peer->addresses[peer->tried++]);

        if (rc == NGX_AGAIN) {
            return;
        }

        if (rc == NGX_OK) {
            peer->handler(peer, NGX_OK);
            return;
        }

        ngx_oauth_redis_peer_close(peer);
    }

    peer->handler(peer, NGX_ERROR);
}


static ngx_int_t
ngx_oauth_redis_peer_try(ngx_oauth_redis_peer_t *peer,
    ngx_oauth_redis_peer_address_t *address)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *pc;

    peer->step = "to connect";
    peer->name.data = peer->text;
    peer->name.len = ngx_sock_ntop(&address->sockaddr.sockaddr,
                                   address->socklen, peer->text,
                                   NGX_SOCKADDR_STRLEN, 1);

    pc = &peer->pc;

    ngx_memzero(pc, sizeof(ngx_peer_connection_t));

    pc->sockaddr = &address->sockaddr.sockaddr;
    pc->socklen = address->socklen;
    pc->name = &peer->name;
    pc->get = ngx_event_get_peer;
    pc->log = peer->log;
    pc->log_error = NGX_ERROR_INFO;

    ngx_set_errno(0);

    rc = ngx_event_connect_peer(pc);

    if (rc != NGX_OK && rc != NGX_AGAIN) {
        ngx_oauth_redis_peer_refused(peer, ngx_errno);
        return NGX_ERROR;
    }

    c = pc->connection;
    c->data = peer;
    c->read->handler = ngx_oauth_redis_peer_event;
    c->write->handler = ngx_oauth_redis_peer_event;

    peer->connection = c;

    return (rc == NGX_OK) ? ngx_oauth_redis_peer_connected(peer) : NGX_AGAIN;
}


static void
ngx_oauth_redis_peer_event(ngx_event_t *ev)
{
    int                      err;
    socklen_t                len;
    ngx_int_t                rc;
    ngx_connection_t        *c;
    ngx_oauth_redis_peer_t  *peer;

    c = ev->data;
    peer = c->data;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_oauth_redis_peer_refused(peer, err);
        rc = NGX_ERROR;

    } else {
        rc = ngx_oauth_redis_peer_connected(peer);
    }

    if (rc == NGX_OK) {
        peer->handler(peer, NGX_OK);

    } else if (rc == NGX_ERROR) {
        ngx_oauth_redis_peer_close(peer);
        ngx_oauth_redis_peer_next(peer);
    }
}


static void
ngx_oauth_redis_peer_refused(ngx_oauth_redis_peer_t *peer, ngx_err_t err)
{
    u_char  text[NGX_MAX_ERROR_STR], *p;

    p = ngx_strerror(err, text, sizeof(text));

    ngx_oauth_redis_error(peer->redis, "%V cannot be connected to: %*s",
                          &peer->name, (size_t) (p - text), text);
}


/* NGX_OK; NGX_AGAIN: the TLS handshake goes on; NGX_ERROR. */

static ngx_int_t
ngx_oauth_redis_peer_connected(ngx_oauth_redis_peer_t *peer)
{
    ngx_connection_t  *c;

    c = peer->connection;

    if (peer->pc.sockaddr->sa_family != AF_UNIX && ngx_tcp_nodelay(c) != NGX_OK)
    {
        ngx_oauth_redis_error(peer->redis, "TCP_NODELAY could not be set");
        return NGX_ERROR;
    }

#if (NGX_SSL)

    if (peer->redis->conf->ssl) {
        return ngx_oauth_redis_peer_handshake(peer);
    }

#endif

    return NGX_OK;
}


#if (NGX_SSL)

static ngx_int_t
ngx_oauth_redis_peer_handshake(ngx_oauth_redis_peer_t *peer)
{
    ngx_connection_t  *c;

    c = peer->connection;
    peer->step = "to begin with TLS";

    if (ngx_oauth_redis_tls_start(peer->redis, c) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_ssl_handshake(c) == NGX_AGAIN) {
        c->ssl->handler = ngx_oauth_redis_peer_handshaked;
        return NGX_AGAIN;
    }

    return ngx_oauth_redis_tls_verify(peer->redis, c);
}


static void
ngx_oauth_redis_peer_handshaked(ngx_connection_t *c)
{
    ngx_oauth_redis_peer_t *peer = c->data;

    if (ngx_oauth_redis_tls_verify(peer->redis, c) == NGX_OK) {
        peer->handler(peer, NGX_OK);
        return;
    }

    ngx_oauth_redis_peer_close(peer);
    ngx_oauth_redis_peer_next(peer);
}

#endif


void
ngx_oauth_redis_peer_done(ngx_oauth_redis_peer_t *peer)
{
    if (peer->resolving) {
        ngx_resolve_name_done(peer->resolving);
        peer->resolving = NULL;
    }

    ngx_oauth_redis_peer_close(peer);
}


static void
ngx_oauth_redis_peer_close(ngx_oauth_redis_peer_t *peer)
{
    ngx_pool_t        *pool;
    ngx_connection_t  *c;

    c = peer->connection;

    if (c == NULL) {
        return;
    }

    peer->connection = NULL;
    pool = c->pool;

#if (NGX_SSL)
    ngx_oauth_redis_tls_done(c);
#endif

    ngx_close_connection(c);

    if (pool) {
        ngx_destroy_pool(pool);
    }
}
