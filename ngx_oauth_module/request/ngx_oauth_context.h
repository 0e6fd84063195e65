
/*
 * The context of a request: everything that the module knows about the request
 * so far.  The module creates it once.  When nginx redirects a request
 * internally it wipes r->ctx, and the module then finds the same context again.
 * The context lives in the request's pool.  It holds a reference to the token
 * and owns the parsed JWT; a cleanup of the pool releases both.
 */


#ifndef NGX_OAUTH_CONTEXT_H_INCLUDED
#define NGX_OAUTH_CONTEXT_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "ngx_oauth_introspector.h"
#include "oauth_credentials.h"
#include "oauth_jwt.h"


/*
 * The response to a refused request.  It is rendered when the request is
 * refused, not when nginx sends the response: an error_page in between changes
 * the method, the URI and the location of the request.  The strings are in the
 * pool of the request or of the configuration.
 */

typedef struct {
    ngx_uint_t                   status;    /* HTTP status; 0: the request is
                                               not refused                    */
    const ngx_oauth_loc_conf_t  *conf;      /* the location that refused it   */
    ngx_str_t                    challenge; /* value of WWW-Authenticate;
                                               empty: there is no challenge   */
    ngx_str_t                    body[2];   /* the two halves of the body     */
    ngx_str_t                    retry_after;   /* seconds; empty: no such
                                               field                          */
    unsigned                     page:1;    /* the body is an HTML page for the
                                               window of a browser            */
    unsigned                     paged:1;   /* the content of an error_page is
                                               the body                       */
    unsigned                     replaces:1;    /* the body filter sends "body"
                                               and drops what nginx produces  */
    unsigned                     sent:1;    /* the body filter has sent it    */
} ngx_oauth_context_refusal_t;


/* What a step does when it needs keys, or an answer, that are not there yet. */

typedef enum {
    NGX_OAUTH_WAIT_NEVER = 0,               /* it decides without them, because
                                               the caller cannot wait         */
    NGX_OAUTH_WAIT_LATER,                   /* it leaves the decision open    */
    NGX_OAUTH_WAIT_NOW                      /* it parks the request           */
} ngx_oauth_context_waiting_t;


/* What the handlers did with the request: see ngx_oauth_verdict.h. */

typedef enum {
    NGX_OAUTH_VERDICT_NONE = 0,         /* nothing: the location is open, or
                                           the request ended before the
                                           location was checked               */
    NGX_OAUTH_VERDICT_ADMITTED,
    NGX_OAUTH_VERDICT_REFUSED,
    NGX_OAUTH_VERDICT_DRY_RUN,          /* the module would have refused the
                                           request, if the location were not in
                                           a dry run                          */
    NGX_OAUTH_VERDICT_OVERRULED         /* the module refused the request, and
                                           another module let it in (satisfy
                                           any)                               */
} ngx_oauth_context_verdict_t;


/*
 * The DPoP proof of the client's request, which is in the context of the main
 * request: see ngx_oauth_dpop.h.
 */

typedef struct {
    ngx_table_elt_t             *field;     /* the client's, also after it was
                                               removed from the request       */
    ngx_uint_t                   fields;    /* how many there were; 0 also: they
                                               have not been looked for       */
    const ngx_oauth_loc_conf_t  *conf;      /* the location by whose rules it
                                               was verified; NULL: it was not */
    oauth_str_t                  thumbprint;    /* of its key, then           */
    int64_t                      leeway;    /* seconds, by which it was then
                                               verified                       */
    unsigned                     used:1;    /* its jti is used up             */
    unsigned                     wanted:1;  /* a location demands a nonce     */
    unsigned                     fresh:1;   /* its nonce is the current one   */
    unsigned                     renew:1;   /* the client needs another nonce */
} ngx_oauth_context_proof_t;


/* How a response that is running is watched: see ngx_oauth_recheck.h. */

typedef struct {
    ngx_oauth_recheck_t         *worker;    /* NULL: it is not                */
    const ngx_oauth_conf_recheck_t  *conf;
    ngx_msec_t                   checked;   /* value of ngx_current_msec      */
    ngx_event_t                 *timer;     /* of the next check; NULL: the
                                               response is new, and in the
                                               worker's queue                 */
    ngx_queue_t                  queue;
} ngx_oauth_context_recheck_t;


