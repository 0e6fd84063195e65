
/*
 * The "reflect" parameter of oauth_resource (RFC 9728 section 3.3).  Both
 * functions return NGX_OK; NGX_DECLINED when the request is not about a URL
 * below a resource that reflects; NGX_ERROR when memory is short.  What they
 * hand out is in the request's pool or in the configuration's.
 */


#ifndef NGX_OAUTH_REFLECT_H_INCLUDED
#define NGX_OAUTH_REFLECT_H_INCLUDED


#include "ngx_oauth_context.h"
#include "ngx_oauth_text.h"


/* Renders the document of the URL that a request for metadata asks about. */

ngx_int_t ngx_oauth_reflect_document(ngx_http_request_t *r,
    ngx_str_t *document);

/*
 * Sets which resource the text of a refusal names, with the URLs of its
 * metadata document and its documentation.  With NGX_OK the resource is the URL
 * that the client asked for, with NGX_DECLINED the one in the configuration.
 */

ngx_int_t ngx_oauth_reflect_resource(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, ngx_oauth_text_t *text);


#endif /* NGX_OAUTH_REFLECT_H_INCLUDED */
