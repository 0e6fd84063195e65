
/*
 * What the rules of nginx's rewrite module ("set", "if", "rewrite", "return")
 * have to do with claims.  They run before a token is decided about, so two
 * things are found out here, once, for each level of the configuration:
 *
 *   - whether its rules may read a claim: then a request waits for keys before
 *     they run (ngx_oauth_server_handler, ngx_oauth_rewrite_handler);
 *   - what its "set" directives assign: a policy that asks for such a variable
 *     computes the value again, for its own verdict (ngx_oauth_evaluate.c).
 *
 * The rewrite module keeps its configuration to itself.  Its first member is
 * the array of compiled codes; each code begins with the function that runs it,
 * is laid out as ngx_http_script.h says, and is aligned as pointers are.
 */


#include "ngx_oauth_access.h"


/* Where the walk through the codes of one level is. */

typedef struct {
    ngx_conf_t              *cf;
    ngx_oauth_main_conf_t   *mcf;
    ngx_oauth_location_t    *location;
    u_char                  *p;
    u_char                  *last;
    u_char                  *value;     /* where the last value begins        */
    u_char                  *until;     /* what is before it is conditional   */
    u_char                  *decided;   /* and that by a claim                */
    unsigned                 ended:1;   /* a rule before may have ended them  */
    unsigned                 reads:1;   /* the operands of the rule at hand   */
    unsigned                 reads_set:1;   /* what another level has set     */
    unsigned                 again:1;   /* only taints are looked for         */
    unsigned                 changed:1; /* one was found                      */
} ngx_oauth_rules_t;


static ngx_int_t ngx_oauth_rules_walk(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_module_t *module, ngx_uint_t again,
    ngx_uint_t *changed);