/* The scopes that a request needs, and the location that demands them. */

typedef struct {
    ngx_str_t                    scopes;
    const ngx_oauth_loc_conf_t  *conf;
} ngx_oauth_context_required_t;


typedef struct {
    ngx_http_request_t          *request;
    const ngx_oauth_loc_conf_t  *conf;      /* the location that the steps
                                               decide for                     */

    ngx_table_elt_t             *authorization; /* the client's header field,
                                               also after it was removed from
                                               the request                    */
    oauth_credentials_t          credentials;   /* views of that field        */
    oauth_jwt_t                 *jwt;       /* the parsed JWT, not verified;
                                               NULL: none was parsed          */
    oauth_token_t               *token;     /* the verified token, a reference;
                                               NULL: none is verified         */
    ngx_oauth_issuer_t          *issuer;    /* the block of the issuer that
                                               the token names, or that is or
                                               was asked about it             */
    oauth_reason_t               reason;    /* result of the last step, unless
                                               a handler refused for another
                                               reason                         */

    ngx_oauth_context_proof_t    proof;     /* see above                      */

    /* The last verification that failed: it is not repeated in vain. */
    oauth_reason_t               failure;
    ngx_oauth_issuer_t          *failed_issuer;
    ngx_uint_t                   failed_generation;     /* of the keys that
                                               were tried                     */

    /* While issuers are asked about the token: see ngx_oauth_introspect.c. */
    ngx_oauth_question_t        *question;  /* a reference; NULL: none is under
                                               way                            */
    const ngx_oauth_loc_conf_t  *asked_conf;    /* the location whose issuers
                                               are asked                      */
    ngx_uint_t                   next_issuer;   /* index of the issuer to ask
                                               next, in conf->issuers         */
    oauth_reason_t               said;      /* the reason to refuse that tells
                                               most, of those asked so far    */
    ngx_msec_t                   believed;  /* value of ngx_current_msec until
                                               which the last answer may be
                                               used                           */

    ngx_msec_t                   silence;   /* for which nothing was heard of
                                               the other nodes, as of
                                               ngx_oauth_bus_silence, when that
                                               decided                        */

    ngx_oauth_wait_t             wait;      /* linked while the request is
                                               parked                         */
    ngx_oauth_context_refusal_t  refusal;
    ngx_oauth_context_recheck_t  recheck;

    /* Used while a value is evaluated: see ngx_oauth_evaluate.c. */
    ngx_http_variable_value_t   *outer;     /* nginx's own r->variables, which
                                               come back after it; NULL: no
                                               value is being evaluated       */
    ngx_http_variable_value_t   *values;    /* the copy that stands in for
                                               them                           */
    ngx_uint_t                   depth;     /* how many values of "set" are
                                               being computed inside each
                                               other                          */

    ngx_array_t                 *kept;      /* ngx_uint_t: indexes of variables
                                               whose values nginx keeps, and
                                               which depend on a claim        */
    ngx_uint_t                   reads;     /* how often a variable of the
                                               module was read                */
    ngx_str_t                    uri;       /* the path that the client asked
                                               for, kept if it sent a token to
                                               a server that protects
                                               something                      */

    ngx_oauth_context_required_t  *required;    /* what the request needs, if a
                                               variable shows it; NULL: it is
                                               not known                      */

    ngx_oauth_context_waiting_t  waiting;   /* what the steps do now if keys or
                                               an answer are missing          */
    ngx_oauth_context_verdict_t  verdict;
    oauth_reason_t               verdict_reason;
    const ngx_oauth_loc_conf_t  *verdict_conf;  /* the location of the verdict
                                                                              */
    const ngx_oauth_issuer_t    *verdict_issuer;    /* which the token names;
                                               NULL: none that is trusted
                                               there                          */
    unsigned                     preflight:1;   /* the response is that to a
                                               CORS preflight for the location
                                               refusal.conf                   */
    unsigned                     metadata_status:10;    /* HTTP status of the
                                               response to a request for a
                                               metadata document, whose text is
                                               refusal.body[0]; 0: the response
                                               is another one                 */
    unsigned                     foreign:1; /* the path may be that of another
                                               app's metadata document        */
    unsigned                     again:1;   /* a filter has finalized the
                                               request, and our response was
                                               put back, which is done once   */
    unsigned                     known:1;   /* the token was found among those
                                               that this worker has verified  */
    unsigned                     verified:1;    /* the token was verified for
                                               this request                   */
    unsigned                     opaque:1;  /* the credentials are not a JWT,
                                               and an issuer is asked         */
    unsigned                     settled:1; /* nobody has to be asked about
                                               ctx->token: it was known, or an
                                               issuer has just said that it is
                                               active                         */
    unsigned                     decided:1; /* the steps have come to a result,
                                               and reason is it, for conf     */
    unsigned                     judging:1; /* the policy is being evaluated,
                                               for the decision, the response
                                               or the log line: variables show
                                               the token, which is verified but
                                               not admitted                   */
    unsigned                     logging:1; /* the log phase has begun:
                                               variables decide nothing more  */
    unsigned                     hidden:1;  /* a variable of the module was
                                               read while there was no good
                                               token to show                  */
    unsigned                     blind:1;   /* a variable of the module was
                                               read before the keys were
                                               there, so the decision was left
                                               open                           */
    unsigned                     unseen:1;  /* like hidden, and a rewrite rule
                                               was what read it               */
    unsigned                     misled:1;  /* like unseen, in a location where
                                               a rewrite rule may decide by a
                                               claim                          */
    unsigned                     failed:1;  /* a part of the value that is
                                               being evaluated could not be
                                               computed                       */
    unsigned                     doubted:1; /* a value was evaluated with a
                                               variable of "set" that may be
                                               wrong: it must not let the
                                               request in                     */
    unsigned                     refetched:1;   /* the request has asked once
                                               for a fetch that may bring
                                               another key                    */
    unsigned                     located:1; /* nginx has found a location, and
                                               the rewrite phase has begun    */
    unsigned                     withheld:1;    /* the location is protected
                                               and withholds the token, which
                                               must not reach an app elsewhere
                                                                              */
    unsigned                     forwarded:1;   /* the request has the identity
                                               headers of its token           */
    unsigned                     passed:1;  /* the request has passed the
                                               access phase of the location
                                               that it is in                  */
} ngx_oauth_ctx_t;


