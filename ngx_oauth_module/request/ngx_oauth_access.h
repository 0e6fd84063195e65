
/*
 * The decision about one request.  The context belongs to the request: it is
 * made once, found again through the pool's cleanup after an internal redirect
 * (which wipes r->ctx), and holds one reference of each token that it used.
 */


#ifndef NGX_OAUTH_ACCESS_H_INCLUDED
#define NGX_OAUTH_ACCESS_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_credentials.h"


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
} ngx_oauth_refusal_t;


/* What a step that would have to wait for keys does. */

typedef enum {
    NGX_OAUTH_WAIT_NEVER = 0,               /* decides without them: nobody
                                               could wait                     */
    NGX_OAUTH_WAIT_LATER,                   /* leaves the decision open       */
    NGX_OAUTH_WAIT_NOW                      /* parks the request              */
} ngx_oauth_waiting_t;


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
    ngx_oauth_refusal_t          refusal;

    /* While a value is evaluated: see ngx_oauth_evaluate.c. */
    ngx_http_variable_value_t   *outer;     /* the request's; NULL: no value is
                                               being evaluated                */
    ngx_http_variable_value_t   *values;    /* the copy                       */
    ngx_uint_t                   depth;     /* of values of "set"             */

    ngx_array_t                 *kept;      /* ngx_uint_t: variables that nginx
                                               has kept and that read a claim */
    ngx_uint_t                   reads;     /* how often we were asked        */
    ngx_str_t                    uri;       /* that the client asked for      */

    ngx_oauth_waiting_t          waiting;
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


/*
 * Server-rewrite and rewrite, ahead of the rewrite module; preaccess; access;
 * precontent, where a refused request only arrives if another module let it in,
 * or for its error page; log, ahead of the logs.
 */

ngx_int_t ngx_oauth_server_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_rewrite_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_preaccess_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_admitted_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_log_handler(ngx_http_request_t *r);

/* NULL: the request has no context yet. */

ngx_oauth_ctx_t *ngx_oauth_context_lookup(ngx_http_request_t *r);

/* The same, or a new one; NULL: no memory. */

ngx_oauth_ctx_t *ngx_oauth_context_create(ngx_http_request_t *r);

/* A new one, where it is certain that there is none. */

ngx_oauth_ctx_t *ngx_oauth_context_new(ngx_http_request_t *r);

/* What a request gets in place of nginx's redirect; NGX_DECLINED: nothing. */

ngx_int_t ngx_oauth_access_redirect(ngx_http_request_t *r);

/*
 * The verdict of the current location, made now if it needs no waiting; or
 * what there is of it while the location's policy is at work.  When the request
 * is over, or nginx has answered it with an error, the last verdict that there
 * was: nothing is decided for a log line.  NULL: not protected, not decidable
 * yet, not decided, or no memory.
 */

const ngx_oauth_ctx_t *ngx_oauth_access_peek(ngx_http_request_t *r);

/* Remembers that a variable was read, and what it could show; NULL: nothing. */

void ngx_oauth_access_read(ngx_http_request_t *r, const oauth_token_t *token);


/*
 * Waits for the keys of ctx->issuer as ctx->waiting says.  NGX_AGAIN: parked,
 * or left open; NGX_DECLINED: there is nothing to wait for.
 */

ngx_int_t ngx_oauth_context_park(ngx_oauth_ctx_t *ctx, ngx_uint_t unknown_key);


/* ngx_oauth_steps.c: what is decided, in which order. */

/*
 * Decides for the location that the request is in: NGX_OK; NGX_DECLINED:
 * ctx->reason says why not; NGX_AGAIN: parked, or left open.
 */

ngx_int_t ngx_oauth_steps_walk(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_waiting_t waiting);

/*
 * The first steps only, without a verdict: until the issuer's keys are there;
 * until the token is verified.  Results as above.
 */

ngx_int_t ngx_oauth_steps_keys(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_waiting_t waiting);
ngx_int_t ngx_oauth_steps_verify(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_oauth_waiting_t waiting);

/* 1 when oauth_strict_uri refuses the path, whoever asks. */

ngx_uint_t ngx_oauth_steps_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


/* ngx_oauth_policy.c: what depends on the location. */

/* OAUTH_OK, or why this verified token is not good enough here. */

oauth_reason_t ngx_oauth_policy_verify(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);

/*
 * The same for one directive oauth_require, and for one term of oauth_scope, of
 * which one alternative has to be granted.
 */

oauth_reason_t ngx_oauth_policy_requirement(ngx_http_request_t *r,
    const ngx_oauth_require_t *require, const oauth_token_t *token);
oauth_reason_t ngx_oauth_policy_term(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_oauth_term_t *term,
    oauth_str_t granted);

/*
 * 1 when the URL is below the resource by path segment and belongs to no more
 * specific one of the server.
 */

ngx_uint_t ngx_oauth_policy_is_below(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_str_t url);


