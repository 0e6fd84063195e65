
/*
 * The files that an issuer names, and private keys, which a server may name,
 * too.  The first two functions do nothing if the directive is not there.  They
 * return NGX_CONF_OK, or NGX_CONF_ERROR after an [emerg].
 */


#ifndef NGX_OAUTH_CONF_ISSUER_FILE_H_INCLUDED
#define NGX_OAUTH_CONF_ISSUER_FILE_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_signer.h"


/* Parses the keys of jwks_file, which issuer->keys then owns. */

char *ngx_oauth_conf_issuer_file_keys(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);

/* Reads ssl_trusted_certificate into issuer->certificates. */

char *ngx_oauth_conf_issuer_file_certificates(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);

/*
 * Reads a file with a secret, and warns if users outside the file's group have
 * any right to it, or if the group may change it.  The secret is wiped before
 * its memory is freed.  NULL: an [emerg] was logged, or there is no memory.
 */

ngx_str_t *ngx_oauth_conf_issuer_file_secret(ngx_conf_t *cf, ngx_str_t *name);

/*
 * Reads a private key in PEM, with the same warnings, for JWTs of that typ (see
 * oauth_signer_create).  The signer is freed with the configuration.  directive
 * names the file, and key says what is to be in it ("the client's private
 * key").  NULL: an [emerg] was logged, or there is no memory.
 */

oauth_signer_t *ngx_oauth_conf_issuer_file_signer(ngx_conf_t *cf,
    ngx_str_t *name, const char *type, const char *directive,
    const char *key);


#endif /* NGX_OAUTH_CONF_ISSUER_FILE_H_INCLUDED */
