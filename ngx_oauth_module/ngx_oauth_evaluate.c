
/*
 * Values for a verdict: what scopes, requirements and headers say with
 * variables, evaluated for the location that is decided about.
 *
 * nginx keeps what a variable was when it was first asked for: before the
 * token was looked at, in another location, in the main request of a
 * subrequest.  A verdict must not depend on that, and must leave no claims of a
 * token there that is then refused.  So values are evaluated in a copy of the
 * request's variables, in which all that is computed from other variables is
 * computed again.
 *
 * A variable of "set" is computed again, too, by the codes of its directive
 * (ngx_oauth_conf_rewrite.c has found them), if that reads a claim.  Where this
 * is not possible, and claims were asked for before they could be shown, the
 * value is doubted: it may refuse a request, but not let one in.
 */


#include "ngx_oauth_access.h"


static ngx_int_t ngx_oauth_evaluate_begin(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_evaluate_complex(ngx_oauth_ctx_t *ctx,
    ngx_http_complex_value_t *complex, ngx_str_t *value);
static void ngx_oauth_evaluate_clear(ngx_http_request_t *r,
    ngx_http_variable_value_t *values, ngx_uint_t assigned);
static ngx_oauth_assigned_t *ngx_oauth_evaluate_original(
    ngx_http_request_t *r, ngx_uint_t index);
static ngx_oauth_assignment_t *ngx_oauth_evaluate_assignment(
    ngx_http_request_t *r, ngx_uint_t index);
static ngx_oauth_assignment_t *ngx_oauth_evaluate_find(
    const ngx_oauth_loc_conf_t *lcf, ngx_uint_t index);
static ngx_int_t ngx_oauth_evaluate_again(ngx_http_request_t *r,
    ngx_oauth_assignment_t *assignment);


ngx_int_t
ngx_oauth_variables_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, ngx_str_t *value)
{
    ngx_int_t         rc;
    ngx_oauth_ctx_t  *ctx;

    if (complex->lengths == NULL) {
        *value = complex->value;
        return NGX_OK;
    }

    ctx = ngx_oauth_access_lookup(r);

    if (ctx == NULL || ngx_oauth_evaluate_begin(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = ngx_oauth_evaluate_complex(ctx, complex, value);

    r->variables = ctx->outer;
    ctx->outer = NULL;

    return rc;
}


static ngx_int_t
ngx_oauth_evaluate_begin(ngx_oauth_ctx_t *ctx)
{
    size_t                      size;
    ngx_http_request_t         *r;
    ngx_http_core_main_conf_t  *cmcf;

    r = ctx->request;
    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);
    size = cmcf->variables.nelts * sizeof(ngx_http_variable_value_t);

    if (ctx->values == NULL) {

        ctx->values = ngx_palloc(r->pool, size);
        if (ctx->values == NULL) {
            return NGX_ERROR;
        }
    }

    ngx_memcpy(ctx->values, r->variables, size);
    ngx_oauth_evaluate_clear(r, ctx->values, 1);

    ctx->failed = 0;
    ctx->outer = r->variables;
    r->variables = ctx->values;

    return NGX_OK;
}


/*
 * To nginx a variable that had no memory is an empty one, and a map of it is
 * its default.  Here that would be another scope, or nobody's identity.  What
 * a regex captures on the way is put back: the location may use $1.
 */

static ngx_int_t
ngx_oauth_evaluate_complex(ngx_oauth_ctx_t *ctx,
    ngx_http_complex_value_t *complex, ngx_str_t *value)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

#if (NGX_PCRE)
    int         *captures;
    u_char      *captures_data;
    ngx_uint_t   ncaptures, realloc_captures;
#endif

    r = ctx->request;

#if (NGX_PCRE)
    captures = r->captures;
    ncaptures = r->ncaptures;
    captures_data = r->captures_data;
    realloc_captures = r->realloc_captures;
    r->realloc_captures = 1;
#endif

    ngx_set_errno(0);

    rc = ngx_http_complex_value(r, complex, value);

    if (ngx_errno == NGX_ENOMEM || ctx->failed) {
        rc = NGX_ERROR;
    }

#if (NGX_PCRE)
    r->captures = captures;
    r->ncaptures = ncaptures;
    r->captures_data = captures_data;
    r->realloc_captures = realloc_captures;
#endif

    return rc;
}


void
ngx_oauth_variables_expire(ngx_http_request_t *r)
{
    ngx_oauth_evaluate_clear(r, r->variables, 0);
}


