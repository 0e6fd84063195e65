
/*
 * The files that an issuer names: the key set of jwks_file (RFC 7517), the
 * certificates of ssl_trusted_certificate, and secrets; and private keys.  The
 * master process reads them while it reads the configuration, so usually as
 * root.  Their text is in the configuration's pool.
 */


#include "ngx_oauth_conf_issuer_file.h"
#include "ngx_oauth_file.h"
#include "oauth_certificates.h"


static void ngx_oauth_conf_issuer_file_free(void *data);


char *
ngx_oauth_conf_issuer_file_keys(ngx_conf_t *cf, ngx_oauth_issuer_t *issuer)
{
    ngx_str_t              text;
    ngx_uint_t             i, n;
    const char            *error;
    ngx_oauth_place_t      place;
    oauth_jwks_skipped_t  *skipped;

    if (issuer->jwks_file.len == 0) {
        return NGX_CONF_OK;
    }

    ngx_oauth_place_here(cf, &place);

    if (ngx_oauth_file_read(cf, &place, &issuer->jwks_file, &text) != NGX_OK) {
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
    ngx_str_t          text;
    ngx_oauth_place_t  place;

    if (issuer->ca_file.len == 0) {
        return NGX_CONF_OK;
    }

    ngx_oauth_place_here(cf, &place);

    if (ngx_oauth_file_read(cf, &place, &issuer->ca_file, &text) != NGX_OK) {
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
    ngx_oauth_place_t  place;

    ngx_oauth_place_here(cf, &place);

    return ngx_oauth_file_secret(cf, &place, name);
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
ngx_oauth_conf_issuer_file_free(void *data)
{
    oauth_signer_free(data);
}
