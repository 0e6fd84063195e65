
/*
 * Evaluates scopes, requirements and header values that contain variables.
 *
 * nginx keeps the value that a variable had when it was first read.  A decision
 * must not depend on that value, and must not leave claims in it.  So the
 * module evaluates in a copy of the request's variables.  In that copy our
 * getter, which ngx_oauth_wrap.c has put around those of other modules,
 * computes them again.  If it is certain which "set" assigned a variable, the
 * module runs the codes of that "set" again.  If it is not certain, and a claim
 * was read when there was no token to show, the value is marked as doubted:
 * it may refuse a request but must not let one in.
 */


#include "ngx_oauth_evaluate.h"


/* How many variables of "set" may refer to each other in a chain. */

#define NGX_OAUTH_EVALUATE_DEPTH  16


static ngx_int_t ngx_oauth_evaluate_begin(ngx_oauth_ctx_t *ctx);
static ngx_int_t ngx_oauth_evaluate_complex(ngx_oauth_ctx_t *ctx,
    ngx_http_complex_value_t *complex, ngx_str_t *value);
static ngx_int_t ngx_oauth_evaluate_kept(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_uint_t index);
static ngx_int_t ngx_oauth_evaluate_computed(ngx_oauth_ctx_t *ctx,
    ngx_http_variable_value_t *v, ngx_uint_t index);
static ngx_int_t ngx_oauth_evaluate_assigned(ngx_oauth_ctx_t *ctx,
    ngx_http_variable_value_t *v, ngx_uint_t index);
static ngx_oauth_evaluate_assignment_t *ngx_oauth_evaluate_assignment(
    ngx_oauth_ctx_t *ctx, ngx_uint_t index);
static ngx_int_t ngx_oauth_evaluate_again(ngx_oauth_ctx_t *ctx,
    ngx_oauth_evaluate_assignment_t *assignment);
static ngx_oauth_evaluate_getter_t *ngx_oauth_evaluate_getter(
    ngx_http_request_t *r, ngx_uint_t index);


ngx_int_t
ngx_oauth_evaluate_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, ngx_str_t *value)
{
    ngx_int_t         rc;
    ngx_oauth_ctx_t  *ctx;

    if (complex->lengths == NULL) {
        *value = complex->value;
        return NGX_OK;
    }

    ctx = ngx_oauth_context_lookup(r);

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
    size_t                        size;
    ngx_uint_t                    i;
    ngx_http_request_t           *r;
    const ngx_oauth_main_conf_t  *mcf;
    ngx_http_core_main_conf_t    *cmcf;

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

    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);

    for (i = 0; i < mcf->ngetters; i++) {
        if (mcf->getters[i].get_handler) {
            ctx->values[i].valid = 0;
            ctx->values[i].not_found = 0;
        }
    }

    ctx->failed = 0;
    ctx->depth = 0;
    ctx->outer = r->variables;
    r->variables = ctx->values;

    return NGX_OK;
}


/*
 * When memory is short for a variable, nginx goes on with an empty value, and a
 * "map" of it gives its default.  For a decision that would be another scope or
 * an empty identity, so here it is an error: nginx's allocations set errno.  A
 * regex of a "map" overwrites the captures of the request.  They are put back,
 * because the location may use $1.
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


/*
 * Subrequests use the variables of the main request, so its context has the
 * list.
 */

void
ngx_oauth_evaluate_expire(ngx_http_request_t *r)
{
    ngx_uint_t                  i, *kept;
    ngx_oauth_ctx_t            *ctx;
    ngx_http_variable_value_t  *values;

    ctx = ngx_oauth_context_lookup(r->main);

    if (ctx == NULL || ctx->kept == NULL) {
        return;
    }

    kept = ctx->kept->elts;
    values = r->main->variables;

    for (i = 0; i < ctx->kept->nelts; i++) {
        values[kept[i]].valid = 0;
        values[kept[i]].not_found = 0;
    }

    ctx->kept->nelts = 0;
}


ngx_int_t
ngx_oauth_evaluate_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_oauth_ctx_t  *ctx;

    ctx = ngx_oauth_context_lookup(r);

    if (ctx == NULL || ctx->outer == NULL) {
        return ngx_oauth_evaluate_kept(r, v, data);
    }

    return ngx_oauth_evaluate_getter(r, data)->assigned
           ? ngx_oauth_evaluate_assigned(ctx, v, data)
           : ngx_oauth_evaluate_computed(ctx, v, data);
}


/*
 * nginx reads the variable for itself, and will keep its value.  If computing
 * it has read a claim, its index goes into ctx->kept, which
 * ngx_oauth_evaluate_expire reads.  A value from a subrequest is about the
 * location of the subrequest, so the main request must compute its own: no
 * phase begins when it goes on, and nginx is told not to cache the value.
 */

static ngx_int_t
ngx_oauth_evaluate_kept(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    ngx_uint_t index)
{
    ngx_int_t                     rc;
    ngx_uint_t                    reads, *kept;
    ngx_oauth_ctx_t              *ctx;
    ngx_oauth_evaluate_getter_t  *getter;

    ctx = ngx_oauth_context_lookup(r);
    reads = ctx ? ctx->reads : 0;

    getter = ngx_oauth_evaluate_getter(r, index);

    rc = getter->get_handler(r, v, getter->data);

    ctx = ngx_oauth_context_lookup(r);

    if (ctx == NULL || ctx->reads == reads || getter->assigned) {
        return rc;
    }

    if (r != r->main) {
        v->no_cacheable = 1;
    }

    ctx = ngx_oauth_context_create(r->main);

    if (ctx && ctx->kept == NULL) {
        ctx->kept = ngx_array_create(r->pool, 4, sizeof(ngx_uint_t));
    }

    kept = (ctx && ctx->kept) ? ngx_array_push(ctx->kept) : NULL;

    if (kept == NULL) {
        return NGX_ERROR;
    }

    *kept = index;

    return rc;
}


