
/*
 * The scopes that a location demands (RFC 6749 section 3.3): the directives
 * oauth_scope, oauth_scope_implies and oauth_scope_advertise.  Each directive
 * is checked when nginx reads it, and leaves an array in the configuration's
 * pool.
 */


#include "ngx_oauth_scope.h"
#include "oauth_scope.h"


static ngx_int_t ngx_oauth_scope_parse_term(ngx_conf_t *cf, ngx_str_t *value,
    ngx_oauth_scope_t *scope);
static ngx_int_t ngx_oauth_scope_parse_alternative(ngx_conf_t *cf,
    ngx_str_t *value, ngx_oauth_scope_term_t *term);
static ngx_int_t ngx_oauth_scope_parse_methods(ngx_conf_t *cf, ngx_str_t *list,
    ngx_oauth_scope_t *scope);
static void ngx_oauth_scope_check_method(ngx_conf_t *cf, ngx_str_t *name);
static ngx_int_t ngx_oauth_scope_check_tokens(ngx_conf_t *cf);
static void ngx_oauth_scope_check_comma(ngx_conf_t *cf, ngx_str_t *value);


/* IANA's registry of HTTP methods (RFC 9110 section 16.1). */

static const ngx_str_t  ngx_oauth_scope_methods[] = {
    ngx_string("ACL"), ngx_string("BASELINE-CONTROL"), ngx_string("BIND"),
    ngx_string("CHECKIN"), ngx_string("CHECKOUT"), ngx_string("CONNECT"),
    ngx_string("COPY"), ngx_string("DELETE"), ngx_string("GET"),
    ngx_string("HEAD"), ngx_string("LABEL"), ngx_string("LINK"),
    ngx_string("LOCK"), ngx_string("MERGE"), ngx_string("MKACTIVITY"),
    ngx_string("MKCALENDAR"), ngx_string("MKCOL"),
    ngx_string("MKREDIRECTREF"), ngx_string("MKWORKSPACE"),
    ngx_string("MOVE"), ngx_string("OPTIONS"), ngx_string("ORDERPATCH"),
    ngx_string("PATCH"), ngx_string("POST"), ngx_string("PRI"),
    ngx_string("PROPFIND"), ngx_string("PROPPATCH"), ngx_string("PUT"),
    ngx_string("QUERY"), ngx_string("REBIND"), ngx_string("REPORT"),
    ngx_string("SEARCH"), ngx_string("TRACE"), ngx_string("UNBIND"),
    ngx_string("UNCHECKOUT"), ngx_string("UNLINK"), ngx_string("UNLOCK"),
    ngx_string("UPDATE"), ngx_string("UPDATEREDIRECTREF"),
    ngx_string("VERSION-CONTROL"), ngx_null_string
};


char *
ngx_oauth_scope_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t          *value;
    ngx_uint_t          i;
    ngx_oauth_scope_t  *scope;

    if (ngx_oauth_args_has_off(cf)) {
        return "has \"off\", which would be the name of a scope: write "
               "\"none\" to demand no scope";
    }

    ngx_oauth_args_note(cf, &lcf->protected);

    scope = ngx_oauth_args_push(cf, &lcf->scopes, sizeof(ngx_oauth_scope_t));
    if (scope == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(scope, sizeof(ngx_oauth_scope_t));

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncasecmp(value[i].data, (u_char *) "method", 6) == 0
            && ngx_strchr(value[i].data, '='))
        {

            if (ngx_oauth_scope_parse_methods(cf, &value[i], scope) != NGX_OK) {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_oauth_scope_parse_term(cf, &value[i], scope) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (scope->terms == NULL) {
        return "has methods but no scope: name one";
    }

    return NGX_CONF_OK;
}


/*
 * The text is split into alternatives here, before its variables have values,
 * so that no request can add an alternative.
 */

static ngx_int_t
ngx_oauth_scope_parse_term(ngx_conf_t *cf, ngx_str_t *value,
    ngx_oauth_scope_t *scope)
{
    ngx_str_t                part;
    oauth_str_t              rest, text;
    ngx_oauth_scope_term_t  *term;

    term = ngx_oauth_args_push(cf, &scope->terms,
                               sizeof(ngx_oauth_scope_term_t));
    if (term == NULL) {
        return NGX_ERROR;
    }

    term->alternatives = NULL;
    rest = ngx_oauth_str(value);

    while (oauth_scope_alternative(&rest, &text)) {

        part.data = (u_char *) text.data;
        part.len = text.len;

        if (ngx_oauth_scope_parse_alternative(cf, &part, term) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* An alternative without variables must be a scope-token (RFC 6749). */

static ngx_int_t
ngx_oauth_scope_parse_alternative(ngx_conf_t *cf, ngx_str_t *value,
    ngx_oauth_scope_term_t *term)
{
    ngx_http_complex_value_t  *complex;

    complex = ngx_oauth_args_complex(cf, &term->alternatives, value);
    if (complex == NULL) {
        return NGX_ERROR;
    }

    ngx_oauth_scope_check_comma(cf, value);

    if (complex->lengths == NULL && !oauth_scope_valid(ngx_oauth_str(value))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "scope \"%V\" is empty or not a scope-token of RFC "
                           "6749: use visible ASCII without quotes, "
                           "backslashes and spaces", value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_scope_parse_methods(ngx_conf_t *cf, ngx_str_t *list,
    ngx_oauth_scope_t *scope)
{
    u_char     *p, *last, *end;
    ngx_str_t  *method;

    if (scope->methods) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is a second method list: join the two",
                           list);
        return NGX_ERROR;
    }

    if (ngx_strncmp(list->data, "method=", 7) != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" looks like a method list: write method=",
                           list);
        return NGX_ERROR;
    }

    p = list->data + sizeof("method=") - 1;
    last = list->data + list->len;

    for ( ;; ) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        method = ngx_oauth_args_push(cf, &scope->methods, sizeof(ngx_str_t));
        if (method == NULL) {
            return NGX_ERROR;
        }

        method->data = p;
        method->len = end - p;

        while (p < end
               && ((*p >= 'A' && *p <= 'Z') || *p == '_' || *p == '-'))
        {
            p++;
        }

        if (p != end || method->len == 0) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"%V\" is not a list of methods: write them in "
                               "upper case, as in method=POST,PUT", list);
            return NGX_ERROR;
        }

        ngx_oauth_scope_check_method(cf, method);

        if (end == last) {
            return NGX_OK;
        }

        p = end + 1;
    }
}


