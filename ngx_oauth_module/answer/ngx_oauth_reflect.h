
/*
 * Resources that reflect (RFC 9728 section 3.3).  Both functions return
 * NGX_OK; NGX_DECLINED when the request is about none of their URLs; NGX_ERROR
 * when memory is short.
 */


#ifndef NGX_OAUTH_REFLECT_H_INCLUDED
#define NGX_OAUTH_REFLECT_H_INCLUDED


#include "ngx_oauth_context.h"
#include "ngx_oauth_text.h"


/* Finds the document that a metadata request asks for. */

ngx_int_t ngx_oauth_reflect_document(ngx_http_request_t *r,
    ngx_str_t *document);

/*
 * Says which resource a refusal is about: the URL that a request in that
 * location asked for, or, with NGX_DECLINED, the configured resource.
 */

ngx_int_t ngx_oauth_reflect_resource(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, ngx_oauth_text_t *text);


#endif /* NGX_OAUTH_REFLECT_H_INCLUDED */