/*
 * Another module may have assigned a value to the variable (auth_request_set
 * does).  The getter then finds nothing, and the assigned value is used.
 */

static ngx_int_t
ngx_oauth_evaluate_computed(ngx_oauth_ctx_t *ctx,
    ngx_http_variable_value_t *v, ngx_uint_t index)
{
    ngx_int_t                     rc;
    ngx_oauth_evaluate_getter_t  *getter;

    getter = ngx_oauth_evaluate_getter(ctx->request, index);

    rc = getter->get_handler(ctx->request, v, getter->data);

    if (rc == NGX_OK && v->not_found && ctx->outer[index].valid) {
        *v = ctx->outer[index];
    }

    return rc;
}


static ngx_int_t
ngx_oauth_evaluate_assigned(ngx_oauth_ctx_t *ctx,
    ngx_http_variable_value_t *v, ngx_uint_t index)
{
    ngx_uint_t                        reads;
    ngx_oauth_evaluate_getter_t      *getter;
    ngx_oauth_evaluate_assignment_t  *assignment;
    ngx_http_variable_value_t         value;

    value = ctx->outer[index];
    assignment = ngx_oauth_evaluate_assignment(ctx, index);

    if (assignment && (value.valid || ctx->waiting != NGX_OAUTH_WAIT_NOW)) {

        reads = ctx->reads;

        /*
         * If the value has a variable whose "set" reads this one in turn, that
         * "set" sees the value that nginx has kept.
         */

        v->len = value.valid ? value.len : 0;
        v->data = value.data;
        v->valid = 1;
        v->no_cacheable = 0;
        v->not_found = 0;

        if (ngx_oauth_evaluate_again(ctx, assignment) != NGX_OK) {
            ctx->failed = 1;
            return NGX_ERROR;
        }

        /* If no claim was read, nginx's value is right, and is used. */

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

    getter = ngx_oauth_evaluate_getter(ctx->request, index);

    return getter->get_handler(ctx->request, v, getter->data);
}


/*
 * Returns the "set" that has certainly assigned the variable: the only one in
 * this server, which is a rule of this location or of the server itself.
 * Returns NULL if there is no such "set".
 */

static ngx_oauth_evaluate_assignment_t *
ngx_oauth_evaluate_assignment(ngx_oauth_ctx_t *ctx, ngx_uint_t index)
{
    void                             **top;
    ngx_uint_t                         i;
    const ngx_oauth_srv_conf_t        *scf;
    const ngx_oauth_loc_conf_t        *lcf;
    ngx_oauth_evaluate_assignment_t   *assignment;
    ngx_http_core_srv_conf_t          *cscf;

    scf = ngx_http_get_module_srv_conf(ctx->request, ngx_oauth_module);
    lcf = ngx_http_get_module_loc_conf(ctx->request, ngx_oauth_module);
    cscf = ngx_http_get_module_srv_conf(ctx->request, ngx_http_core_module);

    top = cscf->ctx->loc_conf;
    assignment = scf->assignments ? scf->assignments->elts : NULL;

    for (i = 0; assignment && i < scf->assignments->nelts; i++) {

        if (assignment[i].index != index) {
            continue;
        }

        return (assignment[i].start
                && (assignment[i].conf == lcf->rewrite
                    || assignment[i].conf == top[ngx_oauth_module.ctx_index]))
               ? &assignment[i] : NULL;
    }

    return NULL;
}


/* Runs the codes of one "set" in the way nginx's rewrite module runs them. */

static ngx_int_t
ngx_oauth_evaluate_again(ngx_oauth_ctx_t *ctx,
    ngx_oauth_evaluate_assignment_t *assignment)
{
    ngx_http_script_code_pt    code;
    ngx_http_script_engine_t   e;
    ngx_http_variable_value_t  stack[2];

    if (ctx->depth == NGX_OAUTH_EVALUATE_DEPTH) {
        return NGX_ERROR;
    }

    ctx->depth++;

    ngx_memzero(&e, sizeof(ngx_http_script_engine_t));
    ngx_memzero(stack, sizeof(stack));

    e.ip = assignment->start;
    e.sp = stack;
    e.request = ctx->request;
    e.quote = 1;
    e.status = NGX_DECLINED;

    while (e.ip != assignment->end) {

        if (*(uintptr_t *) e.ip == (uintptr_t) NULL) {
            return NGX_ERROR;
        }

        code = *(ngx_http_script_code_pt *) e.ip;
        code(&e);
    }

    ctx->depth--;

    return NGX_OK;
}


static ngx_oauth_evaluate_getter_t *
ngx_oauth_evaluate_getter(ngx_http_request_t *r, ngx_uint_t index)
{
    const ngx_oauth_main_conf_t  *mcf;

    mcf = ngx_http_get_module_main_conf(r, ngx_oauth_module);

    return &mcf->getters[index];
}