/*
 * Warns of a method that may be misspelled: requests with the method that was
 * meant would then do without these scopes.
 */

static void
ngx_oauth_scope_check_method(ngx_conf_t *cf, ngx_str_t *name)
{
    const ngx_str_t  *method;

    for (method = ngx_oauth_scope_methods; method->len; method++) {
        if (ngx_oauth_str_equal(method, name)) {
            return;
        }
    }

    ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                       "method \"%V\" is not in IANA's registry of HTTP "
                       "methods: correct it if it is misspelled, because the "
                       "scopes are not demanded of any other method", name);
}


char *
ngx_oauth_scope_parse_implies(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    oauth_str_t         *scopes;
    oauth_scope_rule_t  *rule;

    if (ngx_oauth_scope_check_tokens(cf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    scopes = ngx_oauth_args_strings(cf, 1);
    if (scopes == NULL) {
        return NGX_CONF_ERROR;
    }

    rule = ngx_oauth_args_push(cf, &lcf->implied, sizeof(oauth_scope_rule_t));
    if (rule == NULL) {
        return NGX_CONF_ERROR;
    }

    rule->scope = scopes[0];
    rule->implied = &scopes[1];
    rule->nimplied = cf->args->nelts - 2;

    return NGX_CONF_OK;
}


char *
ngx_oauth_scope_parse_advertise(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    ngx_str_t   *value, *scope;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (ngx_oauth_args_has_off(cf)) {
        return ngx_oauth_args_off(cf, &lcf->advertise);
    }

    if (lcf->advertise == NULL) {
        return "follows \"oauth_scope_advertise off\": remove one of the two";
    }

    if (ngx_oauth_scope_check_tokens(cf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 1; i < cf->args->nelts; i++) {

        scope = ngx_oauth_args_push(cf, &lcf->advertise, sizeof(ngx_str_t));
        if (scope == NULL) {
            return NGX_CONF_ERROR;
        }

        *scope = value[i];
    }

    return NGX_CONF_OK;
}


/*
 * Checks that every argument is one scope-token: these directives have neither
 * variables nor alternatives, so "$" and "|" are refused although a scope-token
 * may have them.
 */

static ngx_int_t
ngx_oauth_scope_check_tokens(ngx_conf_t *cf)
{
    u_char      *last;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        last = value[i].data + value[i].len;

        if (ngx_oauth_args_no_variables(cf, &value[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_strlchr(value[i].data, last, '$')
            || ngx_strlchr(value[i].data, last, '|'))
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scope \"%V\" has \"$\" or \"|\": only "
                               "\"oauth_scope\" takes variables and "
                               "alternatives, write the names of scopes here",
                               &value[i]);
            return NGX_ERROR;
        }

        if (!oauth_scope_valid(ngx_oauth_str(&value[i]))) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "scope \"%V\" is empty or not a scope-token of "
                               "RFC 6749: use visible ASCII without quotes, "
                               "backslashes and spaces", &value[i]);
            return NGX_ERROR;
        }

        ngx_oauth_scope_check_comma(cf, &value[i]);
    }

    return NGX_OK;
}


/*
 * Warns of a comma.  A scope-token may have one, but most of the time somebody
 * meant to separate two scopes.
 */

static void
ngx_oauth_scope_check_comma(ngx_conf_t *cf, ngx_str_t *value)
{
    if (ngx_strlchr(value->data, value->data + value->len, ',')) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "scope \"%V\" has a comma, which is a part of its "
                           "name: write spaces between scopes", value);
    }
}


/*
 * method=GET includes HEAD, which is a GET without the content (RFC 9110
 * section 9.3.2).
 */

ngx_uint_t
ngx_oauth_scope_applies(const ngx_oauth_scope_t *scope,
    const ngx_str_t *method)
{
    ngx_str_t   *methods;
    ngx_uint_t   i;

    static const ngx_str_t  head = ngx_string("HEAD");

    if (scope->methods == NULL) {
        return 1;
    }

    methods = scope->methods->elts;

    for (i = 0; i < scope->methods->nelts; i++) {

        if (ngx_oauth_str_equal(&methods[i], method)
            || (ngx_oauth_str_equal(method, &head)
                && ngx_oauth_str_equal(&methods[i],
                                       &ngx_http_core_get_method)))
        {
            return 1;
        }
    }

    return 0;
}


/* Among several alternatives, "none" is the name of a scope. */

ngx_uint_t
ngx_oauth_scope_is_none(const ngx_oauth_scope_term_t *term,
    const ngx_str_t *value)
{
    return term->alternatives->nelts == 1
           && oauth_str_equal(ngx_oauth_str(value), oauth_str("none"));
}
