
/*
 * The origin of a server (RFC 6454), if server_name and listen allow only one.
 * It is the URL of the resource where no oauth_resource is written.  It is in
 * the configuration's pool.
 */


#include "ngx_oauth_origin.h"
#include "ngx_oauth_str.h"


static ngx_int_t ngx_oauth_origin_listen(ngx_conf_t *cf,
    ngx_http_core_srv_conf_t *cscf, ngx_uint_t *port, ngx_uint_t *ssl);


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
    ngx_uint_t                   p, a, s, found;
    ngx_http_conf_port_t        *ports;
    ngx_http_conf_addr_t        *addrs;
    ngx_http_core_srv_conf_t   **servers;
    ngx_http_core_main_conf_t   *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports == NULL) {
        return NGX_DECLINED;
    }

    found = 0;
    *port = 0;
    *ssl = 0;
    ports = cmcf->ports->elts;

    for (p = 0; p < cmcf->ports->nelts; p++) {

        addrs = ports[p].addrs.elts;

        for (a = 0; a < ports[p].addrs.nelts; a++) {

            servers = addrs[a].servers.elts;

            for (s = 0; s < addrs[a].servers.nelts; s++) {

                if (servers[s] != cscf) {
                    continue;
                }

                if (ports[p].family == AF_UNIX
                    || (found
                        && (*port != ports[p].port
                            || *ssl != addrs[a].opt.ssl)))
                {
                    return NGX_DECLINED;
                }

                found = 1;
                *port = ports[p].port;
                *ssl = addrs[a].opt.ssl;
            }
        }
    }

    return found ? NGX_OK : NGX_DECLINED;
}
