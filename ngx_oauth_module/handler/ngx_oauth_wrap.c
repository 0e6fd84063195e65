
/*
 * Which variables may show a claim, and the getter that is put around them:
 * nginx keeps what a variable was when it was first asked for, and a verdict
 * must not depend on that (ngx_oauth_evaluate.c).  Runs at the end of the
 * configuration.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_variables.h"
#include "ngx_oauth_wrap.h"


/* nginx's own variables that may show a claim: root and others have values. */

static const ngx_str_t  ngx_oauth_wrap_own[] = {
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
 * Puts our getter around those of variables that other modules compute from
 * variables (map, geo, ...: these have a pointer as their data, where nginx's
 * own have nothing or an offset in the request) and of variables of "set".
 * nginx asks a getter only while the variable has no value.
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
 * A variable of ours, or one that has our getter around its own; or one of
 * nginx's that has other variables in it.
 */

ngx_uint_t
ngx_oauth_wrap_may_read(ngx_conf_t *cf, ngx_uint_t index)
{
    ngx_uint_t                  i;
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

    for (i = 0; i < sizeof(ngx_oauth_wrap_own) / sizeof(ngx_str_t); i++) {
        if (ngx_oauth_str_equal(&named[index].name, &ngx_oauth_wrap_own[i])) {
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
 * What a variable's number stands for, while nginx has not joined the two yet.
 * NULL: nobody has defined a variable of that name, or a "set" has done so for
 * a name with a prefix of nginx's ("arg_", ...), whose getter comes first.
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
