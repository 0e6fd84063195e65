
/*
 * What the rules of nginx's rewrite module ("set", "if", "rewrite", "return")
 * have to do with claims.  They run before a token is decided about, so two
 * things are found out here, once, for each location:
 *
 *   - whether its rules may read a claim: then a request waits for keys before
 *     they run (ngx_oauth_rewrite_handler);
 *   - what its "set" directives assign: a policy that asks for such a variable
 *     computes the value again, for its own verdict (ngx_oauth_evaluate.c).
 *
 * The rewrite module keeps its configuration to itself.  Its first member is
 * the array of compiled codes; each code begins with the function that runs it,
 * is laid out as ngx_http_script.h says, and is aligned as pointers are.
 */


#include "ngx_oauth_access.h"


/* How every ngx_http_rewrite_loc_conf_t begins. */

typedef struct {
    ngx_array_t  *codes;        /* of bytes; NULL: none                       */
} ngx_oauth_rewrite_conf_t;


static ngx_int_t ngx_oauth_rewrite_read(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_oauth_loc_conf_t *lcf,
    ngx_array_t *codes);
static ngx_uint_t ngx_oauth_rewrite_reads(ngx_conf_t *cf, u_char *p,
    u_char *last);
static ngx_uint_t ngx_oauth_rewrite_may_read(ngx_conf_t *cf,
    ngx_uint_t index);
static ngx_int_t ngx_oauth_rewrite_assign(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_oauth_loc_conf_t *lcf, u_char *start,
    u_char *p, ngx_uint_t conditional);
static ngx_uint_t ngx_oauth_rewrite_is_plain(u_char *start, u_char *p);
static ngx_int_t ngx_oauth_rewrite_wrap(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_uint_t index);
static ngx_http_variable_t *ngx_oauth_rewrite_variable(ngx_conf_t *cf,
    ngx_uint_t index);


#define ngx_oauth_rewrite_code(p)   *(ngx_http_script_code_pt *) (p)

#define ngx_oauth_rewrite_fits(p, last, type)                                 \
    ((last) - (p) >= (ssize_t) sizeof(type))


