
/*
 * nginx runs the rules of its rewrite module ("set", "if", "rewrite", "return")
 * before the token is checked.  So this file finds out for each level of the
 * configuration, and notes in the configuration's pool:
 *
 *   - whether its rules may read a claim: then a request waits for keys before
 *     nginx runs them (ngx_oauth_phase_rewrite.c);
 *   - what its "set" directives assign: a policy that uses such a variable
 *     computes the value again for its own decision (ngx_oauth_evaluate.c).
 */


#include "ngx_oauth_codes.h"
#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_rules.h"
#include "ngx_oauth_wrap.h"


/*
 * A taint is a "set" whose value may depend on a claim: a rule that uses the
 * variable may read the claim that way.
 */

typedef struct {
    ngx_uint_t                   index;     /* of the variable */
    const ngx_oauth_loc_conf_t  *conf;      /* the level of the "set" */
} ngx_oauth_rules_taint_t;


/* The state of the walk through the codes of one level. */

typedef struct {
    ngx_conf_t                 *cf;
    ngx_oauth_main_conf_t      *mcf;
    ngx_oauth_conf_location_t  *location;
    ngx_oauth_codes_t           codes;
    u_char                     *value;      /* where the last value begins */
    u_char                     *until;      /* codes before this address are in
                                               an "if" */
    u_char                     *decided_until;  /* codes before this address are
                                                   in an "if" that may read a
                                                   claim */
    unsigned                    ended:1;    /* an earlier rule may have ended
                                               the rules */
    unsigned                    reads:1;    /* an operand of this rule may read
                                               a claim */
    unsigned                    reads_set:1;    /* such an operand is a taint of
                                                   another level */
    unsigned                    again:1;    /* this is not the first walk: only
                                               taints are looked for */
    unsigned                    changed:1;  /* this walk found a new taint */
} ngx_oauth_rules_t;


