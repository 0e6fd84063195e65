
/*
 * The metadata documents of a server's resources (RFC 9728 section 2).
 */


#ifndef NGX_OAUTH_DOCUMENT_H_INCLUDED
#define NGX_OAUTH_DOCUMENT_H_INCLUDED


#include "ngx_oauth_resource.h"


/*
 * Adds what a location says of its resource to the document: issuers, scopes,
 * members.  Returns NGX_OK, or NGX_ERROR and an [emerg].
 */

ngx_int_t ngx_oauth_document_add(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource, ngx_oauth_loc_conf_t *lcf);

/*
 * Renders the document of a resource, when every location has been seen; and
 * what a location has of its own, where its resource reflects.  Both return
 * NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_document_write(ngx_conf_t *cf,
    ngx_oauth_resource_t *resource);
ngx_int_t ngx_oauth_document_write_reflected(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_DOCUMENT_H_INCLUDED */
