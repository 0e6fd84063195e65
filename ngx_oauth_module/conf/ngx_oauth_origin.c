
/*
 * The origin of a server (RFC 6454), if server_name and listen allow only one.
 * It is the URL of the resource where no oauth_resource is written.  It is in
 * the configuration's pool.
 */


#include "ngx_oauth_origin.h"
#include "ngx_oauth_str.h"


/* A walk over the sockets that a server listens on. */

typedef struct {
    ngx_http_conf_port_t  *port;
    ngx_http_conf_port_t  *last;
    ngx_uint_t             next;        /* index in the addresses of the port */
    ngx_http_conf_addr_t  *addr;
} ngx_oauth_origin_walk_t;


static ngx_int_t ngx_oauth_origin_listen(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_uint_t *port, ngx_uint_t *ssl);
static ngx_uint_t ngx_oauth_origin_is_loopback(
    const struct sockaddr *sockaddr);
static void ngx_oauth_origin_start(ngx_conf_t *cf,
    ngx_oauth_origin_walk_t *walk);
static ngx_uint_t ngx_oauth_origin_next(ngx_oauth_origin_walk_t *walk,
    const ngx_http_core_srv_conf_t *cscf);


ngx_int_t
ngx_oauth_origin_lookup(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_str_t *url)
{
    u_char                  *p;
    ngx_uint_t               port, ssl;
    ngx_http_server_name_t  *names;

    /* nginx removes the dot of ".example.com" from cscf->server_name only. */

    names = cscf->server_names.elts;

    if (!ngx_oauth_origin_is_literal(&names[0].name)
        || ngx_oauth_origin_listen(cf, cscf, &port, &ssl) != NGX_OK)
    {
        return NGX_DECLINED;
    }

    p = ngx_pnalloc(cf->pool, sizeof("https://:65535") + cscf->server_name.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    url->data = p;

    p = ngx_cpymem(p, "http", 4);

    if (ssl) {
        *p++ = 's';
    }

    p = ngx_cpymem(p, "://", 3);

    ngx_strlow(p, cscf->server_name.data, cscf->server_name.len);
    p += cscf->server_name.len;

    if (port != (ssl ? 443 : 80)) {
        p = ngx_sprintf(p, ":%ui", port);
    }

    url->len = p - url->data;

    return NGX_OK;
}


/*
 * A regex, a wildcard (also ".example.com"), the catch-all "_" and an empty
 * name have other bytes than these, or none.
 */

ngx_uint_t
ngx_oauth_origin_is_literal(ngx_str_t *name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name->len; i++) {

        c = ngx_tolower(name->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
              || (c == '.' && i > 0)))
        {
            return 0;
        }
    }

    return name->len > 0;
}


/*
 * Returns NGX_OK when all listening sockets of the server have the same port
 * and the same scheme, else NGX_DECLINED.
 */

static ngx_int_t
ngx_oauth_origin_listen(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf,
    ngx_uint_t *port, ngx_uint_t *ssl)
{
    ngx_uint_t               found;
    ngx_oauth_origin_walk_t  walk;

    found = 0;
    *port = 0;
    *ssl = 0;

    ngx_oauth_origin_start(cf, &walk);

    while (ngx_oauth_origin_next(&walk, cscf)) {

        if (walk.port->family == AF_UNIX
            || (found
                && (*port != walk.port->port
                    || *ssl != walk.addr->opt.ssl)))
        {
            return NGX_DECLINED;
        }

        found = 1;
        *port = walk.port->port;
        *ssl = walk.addr->opt.ssl;
    }

    return found ? NGX_OK : NGX_DECLINED;
}


ngx_uint_t
ngx_oauth_origin_is_local(ngx_conf_t *cf, ngx_http_core_srv_conf_t *cscf)
{
    ngx_uint_t               found;
    ngx_oauth_origin_walk_t  walk;

    found = 0;

    ngx_oauth_origin_start(cf, &walk);

    while (ngx_oauth_origin_next(&walk, cscf)) {

        /* With proxy_protocol, clients of another machine come this way. */

        if (walk.addr->opt.proxy_protocol
            || !ngx_oauth_origin_is_loopback(walk.addr->opt.sockaddr))
        {
            return 0;
        }

        found = 1;
    }

    return found;
}


static ngx_uint_t
ngx_oauth_origin_is_loopback(const struct sockaddr *sockaddr)
{
    const struct sockaddr_in   *sin;

#if (NGX_HAVE_INET6)
    const struct sockaddr_in6  *sin6;
#endif

    switch (sockaddr->sa_family) {

    case AF_INET:
        sin = (const struct sockaddr_in *) sockaddr;
        return (ntohl(sin->sin_addr.s_addr) >> 24) == 127;

#if (NGX_HAVE_INET6)

    case AF_INET6:
        sin6 = (const struct sockaddr_in6 *) sockaddr;
        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr);

#endif

    default:
        return sockaddr->sa_family == AF_UNIX;
    }
}


static void
ngx_oauth_origin_start(ngx_conf_t *cf, ngx_oauth_origin_walk_t *walk)
{
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    ngx_memzero(walk, sizeof(ngx_oauth_origin_walk_t));

    if (cmcf->ports) {
        walk->port = cmcf->ports->elts;
        walk->last = walk->port + cmcf->ports->nelts;
    }
}


/* Returns 1 and the next socket that the server listens on; 0: the end. */

static ngx_uint_t
ngx_oauth_origin_next(ngx_oauth_origin_walk_t *walk,
    const ngx_http_core_srv_conf_t *cscf)
{
    ngx_uint_t                  i;
    ngx_http_conf_addr_t       *addrs;
    ngx_http_core_srv_conf_t  **servers;

    for ( /* void */ ; walk->port < walk->last; walk->port++, walk->next = 0) {

        addrs = walk->port->addrs.elts;

        while (walk->next < walk->port->addrs.nelts) {

            walk->addr = &addrs[walk->next++];
            servers = walk->addr->servers.elts;

            for (i = 0; i < walk->addr->servers.nelts; i++) {
                if (servers[i] == cscf) {
                    return 1;
                }
            }
        }
    }

    return 0;
}