static ngx_int_t ngx_oauth_rules_walk(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf, ngx_uint_t again, ngx_uint_t *changed);
static ngx_int_t ngx_oauth_rules_read(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_condition(ngx_oauth_rules_t *rules);
static ngx_uint_t ngx_oauth_rules_ends(ngx_oauth_rules_t *rules);
static ngx_uint_t ngx_oauth_rules_is_replaced(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_decide(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_reads(ngx_oauth_rules_t *rules);
static void ngx_oauth_rules_operand(ngx_oauth_rules_t *rules,
    ngx_uint_t index);
static ngx_int_t ngx_oauth_rules_taint(ngx_oauth_rules_t *rules);
static ngx_int_t ngx_oauth_rules_assign(ngx_oauth_rules_t *rules);
static ngx_uint_t ngx_oauth_rules_is_plain(ngx_oauth_rules_t *rules);


ngx_int_t
ngx_oauth_rules_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t  again, changed;

    again = 0;

    /*
     * A "set" may use a variable that another level sets from a claim, so the
     * walk is repeated until it finds no new taint.
     */

    do {
        if (ngx_oauth_rules_walk(cf, mcf, again, &changed) != NGX_OK) {
            return NGX_ERROR;
        }

        changed |= !again;
        again = 1;

    } while (changed);

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_rules_walk(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf,
    ngx_uint_t again, ngx_uint_t *changed)
{
    ngx_uint_t                  i;
    ngx_oauth_rules_t           rules;
    ngx_oauth_conf_location_t  *locations;

    *changed = 0;
    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        ngx_memzero(&rules, sizeof(ngx_oauth_rules_t));

        if (ngx_oauth_codes_start(cf, &locations[i], &rules.codes) != NGX_OK) {
            continue;
        }

        rules.cf = cf;
        rules.mcf = mcf;
        rules.location = &locations[i];
        rules.again = again;

        if (ngx_oauth_rules_read(&rules) != NGX_OK) {
            return NGX_ERROR;
        }

        *changed |= rules.changed;
    }

    return NGX_OK;
}


/*
 * Walks through the codes of one level.  The codes of an "if" block are in the
 * array of the location around it.
 */

static ngx_int_t
ngx_oauth_rules_read(ngx_oauth_rules_t *rules)
{
    ngx_oauth_codes_t        *codes;
    ngx_oauth_loc_conf_t     *lcf;
    ngx_http_script_code_pt   code;

    codes = &rules->codes;
    lcf = rules->location->conf;
    lcf->rewrite = lcf;

    for ( /* void */ ; ngx_oauth_codes_more(codes);
          ngx_oauth_codes_next(codes))
    {
        code = ngx_oauth_codes_function(codes);

        ngx_oauth_rules_reads(rules);

        if (code == ngx_http_script_value_code
            || code == ngx_http_script_complex_value_code)
        {
            rules->value = codes->p;

        } else if (code == ngx_http_script_if_code
                   && ngx_oauth_codes_fits(codes, ngx_http_script_if_code_t))
        {
            ngx_oauth_rules_condition(rules);
            ngx_oauth_rules_decide(rules);

        } else if (code == ngx_http_script_return_code) {

            /*
             * "return" ends the rules and the request.  So where a request goes
             * on, nginx has not run it, and goes on with the next rule.
             */

            ngx_oauth_rules_decide(rules);

        } else if (ngx_oauth_rules_ends(rules)) {
            rules->ended = 1;
            ngx_oauth_rules_decide(rules);

        } else if (ngx_oauth_rules_is_replaced(rules)) {
            ngx_oauth_rules_decide(rules);

        } else if (code == ngx_http_script_set_var_code
                   && rules->value
                   && ngx_oauth_codes_fits(codes, ngx_http_script_var_code_t)
                   && ngx_oauth_rules_assign(rules) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Notes where the block of an "if" ends, and to which level it belongs. */

static void
ngx_oauth_rules_condition(ngx_oauth_rules_t *rules)
{
    u_char                     *end;
    ngx_oauth_loc_conf_t       *block;
    ngx_http_script_if_code_t  *code;

    code = (ngx_http_script_if_code_t *) rules->codes.p;
    end = rules->codes.p + code->next;

    if (rules->reads) {
        rules->decided_until = end;
    }

    if (end > rules->until) {
        rules->until = end;
    }

    if (code->loc_conf) {
        block = code->loc_conf[ngx_oauth_module.ctx_index];
        block->rewrite = rules->location->conf;
    }
}


/*
 * Returns 1 for "break" and "rewrite": nginx may run no rule after them
 * although the request goes on.
 */

static ngx_uint_t
ngx_oauth_rules_ends(ngx_oauth_rules_t *rules)
{
    ngx_http_script_code_pt  code;

    code = ngx_oauth_codes_function(&rules->codes);

#if (NGX_PCRE)

    if (code == ngx_http_script_regex_start_code
        && ngx_oauth_codes_fits(&rules->codes, ngx_http_script_regex_code_t))
    {
        return !((ngx_http_script_regex_code_t *) rules->codes.p)->test;
    }

#endif

    return code == ngx_http_script_break_code;
}


/*
 * Returns 1 at the end of the replacement of a "rewrite", when all of its
 * operands are known.
 */

static ngx_uint_t
ngx_oauth_rules_is_replaced(ngx_oauth_rules_t *rules)
{
#if (NGX_PCRE)
    return ngx_oauth_codes_function(&rules->codes)
           == ngx_http_script_regex_end_code;
#else
    return 0;
#endif
}


/*
 * Ends a rule other than "set": what such a rule reads can decide what happens
 * to the request.
 */

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


/* Notes the variables that this code reads, if it reads any. */

static void
ngx_oauth_rules_reads(ngx_oauth_rules_t *rules)
{
    ngx_uint_t                     *index;
    ngx_http_script_code_pt         code;
    ngx_http_script_return_code_t  *ret;

    code = ngx_oauth_codes_function(&rules->codes);

    if ((code == ngx_http_script_var_code
         || code == ngx_http_script_copy_var_code)
        && ngx_oauth_codes_fits(&rules->codes, ngx_http_script_var_code_t))
    {
        ngx_oauth_rules_operand(rules,
                        ((ngx_http_script_var_code_t *) rules->codes.p)->index);
        return;
    }

    if (code == ngx_http_script_return_code
        && ngx_oauth_codes_fits(&rules->codes, ngx_http_script_return_code_t))
    {
        ret = (ngx_http_script_return_code_t *) rules->codes.p;

        for (index = ret->text.flushes;
             index && *index != (ngx_uint_t) -1;
             index++)
        {
            ngx_oauth_rules_operand(rules, *index);
        }
    }
}


/* Notes that a rule reads the variable of this number. */

static void
ngx_oauth_rules_operand(ngx_oauth_rules_t *rules, ngx_uint_t index)
{
    ngx_uint_t                i;
    ngx_array_t              *taints;
    ngx_oauth_rules_taint_t  *taint;
    ngx_oauth_loc_conf_t     *lcf;

    lcf = rules->location->conf;

    if (ngx_oauth_wrap_may_read(rules->cf, index)) {
        rules->reads = 1;
        lcf->reads_claims = 1;
        lcf->reads_own |= ngx_oauth_wrap_is_own(rules->cf, index);
    }

    taints = rules->location->server->taints;
    taint = taints ? taints->elts : NULL;

    for (i = 0; taint && i < taints->nelts; i++) {
        if (taint[i].index == index) {
            rules->reads = 1;
            rules->reads_set |= (taint[i].conf != lcf);
        }
    }
}


/*
 * Notes a "set" whose value may depend on a claim, or which is in an "if" whose
 * condition may.
 */

static ngx_int_t
ngx_oauth_rules_taint(ngx_oauth_rules_t *rules)
{
    ngx_uint_t                i, index;
    ngx_oauth_rules_taint_t  *taint;
    ngx_oauth_srv_conf_t     *server;

    if (!rules->reads && rules->codes.p >= rules->decided_until) {
        return NGX_OK;
    }

    rules->reads = 0;
    rules->reads_set = 0;

    index = ((ngx_http_script_var_code_t *) rules->codes.p)->index;
    server = rules->location->server;
    taint = server->taints ? server->taints->elts : NULL;

    for (i = 0; taint && i < server->taints->nelts; i++) {
        if (taint[i].index == index
            && taint[i].conf == rules->location->conf)
        {
            return NGX_OK;
        }
    }

    taint = ngx_oauth_args_push(rules->cf, &server->taints,
                                sizeof(ngx_oauth_rules_taint_t));
    if (taint == NULL) {
        return NGX_ERROR;
    }

    taint->index = index;
    taint->conf = rules->location->conf;

    rules->changed = 1;

    return NGX_OK;
}


/*
 * Remembers how a "set" computes its value, so that a policy can compute it
 * again.  That is possible only if this "set" is certain to have assigned the
 * variable: it is the only one of the server for that variable, it is not in an
 * "if", and no rule before it may have ended the rules.
 */

static ngx_int_t
ngx_oauth_rules_assign(ngx_oauth_rules_t *rules)
{
    ngx_uint_t                        i;
    ngx_oauth_srv_conf_t             *server;
    ngx_oauth_evaluate_assignment_t  *assignment;
    ngx_http_script_var_code_t       *code;

    if (ngx_oauth_rules_taint(rules) != NGX_OK) {
        return NGX_ERROR;
    }

    if (rules->again) {
        return NGX_OK;
    }

    code = (ngx_http_script_var_code_t *) rules->codes.p;

    if (code->index < rules->mcf->ngetters) {
        rules->mcf->getters[code->index].assigned = 1;
    }

    server = rules->location->server;
    assignment = server->assignments ? server->assignments->elts : NULL;

    for (i = 0; assignment && i < server->assignments->nelts; i++) {
        if (assignment[i].index == code->index) {
            assignment[i].start = NULL;
            return NGX_OK;
        }
    }

    assignment = ngx_oauth_args_push(rules->cf, &server->assignments,
                                     sizeof(ngx_oauth_evaluate_assignment_t));
    if (assignment == NULL) {
        return NGX_ERROR;
    }

    assignment->index = code->index;
    assignment->conf = rules->location->conf;
    assignment->start = NULL;
    assignment->end = rules->codes.p + sizeof(ngx_http_script_var_code_t);

    if (rules->codes.p >= rules->until
        && !rules->ended
        && ngx_oauth_rules_is_plain(rules))
    {
        assignment->start = rules->value;
    }

    return NGX_OK;
}


/*
 * Returns 1 when the value can be computed again: it uses no captures, which
 * are gone by then, and not the variable itself, which would be the new value.
 */

static ngx_uint_t
ngx_oauth_rules_is_plain(ngx_oauth_rules_t *rules)
{
    u_char                   *p;
    ngx_uint_t                index;
    ngx_http_script_code_pt   code;

    index = ((ngx_http_script_var_code_t *) rules->codes.p)->index;

    for (p = rules->value; p < rules->codes.p; p += sizeof(uintptr_t)) {

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
