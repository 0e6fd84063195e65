
/*
 * The variables.  They hold verified data of a token that is good for the
 * current location, else nothing; $oauth_result tells why.  Evaluated before
 * the access phase they decide on demand, where that needs no waiting.
 * Values live in the request's pool.
 */


#include "ngx_oauth_access.h"


/* The members to walk down; each may itself be a path with dots. */

typedef struct {
    const oauth_str_t  *names;
    ngx_uint_t          n;
} ngx_oauth_path_t;


static ngx_int_t ngx_oauth_variable_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variable_path(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variable_client_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variable_scope(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variable_result(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static const oauth_claims_t *ngx_oauth_variable_claims(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_variables_copy(ngx_http_request_t *r,
    ngx_http_variable_value_t **copy);
static ngx_int_t ngx_oauth_variable_set(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, const json_t *claim);


static const oauth_str_t  ngx_oauth_claim_names[] = {
    oauth_string("sub"),
    oauth_string("iss"),
    oauth_string("jti"),
    oauth_string("exp")
};


static ngx_oauth_path_t  ngx_oauth_claims[] = {
    { &ngx_oauth_claim_names[0], 1 },
    { &ngx_oauth_claim_names[1], 1 },
    { &ngx_oauth_claim_names[2], 1 },
    { &ngx_oauth_claim_names[3], 1 }
};


static ngx_http_variable_t  ngx_oauth_variables[] = {

    { ngx_string("oauth_claim_"), NULL, ngx_oauth_variable_claim,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("oauth_sub"), NULL, ngx_oauth_variable_path,
      (uintptr_t) &ngx_oauth_claims[0], NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_issuer"), NULL, ngx_oauth_variable_path,
      (uintptr_t) &ngx_oauth_claims[1], NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_jti"), NULL, ngx_oauth_variable_path,
      (uintptr_t) &ngx_oauth_claims[2], NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_exp"), NULL, ngx_oauth_variable_path,
      (uintptr_t) &ngx_oauth_claims[3], NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_client_id"), NULL, ngx_oauth_variable_client_id,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_scope"), NULL, ngx_oauth_variable_scope,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_result"), NULL, ngx_oauth_variable_result,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_oauth_variables_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_oauth_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


ngx_int_t
ngx_oauth_variables_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *complex, ngx_str_t *value)
{
    ngx_int_t                   rc;
    ngx_http_variable_value_t  *variables, *copy;

    if (complex->lengths == NULL || (r == r->main && !r->internal)) {
        return ngx_http_complex_value(r, complex, value);
    }

    if (ngx_oauth_variables_copy(r, &copy) != NGX_OK) {
        return NGX_ERROR;
    }

    variables = r->variables;
    r->variables = copy;

    rc = ngx_http_complex_value(r, complex, value);

    r->variables = variables;

    return rc;
}


/*
 * nginx keeps the values of indexed variables over internal redirects and
 * shares them with subrequests.  The copy has none of those that are computed
 * from others (map, geo, split_clients: a getter with data); "set" is weak and
 * keeps what the configuration assigned.
 */

static ngx_int_t
ngx_oauth_variables_copy(ngx_http_request_t *r,
    ngx_http_variable_value_t **copy)
{
    ngx_uint_t                  i, n;
    ngx_http_variable_t        *v;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_get_module_main_conf(r, ngx_http_core_module);

    n = cmcf->variables.nelts;
    v = cmcf->variables.elts;

    *copy = ngx_palloc(r->pool, n * sizeof(ngx_http_variable_value_t));
    if (*copy == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(*copy, r->variables, n * sizeof(ngx_http_variable_value_t));

    for (i = 0; i < n; i++) {
        if (v[i].get_handler && v[i].data
            && !(v[i].flags & NGX_HTTP_VAR_WEAK))
        {
            (*copy)[i].valid = 0;
            (*copy)[i].not_found = 0;
        }
    }

    return NGX_OK;
}


char *
ngx_oauth_conf_claim_set(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t            *value;
    ngx_oauth_path_t     *path;
    ngx_http_variable_t  *var;

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable name \"%V\": begin it with \"$\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    value[1].len--;
    value[1].data++;

    path = ngx_palloc(cf->pool, sizeof(ngx_oauth_path_t));
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->n = cf->args->nelts - 2;
    path->names = ngx_oauth_conf_strings(cf, 2);

    if (path->names == NULL) {
        return NGX_CONF_ERROR;
    }

    var = ngx_http_add_variable(cf, &value[1], NGX_HTTP_VAR_NOCACHEABLE);
    if (var == NULL) {
        return NGX_CONF_ERROR;
    }

    if (var->get_handler) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "the duplicate \"%V\" variable: choose another name",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    var->get_handler = ngx_oauth_variable_path;
    var->data = (uintptr_t) path;

    return NGX_CONF_OK;
}


/* nginx hands the whole name of a prefix variable over, in lower case. */

static ngx_int_t
ngx_oauth_variable_claim(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    oauth_str_t            claim;
    const oauth_claims_t  *claims;

    claims = ngx_oauth_variable_claims(r);

    claim = ngx_oauth_str(name);
    claim.data += sizeof("oauth_claim_") - 1;
    claim.len -= sizeof("oauth_claim_") - 1;

    return ngx_oauth_variable_set(r, v, claims ? oauth_json_at(claims->root,
                                                               claim)
                                               : NULL);
}


static ngx_int_t
ngx_oauth_variable_path(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_oauth_path_t *path = (ngx_oauth_path_t *) data;

    ngx_uint_t             i;
    const json_t          *claim;
    const oauth_claims_t  *claims;

    claims = ngx_oauth_variable_claims(r);
    claim = claims ? claims->root : NULL;

    for (i = 0; i < path->n && claim; i++) {
        claim = oauth_json_at(claim, path->names[i]);
    }

    return ngx_oauth_variable_set(r, v, claim);
}


/* RFC 9068 section 2.2, then what others call it. */

static ngx_int_t
ngx_oauth_variable_client_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    static const oauth_str_t  names[] = {
        oauth_string("client_id"),
        oauth_string("azp"),
        oauth_string("cid")
    };

    ngx_uint_t             i;
    const json_t          *claim;
    const oauth_claims_t  *claims;

    claims = ngx_oauth_variable_claims(r);
    claim = NULL;

    for (i = 0; claims && claim == NULL && i < 3; i++) {
        claim = oauth_json_at(claims->root, names[i]);
    }

    return ngx_oauth_variable_set(r, v, claim);
}


static ngx_int_t
ngx_oauth_variable_scope(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    oauth_str_t             scope;
    const ngx_oauth_ctx_t  *ctx;

    *v = ngx_http_variable_null_value;
    ctx = ngx_oauth_access_peek(r);

    if (ctx == NULL || ctx->reason != OAUTH_OK) {
        return NGX_OK;
    }

    scope = oauth_token_scope(ctx->token);

    v->len = scope.len;
    v->data = (u_char *) scope.data;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_variable_result(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    const ngx_oauth_ctx_t      *ctx;
    const oauth_reason_info_t  *reason;

    *v = ngx_http_variable_null_value;
    ctx = ngx_oauth_access_peek(r);

    if (ctx == NULL) {
        return NGX_OK;
    }

    reason = oauth_reason_info(ctx->reason);

    v->len = ngx_strlen(reason->code);
    v->data = (u_char *) reason->code;

    return NGX_OK;
}


static const oauth_claims_t *
ngx_oauth_variable_claims(ngx_http_request_t *r)
{
    const ngx_oauth_ctx_t  *ctx;

    ctx = ngx_oauth_access_peek(r);

    return (ctx && ctx->reason == OAUTH_OK) ? oauth_token_claims(ctx->token)
                                            : NULL;
}


/* A value that no header could carry is not handed out either. */

static ngx_int_t
ngx_oauth_variable_set(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    const json_t *claim)
{
    ngx_str_t    value;
    oauth_buf_t  buf;

    *v = ngx_http_variable_null_value;

    if (claim == NULL) {
        return NGX_OK;
    }

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    if (oauth_json_text(claim, &buf) != 0 || buf.len == 0) {
        oauth_buf_free(&buf);
        return NGX_OK;
    }

    if (ngx_oauth_buf_move(r->pool, &buf, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    v->len = value.len;
    v->data = value.data;

    return NGX_OK;
}
