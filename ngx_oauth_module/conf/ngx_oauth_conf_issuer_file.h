
/*
 * The files that an issuer names.  The first two functions do nothing if the
 * directive is not there.  They return NGX_CONF_OK, or NGX_CONF_ERROR after an
 * [emerg].
 */


#ifndef NGX_OAUTH_CONF_ISSUER_FILE_H_INCLUDED
#define NGX_OAUTH_CONF_ISSUER_FILE_H_INCLUDED


#include "ngx_oauth_conf.h"


/* Parses the keys of jwks_file, which issuer->keys then owns. */

char *ngx_oauth_conf_issuer_file_keys(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);

/* Reads ssl_trusted_certificate into issuer->certificates. */

char *ngx_oauth_conf_issuer_file_certificates(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);

/*
 * Reads a file with a secret, and warns if users outside the file's group have
 * any right to it, or if the group may change it.  wipe is called with the
 * result before the memory is freed.  NULL: an [emerg] was logged, or there is
 * no memory.
 */

ngx_str_t *ngx_oauth_conf_issuer_file_secret(ngx_conf_t *cf, ngx_str_t *name,
    ngx_pool_cleanup_pt wipe);


#endif /* NGX_OAUTH_CONF_ISSUER_FILE_H_INCLUDED */
