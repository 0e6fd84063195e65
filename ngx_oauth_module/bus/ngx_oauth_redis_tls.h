
/*
 * TLS to the server of the bus: nginx's, with a certificate that has to be for
 * the name or the address that the configuration says.
 */


#ifndef NGX_OAUTH_REDIS_TLS_H_INCLUDED
#define NGX_OAUTH_REDIS_TLS_H_INCLUDED


#include "ngx_oauth_redis.h"
#include "ngx_oauth_redis_conf.h"


#if (NGX_SSL)


/*
 * ca: a file with certificate authorities; empty: those of the system.  NULL:
 * an [emerg] was logged, or there is no memory.
 */

ngx_ssl_t *ngx_oauth_redis_tls_create(ngx_conf_t *cf,
    const ngx_oauth_place_t *place, ngx_str_t *ca);

/*
 * Prepares the connection for ngx_ssl_handshake.  NGX_ERROR: no memory, which
 * is the error of redis.
 */

ngx_int_t ngx_oauth_redis_tls_start(ngx_oauth_redis_t *redis,
    ngx_connection_t *c);

/*
 * After the handshake.  NGX_OK: the server is who it has to be; NGX_ERROR: it
 * is not, or the handshake failed, and the error of redis says why.
 */

ngx_int_t ngx_oauth_redis_tls_verify(ngx_oauth_redis_t *redis,
    ngx_connection_t *c);

/* Ends TLS at once, if there is any, before the connection is closed. */

void ngx_oauth_redis_tls_done(ngx_connection_t *c);


#endif


#endif /* NGX_OAUTH_REDIS_TLS_H_INCLUDED */
