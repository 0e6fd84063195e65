
/*
 * The tokens that this worker has verified and knows again (oauth_cache).  A
 * token is kept with a stamp, which tells what it was verified against: the
 * generation of its issuer's keys.  While the stamp is unchanged the token is
 * as good as on the day it was verified, and that is one comparison.
 */


#ifndef NGX_OAUTH_KNOWN_H_INCLUDED
#define NGX_OAUTH_KNOWN_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * Creates the worker's cache, with room for so many tokens.  Returns NULL when
 * memory is short, which is logged: every token is verified anew then.
 */

oauth_cache_t *ngx_oauth_known_create(size_t entries, ngx_log_t *log);

/*
 * Looks the request's credentials up among the tokens that one of the
 * location's issuers verified.  Returns the token with a reference for the
 * caller, or NULL: it is not known, or its stamp or its time is over.
 */

oauth_token_t *ngx_oauth_known_lookup(const ngx_oauth_ctx_t *ctx);

/* Keeps ctx->token, which was verified with keys of this generation. */

void ngx_oauth_known_store(const ngx_oauth_ctx_t *ctx, ngx_uint_t generation);

/* Returns 1 when a token that these rules verified is good for the location. */

ngx_uint_t ngx_oauth_known_fits(const oauth_token_rules_t *rules,
    const ngx_oauth_loc_conf_t *conf);


#endif /* NGX_OAUTH_KNOWN_H_INCLUDED */
