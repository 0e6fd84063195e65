
/*
 * The decision about one request.  The context belongs to the request: it is
 * made once, found again through the pool's cleanup after an internal redirect
 * (which wipes r->ctx), and holds one reference of each token that it used.
 */


#ifndef NGX_OAUTH_ACCESS_H_INCLUDED
#define NGX_OAUTH_ACCESS_H_INCLUDED


#include "ngx_oauth_conf.h"


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
    unsigned                     replaces:1;    /* body, for nginx's page     */
    unsigned                     sent:1;
} ngx_oauth_refusal_t;


typedef struct {
    ngx_http_request_t          *request;
    const ngx_oauth_loc_conf_t  *conf;      /* the location that is decided   */

    ngx_table_elt_t             *authorization;
    oauth_str_t                  credentials;   /* in it, of Bearer           */
    oauth_jwt_t                 *jwt;       /* not verified; NULL: not needed */
    oauth_token_t               *token;     /* NULL: nothing verified yet     */
    ngx_oauth_issuer_t          *issuer;    /* that the token names           */
    oauth_reason_t               reason;

    ngx_oauth_wait_t             wait;
    ngx_oauth_refusal_t          refusal;

    unsigned                     decided:1; /* reason holds for conf          */
    unsigned                     judging:1; /* the policy asks: variables show
                                               the token, verified            */
    unsigned                     peeked:1;  /* variables were asked for ahead
                                               of the access phase            */
    unsigned                     blind:1;   /* and had nothing to say yet     */
    unsigned                     may_park:1;
    unsigned                     refetched:1;   /* for an unknown key         */
} ngx_oauth_ctx_t;


/*
 * Rewrite phase, of named locations; access phase; preaccess for subrequests,
 * which skip that one; precontent, where a refused request only arrives if
 * another module let it in, or for its error page.
 */

ngx_int_t ngx_oauth_named_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_access_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_subrequest_handler(ngx_http_request_t *r);
ngx_int_t ngx_oauth_admitted_handler(ngx_http_request_t *r);

/* NULL: nothing was decided about this request yet. */

ngx_oauth_ctx_t *ngx_oauth_access_lookup(ngx_http_request_t *r);

/* What a request gets in place of nginx's redirect; NGX_DECLINED: nothing. */

ngx_int_t ngx_oauth_access_redirect(ngx_http_request_t *r);

/*
 * The verdict of the current location, made now if it needs no waiting; or
 * what there is of it while the location's policy is at work.  NULL: not
 * protected, not decidable yet, or no memory.
 */

const ngx_oauth_ctx_t *ngx_oauth_access_peek(ngx_http_request_t *r);


/*
 * Waits for the keys of ctx->issuer: NGX_AGAIN: parked, or nobody may park;
 * NGX_DECLINED: there is nothing to wait for.
 */

ngx_int_t ngx_oauth_access_park(ngx_oauth_ctx_t *ctx, ngx_uint_t unknown_key);


/* ngx_oauth_steps.c: what is decided, in which order. */

/*
 * Decides for the location that the request is in: NGX_OK; NGX_DECLINED:
 * ctx->reason says why not; NGX_AGAIN: parked, or not without waiting.
 */

ngx_int_t ngx_oauth_steps_walk(ngx_oauth_ctx_t *ctx, ngx_http_request_t *r,
    ngx_uint_t may_park);

/* 1 when oauth_strict_uri refuses the path, whoever asks. */

ngx_uint_t ngx_oauth_steps_is_ambiguous(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *lcf);


/* ngx_oauth_policy.c: what depends on the location. */

/* OAUTH_OK, or why this verified token is not good enough here. */

oauth_reason_t ngx_oauth_policy_verify(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const oauth_token_t *token);

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

/* Takes off the client's copies of every name that the server sets. */

ngx_int_t ngx_oauth_forward_clean(ngx_http_request_t *r);

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


/* ngx_oauth_filter.c: what is ready goes out with nginx's own answer. */

ngx_int_t ngx_oauth_filter_init(ngx_conf_t *cf);


/* ngx_oauth_cors.c: for browsers (Fetch standard, CORS protocol). */

/* NGX_DECLINED: the request is no preflight that the module answers. */

ngx_int_t ngx_oauth_cors_preflight(ngx_http_request_t *r);

/* Adds what a preflight asks for; NGX_OK or NGX_ERROR. */

ngx_int_t ngx_oauth_cors_headers(ngx_http_request_t *r);

/* Lets a page read a refusal, or its error page; NGX_OK or NGX_ERROR. */

ngx_int_t ngx_oauth_cors_refusal(ngx_http_request_t *r, ngx_uint_t paged);

/* 1 when a browser asks for what its window is to show (Sec-Fetch-Mode). */

ngx_uint_t ngx_oauth_cors_navigates(ngx_http_request_t *r);


/* ngx_oauth_metadata.c: server-rewrite phase. */

ngx_int_t ngx_oauth_metadata_handler(ngx_http_request_t *r);


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

/*
 * ngx_http_complex_value of this place in this request: what a map or geo was
 * found to be for another URI, before a redirect or in the main request of
 * this subrequest, does not count, nor what it was ahead of the verdict.
 */

ngx_int_t ngx_oauth_variables_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, ngx_str_t *value);

/* What a map or geo was found to be is looked up again. */

void ngx_oauth_variables_expire(ngx_http_request_t *r);

char *ngx_oauth_conf_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* NGX_OAUTH_ACCESS_H_INCLUDED */
