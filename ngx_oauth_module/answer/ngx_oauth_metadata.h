
/*
 * Serves the protected resource metadata (RFC 9728 section 3), and the keys
 * that verify assertions (RFC 7517 section 5).  The documents were rendered
 * with the configuration and are in its pool, except those of a resource that
 * reflects, which are in the request's pool.
 */


#ifndef NGX_OAUTH_METADATA_H_INCLUDED
#define NGX_OAUTH_METADATA_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * The handler of the server-rewrite phase.  Responds if the path is that of a
 * metadata document of the module, or of the keys.  Returns NGX_DECLINED for
 * any other path, or what nginx is to finalize the request with.
 */

ngx_int_t ngx_oauth_metadata_handler(ngx_http_request_t *r);

/*
 * Responds with 404: there is no such document.  Returns what nginx is to
 * finalize the request with.
 */

ngx_int_t ngx_oauth_metadata_not_found(ngx_http_request_t *r);

/*
 * Called by the header filter.  Returns NGX_DECLINED when the response is not a
 * redirect; NGX_OK when it was one, and is a 404 now; NGX_ERROR when memory is
 * short.
 */

ngx_int_t ngx_oauth_metadata_redirect(ngx_oauth_ctx_t *ctx);

/*
 * Sets the status of the response to ctx->metadata_status, and adds the fields.
 * Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_metadata_header(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_METADATA_H_INCLUDED */
