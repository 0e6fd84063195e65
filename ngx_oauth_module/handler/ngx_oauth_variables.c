
/*
 * The variables of the module.  They show verified claims of a token that is
 * good for the current location; else they are empty, and $oauth_result tells
 * why.  That is empty, too, if there is no decision: in an open location, and
 * while keys are missing.  When nginx evaluates a variable before the access
 * phase, the decision is made then, unless that would have to wait for keys.
 * In the log phase they tell whose request it was, also if it was refused.
 * Values are in the token, which the context holds for as long as the request,
 * or in the request's pool.
 */


#include "ngx_oauth_claim.h"
#include "ngx_oauth_peek.h"
#include "ngx_oauth_resource.h"
#include "ngx_oauth_variables.h"


static ngx_int_t ngx_oauth_variables_claim(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_selected(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_fixed(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_find(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, oauth_token_t *token,
    const oauth_token_select_t *select);
static ngx_int_t ngx_oauth_variables_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_client_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_issuer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_scope(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_required(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_resource(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_token_kind(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_binding(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_oauth_variables_result(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static oauth_token_t *ngx_oauth_variables_token(ngx_http_request_t *r);
static ngx_int_t ngx_oauth_variables_text(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, oauth_token_t *token, ngx_uint_t index);
static ngx_int_t ngx_oauth_variables_unselected(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, oauth_token_t *token,
    const oauth_token_select_t *select);
static void ngx_oauth_variables_set(ngx_http_variable_value_t *v,
    oauth_str_t text);


static ngx_http_variable_t  ngx_oauth_variables[] = {

    { ngx_string("oauth_claim_"), NULL, ngx_oauth_variables_claim,
      0, NGX_HTTP_VAR_NOCACHEABLE|NGX_HTTP_VAR_PREFIX, 0 },

    { ngx_string("oauth_sub"), NULL, ngx_oauth_variables_selected,
      NGX_OAUTH_CLAIM_SUB, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_issuer"), NULL, ngx_oauth_variables_issuer,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_jti"), NULL, ngx_oauth_variables_id,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_exp"), NULL, ngx_oauth_variables_selected,
      NGX_OAUTH_CLAIM_EXP, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_client_id"), NULL, ngx_oauth_variables_client_id,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_actor"), NULL, ngx_oauth_variables_fixed,
      NGX_OAUTH_SELECTION_ACTOR, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_actors"), NULL, ngx_oauth_variables_fixed,
      NGX_OAUTH_SELECTION_ACTORS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_claims"), NULL, ngx_oauth_variables_fixed,
      NGX_OAUTH_SELECTION_CLAIMS, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_scope"), NULL, ngx_oauth_variables_scope,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_scope_required"), NULL, ngx_oauth_variables_required,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_resource"), NULL, ngx_oauth_variables_resource,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_token_kind"), NULL, ngx_oauth_variables_token_kind,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_binding"), NULL, ngx_oauth_variables_binding,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("oauth_result"), NULL, ngx_oauth_variables_result,
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


ngx_uint_t
ngx_oauth_variables_is_own(const ngx_http_variable_t *v)
{
    ngx_http_variable_t  *own;

    for (own = ngx_oauth_variables; v && own->name.len; own++) {
        if (v->get_handler == own->get_handler) {
            return 1;
        }
    }

    return 0;
}


char *
ngx_oauth_variables_parse_claim_set(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_oauth_main_conf_t  *mcf = conf;

    ngx_str_t            *value;
    ngx_uint_t            i, index;
    oauth_token_select_t  select;
    ngx_http_variable_t  *var;

    value = cf->args->elts;

    if (value[1].len < 2 || value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid variable name \"%V\": begin it with \"$\"",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_oauth_claim_check(cf, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    value[1].len--;
    value[1].data++;

    ngx_memzero(&select, sizeof(oauth_token_select_t));

    select.nnames = cf->args->nelts - 2;
    select.names = ngx_oauth_args_strings(cf, 2);
    select.text = 1;

    if (select.names == NULL
        || ngx_oauth_claim_select(mcf, &select, &index) != NGX_OK)
    {
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

    var->get_handler = ngx_oauth_variables_selected;
    var->data = index;

    return NGX_CONF_OK;
}


/*
 * The getter of $oauth_claim_NAME.  nginx passes the whole name of the
 * variable, in lower case.
 */

static ngx_int_t
ngx_oauth_variables_claim(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_str_t *name = (ngx_str_t *) data;

    oauth_str_t            claim;
    oauth_token_t         *token;
    oauth_token_select_t   select;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    if (token == NULL) {
        return NGX_OK;
    }

    claim = ngx_oauth_str(name);
    claim.data += sizeof(NGX_OAUTH_CLAIM) - 1;
    claim.len -= sizeof(NGX_OAUTH_CLAIM) - 1;

    ngx_memzero(&select, sizeof(oauth_token_select_t));

    select.names = &claim;
    select.nnames = 1;

    return ngx_oauth_variables_find(r, v, token, &select);
}


/* The getter of variables whose data is one of NGX_OAUTH_SELECTION_.... */

static ngx_int_t
ngx_oauth_variables_fixed(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    oauth_token_t  *token;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    return token ? ngx_oauth_variables_find(r, v, token,
                                            ngx_oauth_claim_selection(data))
                 : NGX_OK;
}


static ngx_int_t
ngx_oauth_variables_find(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    oauth_token_t *token, const oauth_token_select_t *select)
{
    ngx_uint_t                   i;
    const oauth_token_select_t  *selected;

    selected = token->rules->selected;

    for (i = 0; i < token->rules->nselected; i++) {
        if (ngx_oauth_claim_equal(&selected[i], select)) {
            return ngx_oauth_variables_text(r, v, token, i);
        }
    }

    return ngx_oauth_variables_unselected(r, v, token, select);
}


static ngx_int_t
ngx_oauth_variables_selected(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    oauth_token_t  *token;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    return token ? ngx_oauth_variables_text(r, v, token, data) : NGX_OK;
}


/* Shows the jti, which is the token_id of a revocation. */

static ngx_int_t
ngx_oauth_variables_id(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    oauth_token_t  *token;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    if (token && token->shows_id) {
        ngx_oauth_variables_set(v, token->id);
    }

    return NGX_OK;
}


/* Shows the client, which is the client_id of a revocation. */

static ngx_int_t
ngx_oauth_variables_client_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    oauth_token_t  *token;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    if (token && token->shows_client) {
        ngx_oauth_variables_set(v, token->client);
    }

    return NGX_OK;
}


/*
 * Shows the configured issuer.  A verified token has the same bytes in iss, or
 * it would have been refused.
 */

static ngx_int_t
ngx_oauth_variables_issuer(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    oauth_token_t  *token;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    if (token) {
        ngx_oauth_variables_set(v, token->rules->issuer);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_variables_scope(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    oauth_token_t  *token;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    if (token) {
        ngx_oauth_variables_set(v, token->scope);
    }

    return NGX_OK;
}


/*
 * Shows the scopes that the request needs, from the access phase on: see
 * ngx_oauth_reply_note_scopes().  If no token is needed to know them, they are
 * shown without one, too.
 */

static ngx_int_t
ngx_oauth_variables_required(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const ngx_oauth_ctx_t               *ctx;
    const ngx_oauth_context_required_t  *required;

    ctx = ngx_oauth_peek(r);
    *v = ngx_http_variable_null_value;

    required = ctx ? ctx->required : NULL;

    if (required && required->conf != ctx->conf) {
        required = NULL;
    }

    ngx_oauth_peek_note(r, required ? ctx->token : NULL);

    if (required) {
        ngx_oauth_variables_set(v, ngx_oauth_str(&required->scopes));
    }

    return NGX_OK;
}


/*
 * Shows the resource of the location, which the configuration says.  In the log
 * phase that is the location that was decided about last.
 */

static ngx_int_t
ngx_oauth_variables_resource(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    const ngx_oauth_ctx_t       *ctx;
    const ngx_oauth_loc_conf_t  *lcf;

    *v = ngx_http_variable_null_value;

    ctx = ngx_oauth_context_lookup(r);
    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (ctx && ctx->logging) {
        lcf = ctx->decided ? ctx->conf : NULL;
    }

    if (lcf && lcf->issuers && lcf->resource) {
        ngx_oauth_variables_set(v, ngx_oauth_str(&lcf->resource->url));
    }

    return NGX_OK;
}


/*
 * Shows what the token is bound to.  A token that was refused shows nothing,
 * also in the log phase: its client may not have proved anything.
 */

static ngx_int_t
ngx_oauth_variables_binding(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    oauth_token_t               *token;
    const ngx_oauth_ctx_t       *ctx;
    const oauth_confirmation_t  *confirmation;

    token = ngx_oauth_variables_token(r);
    ctx = ngx_oauth_peek(r);
    *v = ngx_http_variable_null_value;

    if (token == NULL || !(ctx->judging || ctx->reason == OAUTH_OK)) {
        return NGX_OK;
    }

    confirmation = &token->confirmation;

    if (confirmation->jkt.data) {
        ngx_oauth_variables_set(v, confirmation->x5t.data
                                   ? oauth_str("dpop,mtls")
                                   : oauth_str("dpop"));

    } else {
        ngx_oauth_variables_set(v, confirmation->x5t.data
                                   ? oauth_str("mtls") : oauth_str("none"));
    }

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_variables_token_kind(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    oauth_token_t  *token;

    token = ngx_oauth_variables_token(r);
    *v = ngx_http_variable_null_value;

    if (token) {
        ngx_oauth_variables_set(v, token->opaque ? oauth_str("opaque")
                                                 : oauth_str("jwt"));
    }

    return NGX_OK;
}


/*
 * Shows why the request was refused.  In the log phase this is what a dry run
 * would have refused, also if another location has admitted the request then.
 */

static ngx_int_t
ngx_oauth_variables_result(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    const ngx_oauth_ctx_t      *ctx;
    const oauth_reason_info_t  *reason;

    ctx = ngx_oauth_peek(r);
    *v = ngx_http_variable_null_value;

    ngx_oauth_peek_note(r, (ctx && ctx->reason == OAUTH_OK) ? ctx->token
                                                              : NULL);

    if (ctx == NULL) {
        return NGX_OK;
    }

    reason = oauth_reason_info((ctx->logging
                                && ctx->verdict == NGX_OAUTH_VERDICT_DRY_RUN)
                               ? ctx->verdict_reason : ctx->reason);

    v->len = ngx_strlen(reason->code);
    v->data = (u_char *) reason->code;

    return NGX_OK;
}


/*
 * Returns the token that a variable shows, or NULL: the token that is good for
 * this location; while the policy is being evaluated, the verified token that
 * it looks at; in the log phase, the verified token, even if it was refused
 * here.  The policy may read the same variable meanwhile, so a getter must call
 * this before it sets *v.
 */

static oauth_token_t *
ngx_oauth_variables_token(ngx_http_request_t *r)
{
    oauth_token_t          *token;
    const ngx_oauth_ctx_t  *ctx;

    ctx = ngx_oauth_peek(r);

    token = (ctx && (ctx->judging || ctx->logging || ctx->reason == OAUTH_OK))
            ? ctx->token : NULL;

    ngx_oauth_peek_note(r, token);

    return token;
}


static ngx_int_t
ngx_oauth_variables_text(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    oauth_token_t *token, ngx_uint_t index)
{
    const oauth_token_select_t  *select;

    select = &token->rules->selected[index];

    if (!select->text) {
        return ngx_oauth_variables_unselected(r, v, token, select);
    }

    ngx_oauth_variables_set(v, token->claims[index].text);

    return NGX_OK;
}


/*
 * Shows a claim whose text was not kept with the token, because nothing in the
 * configuration needs the text: a claim that only oauth_require names, or one
 * whose variable only an SSI page or a script uses.
 */

static ngx_int_t
ngx_oauth_variables_unselected(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, oauth_token_t *token,
    const oauth_token_select_t *select)
{
    ngx_str_t    value;
    oauth_buf_t  buf;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    (void) oauth_token_selected(token, select, &buf);

    if (buf.len == 0 && !buf.failed) {
        oauth_buf_free(&buf);
        return NGX_OK;
    }

    if (ngx_oauth_buf_move(r->pool, &buf, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_oauth_variables_set(v, ngx_oauth_str(&value));

    return NGX_OK;
}


/* The bytes of text must stay for as long as the request. */

static void
ngx_oauth_variables_set(ngx_http_variable_value_t *v, oauth_str_t text)
{
    if (text.len) {
        v->len = text.len;
        v->data = (u_char *) text.data;
    }
}
