
/*
 * The texts of refusals: challenge (RFC 6750 section 3, RFC 9728 section 5.1),
 * problem document (RFC 9457) and page.  Each text has two halves, which are
 * joined when a refusal is sent: one tells the reason, and is the same
 * everywhere; the other tells about the resource.
 */


#ifndef NGX_OAUTH_TEXT_H_INCLUDED
#define NGX_OAUTH_TEXT_H_INCLUDED


#include "ngx_oauth_context.h"


/* What the half about the resource can offer the client. */

typedef enum {
    NGX_OAUTH_TEXT_FIRST = 0,           /* the way to a token */
    NGX_OAUTH_TEXT_MORE,                /* the way to one with more scopes */
    NGX_OAUTH_TEXT_NONE,                /* nothing: no token would help */
    NGX_OAUTH_TEXT_KINDS
} ngx_oauth_text_kind_t;


/* The half about the resource, for one set of scopes and one issuer. */

typedef struct {
    ngx_str_t                  resource;
    ngx_str_t                  metadata;        /* URL of its document */
    ngx_str_t                  documentation;   /* URL for human readers */
    ngx_str_t                  scope;
    oauth_str_t                issuer;  /* that the steps to a token name */
    ngx_str_t                  challenge;       /* follows the reason's */
    ngx_str_t                  problems[NGX_OAUTH_TEXT_KINDS];
    ngx_str_t                  pages[NGX_OAUTH_TEXT_KINDS];
} ngx_oauth_text_t;


/* The texts of a location for a method; empty: for all other methods. */

typedef struct {
    ngx_str_t                  method;
    ngx_oauth_text_t          *texts[NGX_OAUTH_TEXT_KINDS];
                                        /* NULL: the scopes have variables */
} ngx_oauth_text_variant_t;


/* The half about a reason. */

struct ngx_oauth_text_reason_s {
    ngx_str_t                  challenge;       /* with what joins the halves */
    ngx_str_t                  problem;
    ngx_str_t                  page;
};


/* Returns the status that a reason leads to. */

ngx_uint_t ngx_oauth_text_status(oauth_reason_t reason);

/* Returns what a refusal for this reason can offer. */

ngx_oauth_text_kind_t ngx_oauth_text_kind(oauth_reason_t reason);

/*
 * Renders the half about the resource into a pool.  reason: of the one refusal
 * that it is for, which has a page or else a problem document; OAUTH_OK: it is
 * for all refusals.  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_text_write(ngx_pool_t *pool, oauth_reason_t reason,
    ngx_uint_t page, ngx_oauth_text_t *text);

/*
 * Appends the scopes that a refusal of this kind names: those that the method
 * needs, and those of oauth_scope_advertise unless the client has a token and
 * lacks a scope.  r: NULL while the configuration is read.  Returns NGX_OK;
 * NGX_DECLINED: they depend on the request; NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_text_scope(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_str_t *method,
    ngx_oauth_text_kind_t kind, oauth_buf_t *buf);


#endif /* NGX_OAUTH_TEXT_H_INCLUDED */