/*
 * Those that are computed from others (map, geo, split_clients) have a getter
 * with data; those of "set" are weak.
 */

static void
ngx_oauth_evaluate_clear(ngx_http_request_t *r,
    ngx_http_variable_value_t *values, ngx_uint_t assigned)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    v = cmcf->variables.elts;

    for (i = 0; i < cmcf->variables.nelts; i++) {

        if (v[i].get_handler == NULL
            || ((v[i].flags & NGX_HTTP_VAR_WEAK)
                ? !(assigned
                    && v[i].get_handler == ngx_oauth_evaluate_assigned)
                : v[i].data == 0))
        {
            continue;
        }

        values[i].valid = 0;
        values[i].not_found = 0;
    }
}


/* The getter of a variable that "set" assigns; data: its number. */

ngx_int_t
ngx_oauth_evaluate_assigned(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_uint_t                  reads;
    ngx_oauth_ctx_t            *ctx;
    ngx_oauth_assigned_t       *original;
    ngx_oauth_assignment_t     *assignment;
    ngx_http_variable_value_t   value;

    ctx = ngx_oauth_access_lookup(r);

    if (ctx && ctx->outer) {

        value = ctx->outer[data];
        assignment = ngx_oauth_evaluate_assignment(r, data);

        if (assignment) {

            reads = ctx->reads;
            *v = value;

            if (ngx_oauth_evaluate_again(r, assignment) != NGX_OK) {
                ctx->failed = 1;
                return NGX_ERROR;
            }

            /* Without a claim in it, what was assigned stays. */

            if (ctx->reads == reads && value.valid) {
                *v = value;
            }

            return NGX_OK;
        }

        if (value.valid) {
            ctx->doubted |= ctx->hidden;
            *v = value;
            return NGX_OK;
        }
    }

    original = ngx_oauth_evaluate_original(r, data);

    return original ? original->get_handler(r, v, original->data) : NGX_ERROR;
}


static ngx_oauth_assigned_t *
ngx_oauth_evaluate_original(ngx_http_request_t *r, ngx_uint_t index)
{
    ngx_uint_t              i;
    ngx_oauth_assigned_t   *assigned;
    ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);
    assigned = mcf->assigned.elts;

    for (i = 0; i < mcf->assigned.nelts; i++) {
        if (assigned[i].index == index) {
            return &assigned[i];
        }
    }

    return NULL;
}


/* The location's own; else the server's.  NULL: there is none to repeat. */

static ngx_oauth_assignment_t *
ngx_oauth_evaluate_assignment(ngx_http_request_t *r, ngx_uint_t index)
{
    ngx_oauth_assignment_t    *assignment;
    ngx_http_core_srv_conf_t  *cscf;

    assignment = ngx_oauth_evaluate_find(
                      ngx_http_get_module_loc_conf(r, ngx_oauth_module), index);

    if (assignment == NULL) {
        cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

        assignment = ngx_oauth_evaluate_find(
                      cscf->ctx->loc_conf[ngx_oauth_module.ctx_index], index);
    }

    return (assignment && assignment->start) ? assignment : NULL;
}


static ngx_oauth_assignment_t *
ngx_oauth_evaluate_find(const ngx_oauth_loc_conf_t *lcf, ngx_uint_t index)
{
    ngx_uint_t               i;
    ngx_oauth_assignment_t  *assignment;

    if (lcf->assignments == NULL) {
        return NULL;
    }

    assignment = lcf->assignments->elts;

    for (i = 0; i < lcf->assignments->nelts; i++) {
        if (assignment[i].index == index) {
            return &assignment[i];
        }
    }

    return NULL;
}


/* Runs the codes of one "set" as the rewrite module does. */

static ngx_int_t
ngx_oauth_evaluate_again(ngx_http_request_t *r,
    ngx_oauth_assignment_t *assignment)
{
    ngx_http_script_code_pt     code;
    ngx_http_script_engine_t    e;
    ngx_http_variable_value_t   stack[2];

    ngx_memzero(&e, sizeof(ngx_http_script_engine_t));
    ngx_memzero(stack, sizeof(stack));

    e.ip = assignment->start;
    e.sp = stack;
    e.request = r;
    e.quote = 1;
    e.status = NGX_DECLINED;

    while (e.ip != assignment->end) {

        if (*(uintptr_t *) e.ip == (uintptr_t) NULL) {
            return NGX_ERROR;
        }

        code = *(ngx_http_script_code_pt *) e.ip;
        code(&e);
    }

    return NGX_OK;
}
