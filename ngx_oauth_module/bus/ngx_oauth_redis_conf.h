
/*
 * The server of the bus as a configuration names it: a URL, a file with the
 * password, and a file with certificate authorities.  "nginx -t" reads the
 * files, and asks neither DNS nor the server.
 */


#ifndef NGX_OAUTH_REDIS_CONF_H_INCLUDED
#define NGX_OAUTH_REDIS_CONF_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_oauth_place.h"


struct ngx_oauth_redis_conf_s {
    ngx_str_t            url;           /* as it was written; it has no
                                           password, and may be logged        */
    ngx_str_t            host;          /* a name or an address; empty: a unix
                                           socket                             */
    in_port_t            port;
    ngx_addr_t           address;       /* of an address or a unix socket; its
                                           socklen is 0: look the name up     */
    ngx_str_t            user;          /* empty: the default user            */
    ngx_str_t            password;      /* empty: no AUTH                     */
    ngx_str_t            db;            /* digits; empty: no SELECT           */
    ngx_resolver_t      *resolver;      /* of the http block                  */
    ngx_msec_t           resolver_timeout;
#if (NGX_SSL)
    ngx_ssl_t           *ssl;           /* NULL: no TLS                       */
#endif
};


/*
 * Reads the URL redis://[user@]host[:port][/db], rediss://..., or
 * unix:/path[:db], and the files, whose names may be empty.  All of it is in
 * the configuration's pool; the password is wiped with that.  NULL: an error,
 * which is logged with its place and says what to write.
 */

struct ngx_oauth_redis_conf_s *ngx_oauth_redis_conf_parse(ngx_conf_t *cf,
    const ngx_oauth_place_t *place, ngx_str_t *url, ngx_str_t *password_file,
    ngx_str_t *ca);

/*
 * When the http block was read: takes its resolver.  NGX_ERROR: the URL has a
 * name, and there is no resolver, which is logged.
 */

ngx_int_t ngx_oauth_redis_conf_finish(ngx_conf_t *cf,
    const ngx_oauth_place_t *place, struct ngx_oauth_redis_conf_s *conf,
    ngx_resolver_t *resolver, ngx_msec_t timeout);


#endif /* NGX_OAUTH_REDIS_CONF_H_INCLUDED */
