
/*
 * The arguments of the directive that nginx is reading: checks that several
 * directives share, and adding one element to an array.  Everything is in the
 * configuration's pool.
 */


#include "ngx_oauth_args.h"


void *
ngx_oauth_args_push(ngx_conf_t *cf, ngx_array_t **array, size_t size)
{
    if (*array == NULL || *array == NGX_CONF_UNSET_PTR) {

        *array = ngx_array_create(cf->pool, 4, size);
        if (*array == NULL) {
            return NULL;
        }
    }

    return ngx_array_push(*array);
}


ngx_uint_t
ngx_oauth_args_has_off(ngx_conf_t *cf)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_strcmp(value[i].data, "off") == 0) {
            return 1;
        }
    }

    return 0;
}


char *
ngx_oauth_args_off(ngx_conf_t *cf, ngx_array_t **array)
{
    if (cf->args->nelts > 2) {
        return "has \"off\" together with other values: remove either";
    }

    if (*array == NULL) {
        return "is duplicate";
    }

    if (*array != NGX_CONF_UNSET_PTR) {
        return "off follows other values: remove one of the two";
    }

    *array = NULL;

    return NGX_CONF_OK;
}


oauth_str_t *
ngx_oauth_args_strings(ngx_conf_t *cf, ngx_uint_t first)
{
    ngx_str_t    *value;
    ngx_uint_t    i;
    oauth_str_t  *strings;

    strings = ngx_palloc(cf->pool,
                         (cf->args->nelts - first) * sizeof(oauth_str_t));
    if (strings == NULL) {
        return NULL;
    }

    value = cf->args->elts;

    for (i = first; i < cf->args->nelts; i++) {

        if (ngx_oauth_args_no_variables(cf, &value[i]) != NGX_OK) {
            return NULL;
        }

        strings[i - first] = ngx_oauth_str(&value[i]);
    }

    return strings;
}


char *
ngx_oauth_args_strings_or_off(ngx_conf_t *cf, ngx_array_t **array)
{
    ngx_str_t    *value;
    ngx_uint_t    i;
    oauth_str_t  *string;

    if (ngx_oauth_args_has_off(cf)) {
        return ngx_oauth_args_off(cf, array);
    }

    if (*array == NULL) {
        return "follows \"off\": remove one of the two";
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (value[i].len == 0) {
            return "has an empty value: remove it";
        }

        if (ngx_oauth_args_no_variables(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        string = ngx_oauth_args_push(cf, array, sizeof(oauth_str_t));
        if (string == NULL) {
            return NGX_CONF_ERROR;
        }

        *string = ngx_oauth_str(&value[i]);
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_oauth_args_no_variables(ngx_conf_t *cf, ngx_str_t *value)
{
    ngx_str_t  *directive;

    if (!ngx_oauth_args_has_variable(value)) {
        return NGX_OK;
    }

    directive = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" has a variable, and variables are not evaluated "
                       "in \"%V\": write the value itself",
                       value, directive);

    return NGX_ERROR;
}


ngx_uint_t
ngx_oauth_args_has_variable(ngx_str_t *value)
{
    u_char  c;
    size_t  i;

    for (i = 1; i < value->len; i++) {

        c = ngx_tolower(value->data[i]);

        if (value->data[i - 1] == '$'
            && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                || c == '_' || c == '{'))
        {
            return 1;
        }
    }

    return 0;
}


ngx_http_complex_value_t *
ngx_oauth_args_complex(ngx_conf_t *cf, ngx_array_t **array, ngx_str_t *value)
{
    ngx_http_complex_value_t          *complex;
    ngx_http_compile_complex_value_t   ccv;

    complex = ngx_oauth_args_push(cf, array, sizeof(ngx_http_complex_value_t));
    if (complex == NULL) {
        return NULL;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = complex;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? complex : NULL;
}


void
ngx_oauth_args_note(ngx_conf_t *cf, ngx_oauth_args_directive_t *directive)
{
    ngx_str_t  *value;

    if (directive->name.len) {
        return;
    }

    value = cf->args->elts;
    directive->name = value[0];

    ngx_oauth_place_here(cf, &directive->place);
}