/* Returns the request's context, or NULL when it has none yet. */

ngx_oauth_ctx_t *ngx_oauth_context_lookup(ngx_http_request_t *r);

/*
 * Returns the request's context, which is created if there is none, or NULL
 * when memory is short.
 */

ngx_oauth_ctx_t *ngx_oauth_context_create(ngx_http_request_t *r);

/*
 * Returns a new context, or NULL when memory is short.  The caller knows that
 * the request has none.  A subrequest's context takes over the token of the
 * main request.
 */

ngx_oauth_ctx_t *ngx_oauth_context_new(ngx_http_request_t *r);

/*
 * Makes the request wait for keys of ctx->issuer, as ctx->waiting says.
 * unknown_key: 1 when there are keys, but another key might change the result.
 * Returns NGX_AGAIN when the request is parked, or when ctx->waiting is
 * NGX_OAUTH_WAIT_LATER; NGX_DECLINED when there is nothing to wait for.  With
 * NGX_OAUTH_WAIT_NEVER it asks for a fetch, and returns NGX_DECLINED.
 */

ngx_int_t ngx_oauth_context_park(ngx_oauth_ctx_t *ctx, ngx_uint_t unknown_key);

/*
 * Does the same until ctx->question has a result.  With NGX_OAUTH_WAIT_NEVER it
 * returns NGX_DECLINED.
 */

ngx_int_t ngx_oauth_context_park_question(ngx_oauth_ctx_t *ctx);

/*
 * Returns 1 if the module has refused the request, and nginx has redirected it
 * to an error_page, and has not found the location of that page yet.
 */

ngx_uint_t ngx_oauth_context_is_error_page(ngx_http_request_t *r,
    const ngx_oauth_ctx_t *ctx);


#endif /* NGX_OAUTH_CONTEXT_H_INCLUDED */
