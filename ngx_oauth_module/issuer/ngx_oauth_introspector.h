
/*
 * Asking an authorization server about tokens (RFC 7662), on nginx's event
 * loop.  An introspector is one issuer in one worker.  A question is about the
 * credentials of requests, which are the text that follows the scheme in the
 * Authorization header (oauth_credentials.h); all requests that bring the same
 * ones while the question is under way share it.  No function here blocks.
 */


#ifndef NGX_OAUTH_INTROSPECTOR_H_INCLUDED
#define NGX_OAUTH_INTROSPECTOR_H_INCLUDED


#include "ngx_oauth_question.h"


/*
 * In a worker that starts: sets issuer->introspector of each that has
 * "introspect".  NGX_ERROR: no memory, the worker cannot start.
 */

ngx_int_t ngx_oauth_introspector_start(ngx_cycle_t *cycle,
    ngx_array_t *issuers, ngx_oauth_introspected_t *introspected);

/* In a worker that exits: ends all questions. */

void ngx_oauth_introspector_done(ngx_array_t *issuers);

/*
 * 1 if the address to ask has to be discovered first: the caller waits for the
 * issuer's documents.
 */

ngx_uint_t ngx_oauth_introspector_is_early(
    const ngx_oauth_introspector_t *introspector);

/*
 * Asks about credentials, unless the response is known or the question is under
 * way already.  verified: the token that they are, if it was verified before;
 * NULL: they are opaque.  Returns a question with a reference for the caller,
 * which ngx_oauth_question_release gives back; NULL: the issuer cannot be asked
 * now, and why was logged.
 */

ngx_oauth_question_t *ngx_oauth_introspector_ask(
    ngx_oauth_introspector_t *introspector, oauth_str_t text,
    oauth_token_t *verified, ngx_log_t *log);


#endif /* NGX_OAUTH_INTROSPECTOR_H_INCLUDED */
