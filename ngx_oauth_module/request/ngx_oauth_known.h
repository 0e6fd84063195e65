
/*
 * The tokens that this worker has verified before (oauth_cache).  The cache
 * keeps a token together with a stamp, which says with which keys of its issuer
 * it was verified, and until when the issuer's answer about it may be used.  As
 * long as these are valid, nobody has to verify the signature or ask the issuer
 * again.  The cache belongs to the worker and holds a reference to each of its
 * tokens.
 */


#ifndef NGX_OAUTH_KNOWN_H_INCLUDED
#define NGX_OAUTH_KNOWN_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Creates the worker's cache with room for this many tokens.  The caller frees
 * it with oauth_cache_free.  Returns NULL when memory is short, and logs it:
 * this worker then verifies the token of every request.
 */

oauth_cache_t *ngx_oauth_known_create(size_t entries, ngx_log_t *log);

/*
 * Looks for the credentials of the request among the known tokens of the
 * issuers that the location trusts.  Returns the token, with a reference that
 * the caller releases, or NULL: the token is not known, the issuer's keys have
 * changed since, the issuer has to be asked about the token again, or the token
 * has expired or is not valid yet.
 */

oauth_token_t *ngx_oauth_known_lookup(const ngx_oauth_ctx_t *ctx);

/*
 * Stores ctx->token in the worker's cache, if it has one.  The token was just
 * verified with the present keys of its issuer, or the issuer has just been
 * asked about it; what it said is believed until ctx->believed.
 */

void ngx_oauth_known_store(const ngx_oauth_ctx_t *ctx);

/*
 * Returns 1 if these rules are those of one of the issuers, an array of
 * ngx_oauth_issuer_t *.  So a token that the rules have verified may be used in
 * a location that trusts these issuers.
 */

int ngx_oauth_known_accepts(const oauth_token_rules_t *rules,
    const void *issuers);


#endif /* NGX_OAUTH_KNOWN_H_INCLUDED */
