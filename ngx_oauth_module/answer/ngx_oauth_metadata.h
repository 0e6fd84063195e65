
/*
 * The protected resource metadata (RFC 9728 section 3).
 */


#ifndef NGX_OAUTH_METADATA_H_INCLUDED
#define NGX_OAUTH_METADATA_H_INCLUDED


#include "ngx_oauth_context.h"


/* Handler of the server-rewrite phase: answers with the module's documents. */

ngx_int_t ngx_oauth_metadata_handler(ngx_http_request_t *r);

/* Answers that there is no such document. */

ngx_int_t ngx_oauth_metadata_not_found(ngx_http_request_t *r);

/*
 * Header filter.  NGX_DECLINED: the answer is no redirect; NGX_OK: it was one,
 * and is a 404 now; NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_metadata_redirect(ngx_oauth_ctx_t *ctx);

/* Header filter: the answer of ctx->metadata; NGX_OK or NGX_ERROR. */

ngx_int_t ngx_oauth_metadata_header(ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_METADATA_H_INCLUDED */
