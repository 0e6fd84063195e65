
/*
 * The values of scopes, requirements and identity headers, which may contain
 * variables.  The module evaluates them for one decision, in a copy of nginx's
 * variables: it computes those again that may depend on a claim, and uses the
 * values that nginx has kept of the others.  nginx's own values stay as they
 * are.  The copy is in the request's pool.
 */


#ifndef NGX_OAUTH_EVALUATE_H_INCLUDED
#define NGX_OAUTH_EVALUATE_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * The only "set" directive in a server that assigns this variable: a piece of
 * the program (the "codes") that nginx's rewrite module made of it.  It belongs
 * to the configuration.
 */

typedef struct {
    ngx_uint_t                   index;     /* of the variable */
    const ngx_oauth_loc_conf_t  *conf;      /* the level that has the "set" */
    u_char                      *start;     /* NULL: the value cannot be
                                               computed again: there is more
                                               than one "set"; or the only one
                                               is in an "if", or after a "break"
                                               or "rewrite", or uses a capture
                                               or the variable itself */
    u_char                      *end;
} ngx_oauth_evaluate_assignment_t;


/* The getter that ngx_oauth_evaluate_variable has replaced. */

struct ngx_oauth_evaluate_getter_s {
    ngx_http_get_variable_pt     get_handler;   /* NULL: the variable's getter
                                                   was not replaced */
    uintptr_t                    data;
    unsigned                     assigned:1;    /* a "set" assigns it */
};


/*
 * Evaluates a value as ngx_http_complex_value does, but in a copy of nginx's
 * variables.  Variables whose getter ngx_oauth_wrap.c has replaced are computed
 * again; of the others, the values that nginx has kept are used.  If a value of
 * "set" cannot be computed again, the kept one is used, and ctx->doubted is set
 * if a claim was read earlier when there was no token to show: the value may
 * then refuse the request, but must not let it in.  The request must have a
 * context.  The bytes are in the request's pool, in the token, or in the
 * configuration.  Returns NGX_OK; or NGX_ERROR when memory is short, or too
 * many variables of "set" refer to each other.
 */

ngx_int_t ngx_oauth_evaluate_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, ngx_str_t *value);

/*
 * Makes nginx forget the values that it has kept of variables that depend on a
 * claim, so that it computes them again.
 */

void ngx_oauth_evaluate_expire(ngx_http_request_t *r);

/*
 * The getter that ngx_oauth_wrap.c puts in the place of another module's.  It
 * calls that getter and notes whether it has read a claim.  data: the index of
 * the variable.  Returns what the other getter returns, or NGX_ERROR when
 * memory is short.
 */

ngx_int_t ngx_oauth_evaluate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* NGX_OAUTH_EVALUATE_H_INCLUDED */
