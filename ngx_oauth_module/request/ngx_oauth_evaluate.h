
/*
 * Values with variables, evaluated for a verdict and for nothing else.
 */


#ifndef NGX_OAUTH_EVALUATE_H_INCLUDED
#define NGX_OAUTH_EVALUATE_H_INCLUDED


#include "ngx_oauth_context.h"


/*
 * The one "set" of a variable in a server: the codes of nginx's rewrite module
 * that compute the value and assign it.
 */

typedef struct {
    ngx_uint_t                   index;     /* of the variable */
    const ngx_oauth_loc_conf_t  *conf;      /* the level whose rule it is */
    u_char                      *start;     /* NULL: the value cannot be
                                               computed again */
    u_char                      *end;
} ngx_oauth_evaluate_assignment_t;


/* The getter that a variable had before ngx_oauth_evaluate_variable. */

struct ngx_oauth_evaluate_getter_s {
    ngx_http_get_variable_pt     get_handler;   /* NULL: the variable still has
                                                   its own */
    uintptr_t                    data;
    unsigned                     assigned:1;    /* a "set" assigns it */
};


/*
 * Does what ngx_http_complex_value does, for the location that is decided
 * about; what nginx has kept of variables neither counts nor changes.  Returns
 * NGX_OK, or NGX_ERROR when memory is short.  Sets ctx->doubted where the value
 * must not let a request in.
 */

ngx_int_t ngx_oauth_evaluate_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, ngx_str_t *value);

/* Makes nginx compute again what it has kept of variables that read a claim. */

void ngx_oauth_evaluate_expire(ngx_http_request_t *r);

/* The getter that stands around those of other modules. */

ngx_int_t ngx_oauth_evaluate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


#endif /* NGX_OAUTH_EVALUATE_H_INCLUDED */
