
/*
 * The metadata documents of a server's resources (RFC 9728 section 2), written
 * once at the end of the configuration.  Everything is in the configuration's
 * pool; only the scopes that are being collected are not, and writing the
 * document frees them.
 */


#ifndef NGX_OAUTH_DOCUMENT_H_INCLUDED
#define NGX_OAUTH_DOCUMENT_H_INCLUDED


#include "ngx_oauth_resource.h"


/*
 * Adds a location's issuers, scopes and members to the document of its
 * resource.  Returns NGX_OK; or NGX_ERROR when memory is short, or after an
 * [emerg] when another location has given the resource different members.
 */

ngx_int_t ngx_oauth_document_add(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource, ngx_oauth_loc_conf_t *lcf);

/*
 * The first writes the document of a resource, after every location has added
 * to it.  The second writes the location's own part of a document, if its
 * resource reflects: all that follows the URL.  Both return NGX_OK, or
 * NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_document_write(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource);
ngx_int_t ngx_oauth_document_write_reflected(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_DOCUMENT_H_INCLUDED */
