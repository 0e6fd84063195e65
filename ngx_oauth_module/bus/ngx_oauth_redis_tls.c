
/*
 * TLS to the server of the bus.  OpenSSL itself ends the handshake if the
 * certificate is not signed by a known authority, is expired, or is for another
 * name or address; nothing was sent by then.  There is no way to switch that
 * off.
 */


#include "ngx_oauth_redis_error.h"
#include "ngx_oauth_redis_tls.h"


#if (NGX_SSL)


static ngx_int_t ngx_oauth_redis_tls_name(ngx_oauth_redis_t *redis, SSL *ssl);


ngx_ssl_t *
ngx_oauth_redis_tls_create(ngx_conf_t *cf, const ngx_oauth_place_t *place,
    ngx_str_t *ca)
{
    int                  rc;
    ngx_ssl_t           *ssl;
    ngx_pool_cleanup_t  *cln;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (ssl == NULL || cln == NULL) {
        return NULL;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NULL;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    /* The memory of what is to be sent moves when it grows. */

    SSL_CTX_set_mode(ssl->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                               |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_verify(ssl->ctx, SSL_VERIFY_PEER, NULL);

    if (ca->len == 0) {
        rc = SSL_CTX_set_default_verify_paths(ssl->ctx);

    } else {

        if (ngx_conf_full_name(cf->cycle, ca, 1) != NGX_OK) {
            return NULL;
        }

        rc = SSL_CTX_load_verify_file(ssl->ctx, (char *) ca->data);
    }

    ERR_clear_error();

    if (rc != 1) {
        ngx_oauth_place_error(cf, place, "\"%V\" holds no usable certificate: "
                              "put the CA's certificate there as PEM", ca);
        return NULL;
    }

    return ssl;
}


ngx_int_t
ngx_oauth_redis_tls_start(ngx_oauth_redis_t *redis, ngx_connection_t *c)
{
    ngx_int_t  rc;

    c->pool = ngx_create_pool(512, c->log);

    rc = NGX_ERROR;

    if (c->pool
        && ngx_ssl_create_connection(redis->conf->ssl, c, NGX_SSL_CLIENT)
           == NGX_OK)
    {
        rc = ngx_oauth_redis_tls_name(redis, c->ssl->connection);
    }

    if (rc != NGX_OK) {
        ngx_oauth_redis_error(redis, "TLS could not be started");
    }

    ERR_clear_error();

    return rc;
}


/* The name has a zero byte behind it, see ngx_oauth_redis_conf_parse. */

static ngx_int_t
ngx_oauth_redis_tls_name(ngx_oauth_redis_t *redis, SSL *ssl)
{
    char              *name;
    X509_VERIFY_PARAM *param;

    name = (char *) redis->conf->host.data;
    param = SSL_get0_param(ssl);

    if (redis->conf->address.socklen) {
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1 ? NGX_OK
                                                                : NGX_ERROR;
    }

    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    if (X509_VERIFY_PARAM_set1_host(param, name, redis->conf->host.len) != 1
        || SSL_set_tlsext_host_name(ssl, name) != 1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_oauth_redis_tls_verify(ngx_oauth_redis_t *redis, ngx_connection_t *c)
{
    long  rc;

    rc = SSL_get_verify_result(c->ssl->connection);

    ERR_clear_error();

    if (rc != X509_V_OK) {
        ngx_oauth_redis_error(redis,
                              "the certificate of the server is not accepted: "
                              "%s", X509_verify_cert_error_string(rc));
        return NGX_ERROR;
    }

    if (!c->ssl->handshaked) {
        ngx_oauth_redis_error(redis, "the TLS handshake failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_oauth_redis_tls_done(ngx_connection_t *c)
{
    if (c->ssl == NULL) {
        return;
    }

    c->ssl->no_wait_shutdown = 1;
    c->ssl->no_send_shutdown = 1;

    (void) ngx_ssl_shutdown(c);

    ERR_clear_error();
}


#endif
