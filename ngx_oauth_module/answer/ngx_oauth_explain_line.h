
/*
 * The writer of a refusal's log line.  The line is a buffer of the caller's.
 * The values of the token have one share of it, and the values of the
 * configuration another, so that a client who sends long values cannot push
 * the rest out of the line.
 */


#ifndef NGX_OAUTH_EXPLAIN_LINE_H_INCLUDED
#define NGX_OAUTH_EXPLAIN_LINE_H_INCLUDED


#include "ngx_oauth_context.h"


typedef struct {
    size_t                     left;        /* bytes for all values that are
                                               still to come                  */
    size_t                     most;        /* bytes for one value            */
} ngx_oauth_explain_share_t;


typedef struct {
    ngx_oauth_ctx_t           *ctx;
    u_char                    *pos;         /* the end of what is written     */
    u_char                    *last;        /* the end of the buffer          */
    ngx_oauth_explain_share_t  came;        /* for values of the token        */
    ngx_oauth_explain_share_t  wanted;      /* for values of the configuration
                                               and of the issuer's key set    */
    ngx_oauth_explain_share_t  kid;         /* for the token's kid            */
} ngx_oauth_explain_t;


/*
 * Writes formatted text, as ngx_slprintf does.  If the buffer is full, the rest
 * of the text is left out.
 */

void ngx_cdecl ngx_oauth_explain_put(ngx_oauth_explain_t *e, const char *fmt,
    ...);

/*
 * Writes a value in quotes, escaped by oauth_quote_write and cut to the share,
 * from which the bytes are taken.
 */

void ngx_oauth_explain_value(ngx_oauth_explain_t *e,
    ngx_oauth_explain_share_t *share, oauth_str_t value);

/*
 * Does the same for value number i of a list, beginning with 0, and separates
 * the values.  Returns 1; or 0 when the share is used up, and dots are written
 * instead.
 */

ngx_uint_t ngx_oauth_explain_item(ngx_oauth_explain_t *e,
    ngx_oauth_explain_share_t *share, ngx_uint_t i, oauth_str_t value);

/* Writes a space and the names of these algorithms. */

void ngx_oauth_explain_algorithms(ngx_oauth_explain_t *e,
    oauth_algs_t algorithms);


/*
 * Each of these knows some of the reasons.  If ctx->reason is one of them, it
 * writes what was found and what was expected; otherwise it writes nothing.
 */

void ngx_oauth_explain_form(ngx_oauth_explain_t *e);
void ngx_oauth_explain_jwt(ngx_oauth_explain_t *e);
void ngx_oauth_explain_stale(ngx_oauth_explain_t *e);
void ngx_oauth_explain_proof(ngx_oauth_explain_t *e);
void ngx_oauth_explain_mtls(ngx_oauth_explain_t *e);
void ngx_oauth_explain_policy(ngx_oauth_explain_t *e);


#endif /* NGX_OAUTH_EXPLAIN_LINE_H_INCLUDED */