static ngx_int_t ngx_oauth_rules_read(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_condition(ngx_oauth_rules_t *rules);
static ngx_uint_t ngx_oauth_rules_ends(ngx_oauth_rules_t *rules);
static ngx_uint_t ngx_oauth_rules_is_replaced(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_decide(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_reads(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_operand(ngx_oauth_rules_t *rules,
    ngx_uint_t index);
static ngx_int_t ngx_oauth_rules_taint(ngx_oauth_rules_t *rules);
static ngx_uint_t ngx_oauth_rules_is_own(ngx_conf_t *cf, ngx_uint_t index);
static ngx_uint_t ngx_oauth_rules_may_read(ngx_conf_t *cf, ngx_uint_t index);
static ngx_int_t ngx_oauth_rules_assign(ngx_oauth_rules_t *rules);
static ngx_uint_t ngx_oauth_rules_is_plain(ngx_oauth_rules_t *rules);
static ngx_int_t ngx_oauth_rules_wrap(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);
static ngx_http_variable_t *ngx_oauth_rules_variable(ngx_conf_t *cf,
    ngx_uint_t index);
static ngx_http_variable_t *ngx_oauth_rules_prefix(ngx_conf_t *cf,
    ngx_uint_t index);


#define ngx_oauth_rules_fits(rules, type)                                     \
    ((rules)->last - (rules)->p >= (ssize_t) sizeof(type))


/* nginx's own variables that may show a claim: root and others have values. */

static const ngx_str_t  ngx_oauth_rules_own[] = {
    ngx_string("document_root"),
    ngx_string("realpath_root"),
    ngx_string("request_filename"),
    ngx_string("secure_link"),
    ngx_string("secure_link_expires")
};


ngx_int_t
ngx_oauth_conf_rewrite(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t     again, changed;
    ngx_module_t  *module;

    again = 0;

    if (ngx_oauth_rules_wrap(cf, mcf) != NGX_OK) {
        return NGX_ERROR;
    }

    module = ngx_oauth_conf_module(cf, "ngx_http_rewrite_module");

    if (module == NULL) {
        return NGX_OK;
    }

    /* A "set" may be from what another level has set: until nothing is new. */

    do {
        if (ngx_oauth_rules_walk(cf, mcf, module, again, &changed) != NGX_OK) {
            return NGX_ERROR;
        }

        changed |= !again;
        again = 1;

    } while (changed);

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_rules_walk(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_module_t *module, ngx_uint_t again, ngx_uint_t *changed)
{
    void                      **loc_conf;
    ngx_uint_t                  i;
    ngx_oauth_rules_t           rules;
    ngx_oauth_location_t       *locations;
    ngx_oauth_rewrite_conf_t   *rcf;

    *changed = 0;
    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        loc_conf = locations[i].top ? locations[i].cscf->ctx->loc_conf
                                    : locations[i].clcf->loc_conf;
        rcf = loc_conf[module->ctx_index];

        if (rcf->codes == NULL) {
            continue;
        }

        ngx_memzero(&rules, sizeof(ngx_oauth_rules_t));

        rules.cf = cf;
        rules.mcf = mcf;
        rules.location = &locations[i];
        rules.p = rcf->codes->elts;
        rules.last = rules.p + rcf->codes->nelts * rcf->codes->size;

        rules.again = again;

        if (ngx_oauth_rules_read(&rules) != NGX_OK) {
            return NGX_ERROR;
        }

        *changed |= rules.changed;
    }

    return NGX_OK;
}


/* The codes of an "if" block stand in the array of the location around it. */

static ngx_int_t
ngx_oauth_rules_read(ngx_oauth_rules_t *rules)
{
    ngx_oauth_loc_conf_t     *lcf;
    ngx_http_script_code_pt   code;

    lcf = rules->location->conf;
    lcf->rewrite = lcf;

    for ( /* void */ ; ngx_oauth_rules_fits(rules, uintptr_t);
          rules->p += sizeof(uintptr_t))
    {
        code = *(ngx_http_script_code_pt *) rules->p;

        ngx_oauth_rules_reads(rules);

        if (code == ngx_http_script_value_code
            || code == ngx_http_script_complex_value_code)
        {
            rules->value = rules->p;

        } else if (code == ngx_http_script_if_code
                   && ngx_oauth_rules_fits(rules, ngx_http_script_if_code_t))
        {
            if (rules->reads) {
                rules->decided = rules->p
                             + ((ngx_http_script_if_code_t *) rules->p)->next;
            }

            ngx_oauth_rules_condition(rules);
            ngx_oauth_rules_decide(rules);

        } else if (code == ngx_http_script_return_code) {

            /* Who it ends does not come to a verdict here. */

            ngx_oauth_rules_decide(rules);

        } else if (ngx_oauth_rules_ends(rules)) {
            rules->ended = 1;
            ngx_oauth_rules_decide(rules);

        } else if (ngx_oauth_rules_is_replaced(rules)) {
            ngx_oauth_rules_decide(rules);

        } else if (code == ngx_http_script_set_var_code
                   && rules->value
                   && ngx_oauth_rules_fits(rules, ngx_http_script_var_code_t))
        {
            if (ngx_oauth_rules_assign(rules) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static void
ngx_oauth_rules_condition(ngx_oauth_rules_t *rules)
{
    ngx_oauth_loc_conf_t       *block;
    ngx_http_script_if_code_t  *code;

    code = (ngx_http_script_if_code_t *) rules->p;

    if (rules->p + code->next > rules->until) {
        rules->until = rules->p + code->next;
    }

    if (code->loc_conf) {
        block = code->loc_conf[ngx_oauth_module.ctx_index];
        block->rewrite = rules->location->conf;
    }
}


/* 1 when it may be that no rule after this one runs: "break", "rewrite". */

static ngx_uint_t
ngx_oauth_rules_ends(ngx_oauth_rules_t *rules)
{
    ngx_http_script_code_pt  code;

    code = *(ngx_http_script_code_pt *) rules->p;

#if (NGX_PCRE)

    if (code == ngx_http_script_regex_start_code
        && ngx_oauth_rules_fits(rules, ngx_http_script_regex_code_t))
    {
        return !((ngx_http_script_regex_code_t *) rules->p)->test;
    }

#endif

    return code == ngx_http_script_break_code;
}


/* The end of a replacement: its operands are known. */

static ngx_uint_t
ngx_oauth_rules_is_replaced(ngx_oauth_rules_t *rules)
{
#if (NGX_PCRE)
    return *(ngx_http_script_code_pt *) rules->p
           == ngx_http_script_regex_end_code;
#else
    return 0;
#endif
}


/* A rule that is more than a "set": what it asks for decides. */

static void
ngx_oauth_rules_decide(ngx_oauth_rules_t *rules)
{
    ngx_oauth_loc_conf_t  *lcf;

    lcf = rules->location->conf;

    lcf->decides |= rules->reads;
    lcf->decides_set |= rules->reads_set;

    rules->reads = 0;
    rules->reads_set = 0;
}


/* Notes what the code asks for, if it asks for variables. */

static void
ngx_oauth_rules_reads(ngx_oauth_rules_t *rules)
{
    ngx_uint_t                     *index;
    ngx_http_script_code_pt         code;
    ngx_http_script_return_code_t  *ret;

    code = *(ngx_http_script_code_pt *) rules->p;

    if ((code == ngx_http_script_var_code
         || code == ngx_http_script_copy_var_code)
        && ngx_oauth_rules_fits(rules, ngx_http_script_var_code_t))
    {
        ngx_oauth_rules_operand(rules,
                        ((ngx_http_script_var_code_t *) rules->p)->index);
        return;
    }

    if (code == ngx_http_script_return_code
        && ngx_oauth_rules_fits(rules, ngx_http_script_return_code_t))
    {
        ret = (ngx_http_script_return_code_t *) rules->p;

        for (index = ret->text.flushes;
             index && *index != (ngx_uint_t) -1;
             index++)
        {
            ngx_oauth_rules_operand(rules, *index);
        }
    }
}


static void
ngx_oauth_rules_operand(ngx_oauth_rules_t *rules, ngx_uint_t index)
{
    ngx_uint_t             i;
    ngx_array_t           *taints;
    ngx_oauth_taint_t     *taint;
    ngx_oauth_loc_conf_t  *lcf;

    lcf = rules->location->conf;

    if (ngx_oauth_rules_may_read(rules->cf, index)) {
        rules->reads = 1;
        lcf->reads_claims = 1;
        lcf->reads_own |= ngx_oauth_rules_is_own(rules->cf, index);
    }

    taints = &rules->location->server->taints;
    taint = taints->elts;

    for (i = 0; i < taints->nelts; i++) {
        if (taint[i].index == index) {
            rules->reads = 1;
            rules->reads_set |= (taint[i].conf != lcf);
        }
    }
}


/* A "set" from what may depend on a claim, or in an "if" that does. */

static ngx_int_t
ngx_oauth_rules_taint(ngx_oauth_rules_t *rules)
{
    ngx_uint_t          i, index;
    ngx_array_t        *taints;
    ngx_oauth_taint_t  *taint;

    if (!rules->reads && rules->p >= rules->decided) {
        return NGX_OK;
    }

    rules->reads = 0;
    rules->reads_set = 0;

    index = ((ngx_http_script_var_code_t *) rules->p)->index;
    taints = &rules->location->server->taints;
    taint = taints->elts;

    for (i = 0; i < taints->nelts; i++) {
        if (taint[i].index == index
            && taint[i].conf == rules->location->conf)
        {
            return NGX_OK;
        }
    }

    taint = ngx_array_push(taints);
    if (taint == NULL) {
        return NGX_ERROR;
    }

    taint->index = index;
    taint->conf = rules->location->conf;

    rules->changed = 1;

    return NGX_OK;
}


static ngx_uint_t
ngx_oauth_rules_is_own(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_http_variable_t  *v;

    v = ngx_oauth_rules_variable(cf, index);

    return ngx_oauth_variables_is_own(v ? v
                                        : ngx_oauth_rules_prefix(cf, index));
}


/*
 * A variable of ours, or one that has our getter around its own; or one of
 * nginx's that has other variables in it.
 */

static ngx_uint_t
ngx_oauth_rules_may_read(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_uint_t                  i;
    ngx_http_variable_t        *v, *named;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_oauth_rules_is_own(cf, index)) {
        return 1;
    }

    v = ngx_oauth_rules_variable(cf, index);

    if (v && v->get_handler == ngx_oauth_evaluate_variable) {
        return !(v->flags & NGX_HTTP_VAR_WEAK);
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    named = cmcf->variables.elts;

    for (i = 0; i < sizeof(ngx_oauth_rules_own) / sizeof(ngx_str_t); i++) {
        if (ngx_oauth_str_equal(&named[index].name, &ngx_oauth_rules_own[i])) {
            return 1;
        }
    }

    return 0;
}


/*
 * Remembers how a "set" computes its value.  Which one was the last to assign a
 * variable is only known where a server has one, and where that certainly ran:
 * not in an "if", and not after a rule that may have ended the rules.
 */

static ngx_int_t
ngx_oauth_rules_assign(ngx_oauth_rules_t *rules)
{
    ngx_uint_t                   i;
    ngx_array_t                 *assignments;
    ngx_oauth_assignment_t      *assignment;
    ngx_http_script_var_code_t  *code;

    if (ngx_oauth_rules_taint(rules) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rules->again) {
        return NGX_OK;
    }

    code = (ngx_http_script_var_code_t *) rules->p;

    if (code->index < rules->mcf->ngetters) {
        rules->mcf->getters[code->index].assigned = 1;
    }

    assignments = &rules->location->server->assignments;
    assignment = assignments->elts;

    for (i = 0; i < assignments->nelts; i++) {
        if (assignment[i].index == code->index) {
            assignment[i].start = NULL;
            return NGX_OK;
        }
    }

    assignment = ngx_array_push(assignments);
    if (assignment == NULL) {
        return NGX_ERROR;
    }

    assignment->index = code->index;
    assignment->conf = rules->location->conf;
    assignment->start = NULL;
    assignment->end = rules->p + sizeof(ngx_http_script_var_code_t);

    if (rules->p >= rules->until
        && !rules->ended
        && ngx_oauth_rules_is_plain(rules))
    {
        assignment->start = rules->value;
    }

    return NGX_OK;
}


/* The value has no captures in it, and is not made of the variable itself. */

static ngx_uint_t
ngx_oauth_rules_is_plain(ngx_oauth_rules_t *rules)
{
    u_char                   *p;
    ngx_uint_t                index;
    ngx_http_script_code_pt   code;

    index = ((ngx_http_script_var_code_t *) rules->p)->index;

    for (p = rules->value; p < rules->p; p += sizeof(uintptr_t)) {

        code = *(ngx_http_script_code_pt *) p;

        if (code == ngx_http_script_copy_capture_code
            || (code == ngx_http_script_copy_var_code
                && ((ngx_http_script_var_code_t *) p)->index == index))
        {
            return 0;
        }
    }

    return 1;
}


/*
 * Puts our getter around those of variables that other modules compute from
 * variables (map, geo, ...: these have a pointer as their data, where nginx's
 * own have nothing or an offset in the request) and of variables of "set".
 * nginx asks a getter only while the variable has no value.
 */

static ngx_int_t
ngx_oauth_rules_wrap(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                  i;
    ngx_oauth_getter_t         *getter;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    mcf->ngetters = cmcf->variables.nelts;
    mcf->getters = ngx_pcalloc(cf->pool,
                               mcf->ngetters * sizeof(ngx_oauth_getter_t) + 1);
    if (mcf->getters == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->ngetters; i++) {

        v = ngx_oauth_rules_variable(cf, i);

        if (ngx_oauth_rules_is_own(cf, i)) {
            mcf->reads_claims = 1;
            continue;
        }

        if (v == NULL
            || v->get_handler == NULL
            || mcf->issuers.nelts == 0
            || (!(v->flags & NGX_HTTP_VAR_WEAK)
                && v->data <= sizeof(ngx_http_request_t)))
        {
            continue;
        }

        getter = &mcf->getters[i];
        getter->get_handler = v->get_handler;
        getter->data = v->data;

        v->get_handler = ngx_oauth_evaluate_variable;
        v->data = i;
    }

    return NGX_OK;
}


/*
 * What a variable's number stands for, while nginx has not joined the two yet.
 * NULL: nobody has defined a variable of that name, or a "set" has done so for
 * a name with a prefix of nginx's ("arg_", ...), whose getter comes first.
 */

static ngx_http_variable_t *
ngx_oauth_rules_variable(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_str_t                  *name;
    ngx_uint_t                  i;
    ngx_hash_key_t             *key;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    v = cmcf->variables.elts;
    name = &v[index].name;
    key = cmcf->variables_keys->keys.elts;

    for (i = 0; i < cmcf->variables_keys->keys.nelts; i++) {

        if (!ngx_oauth_str_equal(&key[i].key, name)) {
            continue;
        }

        v = key[i].value;

        return ((v->flags & NGX_HTTP_VAR_WEAK)
                && ngx_oauth_rules_prefix(cf, index))
               ? NULL : v;
    }

    return NULL;
}


static ngx_http_variable_t *
ngx_oauth_rules_prefix(ngx_conf_t *cf, ngx_uint_t index)
{
    size_t                      len;
    ngx_str_t                  *name;
    ngx_uint_t                  i;
    ngx_http_variable_t        *v, *prefix, *found;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    v = cmcf->variables.elts;
    name = &v[index].name;
    prefix = cmcf->prefix_variables.elts;

    len = 0;
    found = NULL;

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
