
/*
 * Finds out, at the end of the configuration, which variables may show a claim,
 * and puts a getter of the module around their getters.  nginx keeps the value
 * that a variable had when it was first read, and a decision must not depend on
 * that; the getter of the module computes the value again for a decision
 * (ngx_oauth_evaluate.c).  Everything is in the configuration's pool.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_variables.h"
#include "ngx_oauth_wrap.h"


/*
 * nginx's variables that may show a claim because other variables may be in
 * their values: directives such as root and secure_link accept variables.
 */

static const ngx_str_t  ngx_oauth_wrap_with_values[] = {
    ngx_string("document_root"),
    ngx_string("realpath_root"),
    ngx_string("request_filename"),
    ngx_string("secure_link"),
    ngx_string("secure_link_expires")
};


static ngx_http_variable_t *ngx_oauth_wrap_variable(ngx_conf_t *cf,
    ngx_uint_t index);
static ngx_http_variable_t *ngx_oauth_wrap_prefix(ngx_conf_t *cf,
    ngx_uint_t index);


/*
 * Puts the module's getter around the getters of two kinds of variables: those
 * of "set", which are weak, and those of map, geo and the like.  The latter are
 * known by their data, which is a pointer; variables of nginx itself have zero
 * there, or an offset in the request.  nginx calls a getter only while the
 * variable has no value.
 */

ngx_int_t
ngx_oauth_wrap_init(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t                    i;
    ngx_oauth_evaluate_getter_t  *getter;
    ngx_http_variable_t          *v;
    ngx_http_core_main_conf_t    *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    mcf->ngetters = cmcf->variables.nelts;
    mcf->getters = ngx_pcalloc(cf->pool, mcf->ngetters
                                         * sizeof(ngx_oauth_evaluate_getter_t)
                                         + 1);
    if (mcf->getters == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < mcf->ngetters; i++) {

        v = ngx_oauth_wrap_variable(cf, i);

        if (ngx_oauth_wrap_is_own(cf, i)) {
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
 * Returns 1 for a variable of the module, for one whose getter was replaced
 * (but not for one of "set": see ngx_oauth_rules.c), and for those of the list
 * above.
 */

ngx_uint_t
ngx_oauth_wrap_may_read(ngx_conf_t *cf, ngx_uint_t index)
{
    size_t                      i, n;
    ngx_http_variable_t        *v, *named;
    ngx_http_core_main_conf_t  *cmcf;

    if (ngx_oauth_wrap_is_own(cf, index)) {
        return 1;
    }

    v = ngx_oauth_wrap_variable(cf, index);

    if (v && v->get_handler == ngx_oauth_evaluate_variable) {
        return !(v->flags & NGX_HTTP_VAR_WEAK);
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);
    named = cmcf->variables.elts;

    n = sizeof(ngx_oauth_wrap_with_values) / sizeof(ngx_str_t);

    for (i = 0; i < n; i++) {
        if (ngx_oauth_str_equal(&named[index].name,
                                &ngx_oauth_wrap_with_values[i]))
        {
            return 1;
        }
    }

    return 0;
}


ngx_uint_t
ngx_oauth_wrap_is_own(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_http_variable_t  *v;

    v = ngx_oauth_wrap_variable(cf, index);

    return ngx_oauth_variables_is_own(v ? v
                                        : ngx_oauth_wrap_prefix(cf, index));
}


/*
 * Returns the definition of the variable of this number.  While the
 * configuration is read, nginx has only the names of numbered variables, and
 * joins them with the definitions later.  Returns NULL when nobody has defined
 * a variable of that name; and when a "set" has, but a prefix of nginx's fits
 * the name ("arg_", ...), because nginx then uses the getter of the prefix.
 */

static ngx_http_variable_t *
ngx_oauth_wrap_variable(ngx_conf_t *cf, ngx_uint_t index)
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
                && ngx_oauth_wrap_prefix(cf, index))
               ? NULL : v;
    }

    return NULL;
}


/* Returns the longest prefix variable that fits the name, or NULL. */

static ngx_http_variable_t *
ngx_oauth_wrap_prefix(ngx_conf_t *cf, ngx_uint_t index)
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
