
/*
 * The proof for access tokens that are bound to a client's TLS certificate (RFC
 * 8705 section 3): the client of the request has that certificate.
 */


#ifndef NGX_OAUTH_MTLS_H_INCLUDED
#define NGX_OAUTH_MTLS_H_INCLUDED


#include "ngx_oauth_context.h"
#include "oauth_certificate.h"


/*
 * Decides by the location and the claim "cnf" of the verified token alone.
 * Returns OAUTH_OK; OAUTH_SENDER_CONSTRAINED if the token is bound to a
 * certificate and the location has "oauth_mtls off"; or OAUTH_NOT_BOUND if it
 * is not bound to one, and the location requires that.
 */

oauth_reason_t ngx_oauth_mtls_accept(const ngx_oauth_ctx_t *ctx);

/*
 * Compares the client's certificate with the one that the verified token is
 * bound to.  Returns OAUTH_OK, also if the token is not bound to one; the
 * reason to refuse the request; or OAUTH_SERVER_ERROR when memory is short.
 */

oauth_reason_t ngx_oauth_mtls_verify(ngx_oauth_ctx_t *ctx);

/*
 * Writes the thumbprint of the client's certificate, OAUTH_HASH_SIZE
 * characters.  Returns what oauth_certificate_parse returns.  That of nginx's
 * own connection is computed once, and is kept with the connection.
 */

oauth_reason_t ngx_oauth_mtls_thumbprint(ngx_oauth_ctx_t *ctx,
    u_char *thumbprint);


#endif /* NGX_OAUTH_MTLS_H_INCLUDED */
