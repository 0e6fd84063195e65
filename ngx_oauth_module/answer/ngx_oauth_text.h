
/*
 * The texts of a refusal: the challenge (RFC 6750 section 3, RFC 9728 section
 * 5.1, RFC 9470 section 3), the problem document (RFC 9457) and the HTML page.
 * Each consists of two halves, which are joined when a request is refused.  The
 * first half tells the reason, and is the same in all locations.  The second
 * half tells about the resource.  Texts that are rendered with the
 * configuration are in its pool, the others in the request's pool.
 */


#ifndef NGX_OAUTH_TEXT_H_INCLUDED
#define NGX_OAUTH_TEXT_H_INCLUDED


#include "ngx_oauth_context.h"


/* What the half about the resource tells the client to do. */

typedef enum {
    NGX_OAUTH_TEXT_FIRST = 0,           /* get a token */
    NGX_OAUTH_TEXT_MORE,                /* get a token with more scopes */
    NGX_OAUTH_TEXT_AGAIN,               /* let the user sign in again */
    NGX_OAUTH_TEXT_NONE,                /* nothing: another token would not
                                           help, or the module could not
                                           decide (503) */
    NGX_OAUTH_TEXT_KINDS                /* the number of kinds */
} ngx_oauth_text_kind_t;


/*
 * The half about the resource, for one set of scopes, one issuer and one way to
 * sign in, and for locations that require DPoP or do not.
 */

typedef struct {
    ngx_str_t                  resource;        /* its URL */
    ngx_str_t                  metadata;        /* URL of its document */
    ngx_str_t                  documentation;   /* URL for human readers */
    ngx_str_t                  scope;   /* scopes, with a space between them */
    oauth_str_t                issuer;  /* where the client gets a token */
    ngx_uint_t                 dpop;    /* which has to be bound to a key */
    ngx_str_t                  acr_values;      /* of oauth_acr, if the user has
                                                   to sign in again */
    time_t                     max_age; /* of oauth_max_age, then; seconds */
    ngx_str_t                  challenge;       /* second half; the first is
                                                   that of the reason */
    ngx_str_t                  problems[NGX_OAUTH_TEXT_KINDS];
    ngx_str_t                  pages[NGX_OAUTH_TEXT_KINDS];
} ngx_oauth_text_t;


/* The texts of a location for requests with one method. */

typedef struct {
    ngx_str_t                  method;  /* empty: all methods for which the
                                           location has no other variant */
    ngx_oauth_text_t          *texts[NGX_OAUTH_TEXT_KINDS];
                                        /* NULL: the scopes have variables, so
                                           it is rendered for each request */
} ngx_oauth_text_variant_t;


/* The half about a reason. */

struct ngx_oauth_text_reason_s {
    ngx_str_t                  challenge;       /* ends with what separates it
                                                   from the second half */
    ngx_str_t                  problem;
    ngx_str_t                  page;
};


/* Returns the HTTP status of a refusal for this reason. */

ngx_uint_t ngx_oauth_text_status(oauth_reason_t reason);

/* Returns what a refusal for this reason tells the client to do. */

ngx_oauth_text_kind_t ngx_oauth_text_kind(oauth_reason_t reason);

/*
 * Sets in *text how the user has to sign in, if a refusal of this kind tells
 * that.
 */

void ngx_oauth_text_set_authentication(const ngx_oauth_loc_conf_t *conf,
    ngx_oauth_text_kind_t kind, ngx_oauth_text_t *text);

/*
 * Renders the half about the resource, from the first members of *text, into
 * the pool.  reason: the reason of the refusal for which alone the text is
 * rendered, with its page (page is 1) or its problem document (0); or OAUTH_OK:
 * everything is rendered for all reasons.  Returns NGX_OK, or NGX_ERROR when
 * memory is short.
 */

ngx_int_t ngx_oauth_text_write(ngx_pool_t *pool, oauth_reason_t reason,
    ngx_uint_t page, ngx_oauth_text_t *text);

/*
 * Appends to buf the scopes that a refusal of this kind names: those that the
 * location demands for the method, and those of oauth_scope_advertise.  A
 * client that has a token and lacks a scope (NGX_OAUTH_TEXT_MORE) is not told
 * the latter.  r: the request, or NULL while the configuration is read.  The
 * caller frees buf.  Returns NGX_OK; NGX_DECLINED when r is NULL and a scope
 * has variables; NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_text_scope(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_str_t *method,
    ngx_oauth_text_kind_t kind, oauth_buf_t *buf);


#endif /* NGX_OAUTH_TEXT_H_INCLUDED */
