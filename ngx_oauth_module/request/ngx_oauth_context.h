
/*
 * The context of a request: what the decision about it knows so far.  It is
 * made once, is found again after an internal redirect (for which nginx wipes
 * r->ctx), and holds a reference to each token that it used.  It lives in the
 * request's pool.
 */


#ifndef NGX_OAUTH_CONTEXT_H_INCLUDED
#define NGX_OAUTH_CONTEXT_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_credentials.h"
#include "oauth_jwt.h"


/*
 * What is answered.  Rendered when the request is refused and not when the
 * answer is sent: an error_page in between changes method, URI and location.
 */

typedef struct {
    ngx_uint_t                   status;    /* 0: not refused                 */
    const ngx_oauth_loc_conf_t  *conf;      /* of the location that refused   */
    ngx_str_t                    challenge; /* empty: the answer has none     */
    ngx_str_t                    body[2];   /* two parts of one document      */
    ngx_str_t                    retry_after;
    unsigned                     page:1;    /* it is for a browser's window   */
    unsigned                     paged:1;   /* an error_page has content      */
    unsigned                     replaces:1;    /* body, what comes           */
    unsigned                     sent:1;
} ngx_oauth_context_refusal_t;


/* What a step that would have to wait for keys does. */

typedef enum {
    NGX_OAUTH_WAIT_NEVER = 0,               /* decides without them: nobody
                                               could wait                     */
    NGX_OAUTH_WAIT_LATER,                   /* leaves the decision open       */
    NGX_OAUTH_WAIT_NOW                      /* parks the request              */
} ngx_oauth_context_waiting_t;


/* What was carried out: see ngx_oauth_verdict.h. */

typedef enum {
    NGX_OAUTH_VERDICT_NONE = 0,         /* nothing: the location is open, or
                                           the request did not get that far */
    NGX_OAUTH_VERDICT_ADMITTED,
    NGX_OAUTH_VERDICT_REFUSED,
    NGX_OAUTH_VERDICT_OVERRULED         /* refused, and let in (satisfy any) */
} ngx_oauth_context_verdict_t;


typedef struct {
    ngx_http_request_t          *request;
    const ngx_oauth_loc_conf_t  *conf;      /* the location that is decided   */

    ngx_table_elt_t             *authorization;
    oauth_credentials_t          credentials;   /* in it                      */
    oauth_jwt_t                 *jwt;       /* not verified; NULL: not needed */
    oauth_token_t               *token;     /* NULL: nothing verified yet     */
    ngx_oauth_issuer_t          *issuer;    /* that the token names           */
    oauth_reason_t               reason;

    /* How the last verification failed, so that it is not done twice. */
    oauth_reason_t               failure;
    ngx_oauth_issuer_t          *failed_issuer;
    ngx_uint_t                   failed_generation;     /* of its keys        */

    ngx_oauth_wait_t             wait;
    ngx_oauth_context_refusal_t          refusal;

    /* While a value is evaluated: see ngx_oauth_evaluate.c. */
    ngx_http_variable_value_t   *outer;     /* the request's; NULL: no value is
                                               being evaluated                */
    ngx_http_variable_value_t   *values;    /* the copy                       */
    ngx_uint_t                   depth;     /* of values of "set"             */

    ngx_array_t                 *kept;      /* ngx_uint_t: variables that nginx
                                               has kept and that read a claim */
    ngx_uint_t                   reads;     /* how often we were asked        */
    ngx_str_t                    uri;       /* that the client asked for      */

    ngx_oauth_context_waiting_t  waiting;
    ngx_oauth_context_verdict_t  verdict;
    unsigned                     preflight:1;   /* answered for refusal.conf  */
    unsigned                     metadata:10;   /* the status that a document
                                               was asked for with, its text is
                                               refusal.body; 0: it was not    */
    unsigned                     foreign:1; /* for another's document         */
    unsigned                     again:1;   /* our answer was made anew       */
    unsigned                     decided:1; /* reason holds for conf          */
    unsigned                     judging:1; /* the policy asks: variables show
                                               the token, verified            */
    unsigned                     logging:1; /* the request is over            */
    unsigned                     hidden:1;  /* a variable was read while there
                                               was no token to show           */
    unsigned                     blind:1;   /* it was read before the keys were
                                               there                          */
    unsigned                     unseen:1;  /* by a rewrite rule              */
    unsigned                     misled:1;  /* a rule that decides has read it
                                               while there was none to show   */
    unsigned                     failed:1;  /* a value could not be computed  */
    unsigned                     doubted:1; /* it used a variable of "set" that
                                               may be wrong                   */
    unsigned                     refetched:1;   /* for an unknown key         */
    unsigned                     located:1; /* nginx has found a location     */
    unsigned                     withheld:1;    /* the token is not to leave
                                                   the location               */
    unsigned                     forwarded:1;   /* the header fields have the
                                                   identity                   */
    unsigned                     passed:1;  /* the access phase, where the
                                               request is now                 */
} ngx_oauth_ctx_t;


/* Returns the context, or NULL: the request has none yet. */

ngx_oauth_ctx_t *ngx_oauth_context_lookup(ngx_http_request_t *r);

/* The same, or a new context.  Returns NULL when memory is short. */

ngx_oauth_ctx_t *ngx_oauth_context_create(ngx_http_request_t *r);

/*
 * Returns a new context, where it is certain that there is none, or NULL when
 * memory is short.
 */

ngx_oauth_ctx_t *ngx_oauth_context_new(ngx_http_request_t *r);

/*
 * Waits for the keys of ctx->issuer as ctx->waiting says.  Returns NGX_AGAIN:
 * the request is parked, or the decision is left open; NGX_DECLINED: there is
 * nothing to wait for.
 */

ngx_int_t ngx_oauth_context_park(ngx_oauth_ctx_t *ctx, ngx_uint_t unknown_key);

/* Returns 1 while the request is on its way to the error page of a refusal. */

ngx_uint_t ngx_oauth_context_is_error_page(ngx_http_request_t *r,
    const ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_CONTEXT_H_INCLUDED */