ngx_int_t
ngx_oauth_conf_rewrite(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    void                      **loc_conf;
    ngx_uint_t                  i;
    ngx_module_t               *module;
    ngx_oauth_location_t       *locations;
    ngx_oauth_rewrite_conf_t   *rcf;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    for (i = 0; i < cmcf->variables.nelts; i++) {
        mcf->reads_claims |= ngx_oauth_variables_is_own(
                                  ngx_oauth_rewrite_variable(cf, i));
    }

    module = ngx_oauth_conf_module(cf, "ngx_http_rewrite_module");

    if (module == NULL || mcf->issuers.nelts == 0) {
        return NGX_OK;
    }

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        loc_conf = locations[i].top ? locations[i].cscf->ctx->loc_conf
                                    : locations[i].clcf->loc_conf;
        rcf = loc_conf[module->ctx_index];

        if (rcf->codes
            && ngx_oauth_rewrite_read(cf, mcf, locations[i].conf, rcf->codes)
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The codes of an "if" block stand in the array of the location around it. */

static ngx_int_t
ngx_oauth_rewrite_read(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_oauth_loc_conf_t *lcf, ngx_array_t *codes)
{
    u_char                    *p, *last, *value, *until;
    ngx_oauth_loc_conf_t      *block;
    ngx_http_script_code_pt    code;
    ngx_http_script_if_code_t *condition;

    lcf->assignments = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_oauth_assignment_t));
    if (lcf->assignments == NULL) {
        return NGX_ERROR;
    }

    p = codes->elts;
    last = p + codes->nelts * codes->size;
    value = NULL;
    until = NULL;

    for ( /* void */ ; ngx_oauth_rewrite_fits(p, last, uintptr_t);
          p += sizeof(uintptr_t))
    {
        lcf->reads_claims |= ngx_oauth_rewrite_reads(cf, p, last);

        code = ngx_oauth_rewrite_code(p);

        if (code == ngx_http_script_value_code
            || code == ngx_http_script_complex_value_code)
        {
            value = p;

        } else if (code == ngx_http_script_if_code
                   && ngx_oauth_rewrite_fits(p, last,
                                             ngx_http_script_if_code_t))
        {
            condition = (ngx_http_script_if_code_t *) p;

            if (p + condition->next > until) {
                until = p + condition->next;
            }

            if (condition->loc_conf) {
                block = condition->loc_conf[ngx_oauth_module.ctx_index];
                block->assignments = lcf->assignments;
            }

        } else if (code == ngx_http_script_set_var_code
                   && value
                   && ngx_oauth_rewrite_fits(p, last,
                                             ngx_http_script_var_code_t))
        {
            if (ngx_oauth_rewrite_assign(cf, mcf, lcf, value, p, p < until)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


/* 1 when the code at p asks for a variable that may show a claim. */

static ngx_uint_t
ngx_oauth_rewrite_reads(ngx_conf_t *cf, u_char *p, u_char *last)
{
    ngx_uint_t                     *index;
    ngx_http_script_code_pt         code;
    ngx_http_script_var_code_t     *var;
    ngx_http_script_return_code_t  *ret;

    code = ngx_oauth_rewrite_code(p);

    if ((code == ngx_http_script_var_code
         || code == ngx_http_script_copy_var_code)
        && ngx_oauth_rewrite_fits(p, last, ngx_http_script_var_code_t))
    {
        var = (ngx_http_script_var_code_t *) p;
        return ngx_oauth_rewrite_may_read(cf, var->index);
    }

    if (code == ngx_http_script_return_code
        && ngx_oauth_rewrite_fits(p, last, ngx_http_script_return_code_t))
    {
        ret = (ngx_http_script_return_code_t *) p;

        for (index = ret->text.flushes;
             index && *index != (ngx_uint_t) -1;
             index++)
        {
            if (ngx_oauth_rewrite_may_read(cf, *index)) {
                return 1;
            }
        }
    }

    return 0;
}


/*
 * A variable of ours, or one that another module computes from others (map,
 * geo, ...): those have a pointer as their data, where nginx's own have nothing
 * or an offset in the request.
 */

static ngx_uint_t
ngx_oauth_rewrite_may_read(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_http_variable_t  *v;

    v = ngx_oauth_rewrite_variable(cf, index);

    return ngx_oauth_variables_is_own(v)
           || (v && v->get_handler
               && !(v->flags & (NGX_HTTP_VAR_WEAK|NGX_HTTP_VAR_PREFIX))
               && v->data > sizeof(ngx_http_request_t));
}


/*
 * Remembers how a "set" computes its value.  A variable that a location assigns
 * twice, in an "if", or from what a regex has captured has no value that could
 * be computed again.
 */

static ngx_int_t
ngx_oauth_rewrite_assign(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_oauth_loc_conf_t *lcf, u_char *start, u_char *p,
    ngx_uint_t conditional)
{
    ngx_uint_t                   i;
    ngx_oauth_assignment_t      *assignment;
    ngx_http_script_var_code_t  *code;

    code = (ngx_http_script_var_code_t *) p;
    assignment = lcf->assignments->elts;

    for (i = 0; i < lcf->assignments->nelts; i++) {
        if (assignment[i].index == code->index) {
            assignment[i].start = NULL;
            return NGX_OK;
        }
    }

    assignment = ngx_array_push(lcf->assignments);
    if (assignment == NULL) {
        return NGX_ERROR;
    }

    assignment->index = code->index;
    assignment->start = NULL;
    assignment->end = p + sizeof(ngx_http_script_var_code_t);

    if (!conditional && ngx_oauth_rewrite_is_plain(start, p)) {
        assignment->start = start;
    }

    return ngx_oauth_rewrite_wrap(cf, mcf, code->index);
}


/* No captures, and not from the variable itself. */

static ngx_uint_t
ngx_oauth_rewrite_is_plain(u_char *start, u_char *p)
{
    ngx_uint_t                index;
    ngx_http_script_code_pt   code;

    index = ((ngx_http_script_var_code_t *) p)->index;

    for ( /* void */ ; start < p; start += sizeof(uintptr_t)) {

        code = ngx_oauth_rewrite_code(start);

        if (code == ngx_http_script_copy_capture_code
            || (code == ngx_http_script_copy_var_code
                && ((ngx_http_script_var_code_t *) start)->index == index))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * nginx asks a variable's getter only while the variable has no value: that of
 * a "set" variable answers from its place in the rules, too.
 */

static ngx_int_t
ngx_oauth_rewrite_wrap(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_uint_t index)
{
    ngx_http_variable_t   *v;
    ngx_oauth_assigned_t  *assigned;

    v = ngx_oauth_rewrite_variable(cf, index);

    if (v == NULL
        || !(v->flags & NGX_HTTP_VAR_WEAK)
        || v->get_handler == ngx_oauth_evaluate_assigned)
    {
        return NGX_OK;
    }

    assigned = ngx_array_push(&mcf->assigned);
    if (assigned == NULL) {
        return NGX_ERROR;
    }

    assigned->index = index;
    assigned->get_handler = v->get_handler;
    assigned->data = v->data;

    v->get_handler = ngx_oauth_evaluate_assigned;
    v->data = index;

    return NGX_OK;
}


/*
 * What a variable's number stands for, while nginx has not joined the two yet.
 * NULL: nobody has defined it.
 */

static ngx_http_variable_t *
ngx_oauth_rewrite_variable(ngx_conf_t *cf, ngx_uint_t index)
{
    size_t                      len;
    ngx_str_t                  *name;
    ngx_uint_t                  i;
    ngx_hash_key_t             *key;
    ngx_http_variable_t        *v, *prefix, *found;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    v = cmcf->variables.elts;
    name = &v[index].name;
    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {
        if (ngx_oauth_str_equal(&key[i].key, name)) {
            return key[i].value;
        }
    }

    len = 0;
    found = NULL;
    prefix = cmcf->prefix_variables.elts;

    for (i = 0; i < cmcf->prefix_variables.nelts; i++) {
        if (prefix[i].name.len > len
            && name->len >= prefix[i].name.len
            && ngx_strncmp(name->data, prefix[i].name.data, prefix[i].name.len)
               == 0)
        {
            found = &prefix[i];
            len = prefix[i].name.len;
        }
    }

    return found;
}