/*
 * ngx_oauth_forward.c: the header fields that the upstream sees.  Each works
 * on r->headers_in and returns NGX_OK or NGX_ERROR.
 */

/*
 * For a request that enters a location: takes off the client's copies of every
 * name that the server sets, and a token that is not to leave the location
 * that it came from.  The identity of an admitted request stays.
 */

ngx_int_t ngx_oauth_forward_enter(ngx_http_request_t *r);

/* Takes off those, and the token where the location does not pass it. */

ngx_int_t ngx_oauth_forward_anonymous(ngx_oauth_ctx_t *ctx);

/* The same, then adds the identity of the verified token. */

ngx_int_t ngx_oauth_forward_identity(ngx_oauth_ctx_t *ctx);


/* ngx_oauth_reply.c: refusals, and answers of the module's own. */

/* The status that a reason leads to. */

ngx_uint_t ngx_oauth_reply_status(oauth_reason_t reason);

/* Logs and renders the refusal; returns the status for the phase engine. */

ngx_int_t ngx_oauth_reply(ngx_oauth_ctx_t *ctx);

/* The refusal of a subrequest: 403, or 503 when it cannot be decided. */

ngx_int_t ngx_oauth_reply_subrequest(ngx_oauth_ctx_t *ctx);

/* Adds a field to the answer. */

ngx_table_elt_t *ngx_oauth_reply_header(ngx_http_request_t *r, ngx_str_t *name,
    ngx_str_t *value);


/* ngx_oauth_explain.c: the line in the error log that a refusal gets. */

void ngx_oauth_explain(ngx_oauth_ctx_t *ctx);


/* ngx_oauth_filter.c: what is ready goes out with nginx's own answer. */

ngx_int_t ngx_oauth_filter_init(ngx_conf_t *cf);


/* ngx_oauth_cors.c: for browsers (Fetch standard, CORS protocol). */

/*
 * Answers a preflight.  The method is OPTIONS.  NGX_DECLINED: the request is
 * not a preflight that the module answers.
 */

ngx_int_t ngx_oauth_cors_preflight(ngx_http_request_t *r);

/* Adds what a preflight asks for; NGX_OK or NGX_ERROR. */

ngx_int_t ngx_oauth_cors_allow(ngx_http_request_t *r);

/*
 * The same where only these methods are allowed, and which request fields the
 * answer varies with.
 */

ngx_int_t ngx_oauth_cors_headers(ngx_http_request_t *r, ngx_str_t *methods,
    ngx_str_t *varies);

/* Lets a page read a refusal, or its error page; NGX_OK or NGX_ERROR. */

ngx_int_t ngx_oauth_cors_refusal(ngx_http_request_t *r, ngx_uint_t paged);

/* 1 when a browser asks for what its window is to show (Sec-Fetch-Mode). */

ngx_uint_t ngx_oauth_cors_navigates(ngx_http_request_t *r);


/* ngx_oauth_metadata.c.  Server-rewrite phase: the module's own documents. */

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


/*
 * ngx_oauth_reflect.c: resources that reflect.  NGX_DECLINED: this request is
 * about none of their URLs; NGX_ERROR: no memory.
 *
 * Finds the document that a metadata request asks for.
 */

ngx_int_t ngx_oauth_reflect_document(ngx_http_request_t *r,
    ngx_str_t *document);

/*
 * Says what an answer is about: the URL that a request in that location asked
 * for, else, with NGX_DECLINED, the resource as a whole.
 */

ngx_int_t ngx_oauth_reflect_place(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, ngx_oauth_answer_t *answer);


/*
 * ngx_oauth_location.c: the location that a decoded path of the request's
 * server leads to.  NULL: none that a client can reach.
 */

const ngx_oauth_loc_conf_t *ngx_oauth_location_lookup(ngx_http_request_t *r,
    ngx_str_t *path);


/* ngx_oauth_variables.c */

ngx_int_t ngx_oauth_variables_add(ngx_conf_t *cf);

/* 1 when it shows what a token says; v: NULL is nobody's. */

ngx_uint_t ngx_oauth_variables_is_own(const ngx_http_variable_t *v);

char *ngx_oauth_conf_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


/*
 * ngx_oauth_evaluate.c: values for a verdict.
 *
 * ngx_http_complex_value for the location that is decided about: NGX_OK;
 * NGX_ERROR: no memory.  What nginx has kept of variables neither counts nor
 * changes.  Sets ctx->doubted where the value must not let a request in.
 */

ngx_int_t ngx_oauth_evaluate_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, ngx_str_t *value);

/* What nginx has kept of variables that read a claim is computed again. */

void ngx_oauth_evaluate_expire(ngx_http_request_t *r);

/* The getter around those of other modules. */

ngx_int_t ngx_oauth_evaluate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* NGX_OAUTH_ACCESS_H_INCLUDED */
