
/*
 * The files that an issuer names: the key set of jwks_file (RFC 7517), the
 * certificates of ssl_trusted_certificate, and secrets; and private keys.  The
 * master process reads them while it reads the configuration, so usually as
 * root.  Their text is in the configuration's pool.
 */


#include "ngx_oauth_conf_issuer_file.h"
#include "oauth_certificates.h"
#include "oauth_secret.h"


#define NGX_OAUTH_CONF_ISSUER_FILE_SIZE  (1024 * 1024)  /* bytes, at most */


static void ngx_oauth_conf_issuer_file_wipe(void *data);
static void ngx_oauth_conf_issuer_file_free(void *data);
static char *ngx_oauth_conf_issuer_file_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text);


char *
ngx_oauth_conf_issuer_file_keys(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    ngx_str_t              text;
    ngx_uint_t             i, n;
    const char            *error;
    oauth_jwks_skipped_t  *skipped;

    if (issuer->jwks_file.len == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_oauth_conf_issuer_file_read(cf, &issuer->jwks_file, &text)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    issuer->keys = oauth_jwks_read(ngx_oauth_str(&text),
                                   issuer->rules.algorithms, &error);

    if (issuer->keys) {
        skipped = issuer->keys->skipped;
        n = ngx_min(issuer->keys->nskipped, OAUTH_JWKS_SKIPPED);

        for (i = 0; i < n; i++) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "jwks_file \"%V\": key %uz is not used: %s",
                               &issuer->jwks_file, skipped[i].index,
                               skipped[i].why);
        }
    }

    if (issuer->keys == NULL || issuer->keys->nkeys == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "jwks_file \"%V\": %s: put a JWK set with a "
                           "public signature key there",
                           &issuer->jwks_file, error);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_conf_issuer_file_certificates(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer)
{
    ngx_str_t  text;

    if (issuer->ca_file.len == 0) {
        return NGX_CONF_OK;
    }

    if (ngx_oauth_conf_issuer_file_read(cf, &issuer->ca_file, &text)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (!oauth_certificates_valid(ngx_oauth_str(&text))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "ssl_trusted_certificate \"%V\" holds no usable "
                           "certificate: put the CA's certificate there as PEM",
                           &issuer->ca_file);
        return NGX_CONF_ERROR;
    }

    issuer->certificates = text;

    return NGX_CONF_OK;
}


ngx_str_t *
ngx_oauth_conf_issuer_file_secret(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_str_t           *text;
    ngx_file_info_t      fi;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(cf->pool, sizeof(ngx_str_t));
    if (cln == NULL) {
        return NULL;
    }

    text = cln->data;

    if (ngx_oauth_conf_issuer_file_read(cf, name, text) != NGX_CONF_OK) {
        return NULL;
    }

    cln->handler = ngx_oauth_conf_issuer_file_wipe;

    if (ngx_file_info(name->data, &fi) != NGX_FILE_ERROR
        && (fi.st_mode & (S_IRWXO|S_IWGRP)))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"%V\" holds a secret, and %s: make it readable "
                           "for its owner only, as by \"chmod 600\"", name,
                           (fi.st_mode & S_IRWXO)
                           ? "users outside its group have rights to it"
                           : "its group may change it");
    }

    return text;
}


oauth_signer_t *
ngx_oauth_conf_issuer_file_signer(ngx_conf_t *cf, ngx_str_t *name,
    const char *type, const char *directive, const char *key)
{
    ngx_str_t           *text;
    const char          *error;
    oauth_signer_t      *signer;
    oauth_result_t       result;
    ngx_pool_cleanup_t  *cln;

    text = ngx_oauth_conf_issuer_file_secret(cf, name);
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (text == NULL || cln == NULL) {
        return NULL;
    }

    result = oauth_signer_create(ngx_oauth_str(text), type, &signer, &error);

    if (result != OAUTH_DONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "%s \"%V\": %s: put %s there as PEM, without a "
                           "passphrase, as \"openssl pkey -in OLD -out NEW\" "
                           "writes it", directive, name, error, key);
        return NULL;
    }

    cln->handler = ngx_oauth_conf_issuer_file_free;
    cln->data = signer;

    return signer;
}


static void
ngx_oauth_conf_issuer_file_wipe(void *data)
{
    ngx_str_t *secret = data;

    oauth_secret_wipe(secret->data, secret->len);
}


static void
ngx_oauth_conf_issuer_file_free(void *data)
{
    oauth_signer_free(data);
}


/*
 * Reads a whole file into the pool, and makes *name its full path.  A FIFO is
 * opened with NONBLOCK, or nginx would wait until somebody writes to it.
 */

static char *
ngx_oauth_conf_issuer_file_read(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text)
{
    size_t           size;
    ssize_t          n;
    ngx_file_t       file;
    ngx_file_info_t  fi;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));

    file.name = *name;
    file.log = cf->log;
    file.fd = ngx_open_file(name->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                            NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot open \"%V\": check the path and the rights",
                           name);
        return NGX_CONF_ERROR;
    }

    n = NGX_ERROR;

    if (ngx_fd_info(file.fd, &fi) == NGX_FILE_ERROR
        || !ngx_is_file(&fi)
        || ngx_file_size(&fi) > NGX_OAUTH_CONF_ISSUER_FILE_SIZE)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not a regular file of at most 1 MiB: "
                           "name such a file", name);
        goto done;
    }

    size = ngx_file_size(&fi);

    text->len = size;
    text->data = ngx_pnalloc(cf->pool, size + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&file, text->data, size, 0);

    if (n != (ssize_t) size) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" could not be read to its end", name);
        n = NGX_ERROR;
    }

done:

    (void) ngx_close_file(file.fd);

    return (n == NGX_ERROR) ? NGX_CONF_ERROR : NGX_CONF_OK;
}
