
/*
 * How the sentence about a refusal is put together: a writer with room for so
 * many bytes of what a token brought, and so many of what was wanted.
 */


#ifndef NGX_OAUTH_EXPLAIN_LINE_H_INCLUDED
#define NGX_OAUTH_EXPLAIN_LINE_H_INCLUDED


#include "ngx_oauth_context.h"


typedef struct {
    size_t                     left;        /* bytes, of all values           */
    size_t                     most;        /* of one                         */
} ngx_oauth_explain_share_t;


typedef struct {
    ngx_oauth_ctx_t           *ctx;
    u_char                    *pos;
    u_char                    *last;
    ngx_oauth_explain_share_t  came;        /* what the token says            */
    ngx_oauth_explain_share_t  wanted;      /* what the configuration says, or
                                               the issuer's key set           */
    ngx_oauth_explain_share_t  kid;
} ngx_oauth_explain_t;


/* Writes as ngx_slprintf; what does not fit is lost. */

void ngx_cdecl ngx_oauth_explain_put(ngx_oauth_explain_t *e, const char *fmt,
    ...);

/* Writes a value in quotes, as of oauth_quote_write. */

void ngx_oauth_explain_value(ngx_oauth_explain_t *e,
    ngx_oauth_explain_share_t *share, oauth_str_t value);

/* The same for the i-th value of a list.  0: its share is used up. */

ngx_uint_t ngx_oauth_explain_item(ngx_oauth_explain_t *e,
    ngx_oauth_explain_share_t *share, ngx_uint_t i, oauth_str_t value);

/* Writes the names of algorithms, after a space. */

void ngx_oauth_explain_algorithms(ngx_oauth_explain_t *e,
    oauth_algs_t algorithms);


/*
 * What came and what was wanted.  Each of these goes on with the sentence, if
 * the refusal's reason is one of its own.
 */

void ngx_oauth_explain_form(ngx_oauth_explain_t *e);
void ngx_oauth_explain_jwt(ngx_oauth_explain_t *e);
void ngx_oauth_explain_policy(ngx_oauth_explain_t *e);


#endif /* NGX_OAUTH_EXPLAIN_LINE_H_INCLUDED */
