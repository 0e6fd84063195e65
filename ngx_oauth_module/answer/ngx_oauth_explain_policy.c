
/*
 * The part of a refusal's log line that says what the location demands of the
 * token, and what the token has, if the token is verified and does not meet the
 * policy.  The policy is evaluated again, in the way of ngx_oauth_policy.c.
 * The line names all missing scopes, but only the first oauth_require that is
 * not met.  Claims may be about a person (sub, and those of oauth_require), so
 * the line has their names only.  A variable may contain such a claim, so the
 * line has its name only, too.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_explain_line.h"
#include "ngx_oauth_policy.h"
#include "ngx_oauth_resource.h"
#include "oauth_demand.h"
#include "oauth_scope.h"


static void ngx_oauth_explain_audience(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_subject(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_authentication(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_max_age(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_scope(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_missing(ngx_oauth_explain_t *e);
static ngx_uint_t ngx_oauth_explain_term(ngx_oauth_explain_t *e,
    const ngx_oauth_scope_term_t *term, ngx_uint_t n);
static ngx_uint_t ngx_oauth_explain_is_void(ngx_oauth_explain_t *e,
    const ngx_oauth_scope_term_t *term);
static void ngx_oauth_explain_requirement(ngx_oauth_explain_t *e);
static void ngx_oauth_explain_accepted(ngx_oauth_explain_t *e,
    const ngx_oauth_require_t *require);


void
ngx_oauth_explain_policy(ngx_oauth_explain_t *e)
{
    if (e->ctx->token == NULL) {
        return;
    }

    switch (e->ctx->reason) {

    case OAUTH_NO_AUDIENCE:
    case OAUTH_WRONG_AUDIENCE:
        ngx_oauth_explain_audience(e);
        return;

    case OAUTH_NO_SUBJECT:
        ngx_oauth_explain_subject(e);
        return;

    case OAUTH_INSUFFICIENT_AUTHENTICATION:
        ngx_oauth_explain_authentication(e);
        return;

    case OAUTH_INSUFFICIENT_SCOPE:
        ngx_oauth_explain_scope(e);
        return;

    case OAUTH_REQUIREMENT_NOT_MET:
        ngx_oauth_explain_requirement(e);
        return;

    default:
        return;
    }
}


static void
ngx_oauth_explain_audience(ngx_oauth_explain_t *e)
{
    ngx_uint_t                   i;
    oauth_str_t                 *listed;
    const oauth_token_t         *token;
    const ngx_oauth_loc_conf_t  *conf;

    conf = e->ctx->conf;
    token = e->ctx->token;

    if (token->naudience) {
        ngx_oauth_explain_put(e, ": token is for");
    }

    for (i = 0; i < token->naudience; i++) {
        if (!ngx_oauth_explain_item(e, &e->came, i, token->audience[i])) {
            break;
        }
    }

    ngx_oauth_explain_put(e, token->naudience ? ", expected " : ": expected ");
    ngx_oauth_explain_value(e, &e->wanted, ngx_oauth_str(&conf->resource->url));
    ngx_oauth_explain_put(e, " or a URL below it");

    if (conf->audience == NULL || conf->audience->nelts == 0) {
        return;
    }

    ngx_oauth_explain_put(e, ", or");
    listed = conf->audience->elts;

    for (i = 0; i < conf->audience->nelts; i++) {
        if (!ngx_oauth_explain_item(e, &e->wanted, i, listed[i])) {
            break;
        }
    }
}


static void
ngx_oauth_explain_subject(ngx_oauth_explain_t *e)
{
    ngx_oauth_explain_put(e, ": an oauth_header forwards its sub");

    if (e->ctx->token->subject.len) {
        ngx_oauth_explain_put(e, ", which is not a valid header value");
    }
}


/* Like the policy, this looks at max_age only if the acr is accepted. */

static void
ngx_oauth_explain_authentication(ngx_oauth_explain_t *e)
{
    ngx_uint_t             i;
    const oauth_token_t   *token;
    const oauth_demand_t  *demand;

    token = e->ctx->token;
    demand = &e->ctx->conf->demand;

    if (oauth_demand_acr(demand, token) == OAUTH_OK) {
        ngx_oauth_explain_max_age(e);
        return;
    }

    if (token->acr.data) {
        ngx_oauth_explain_put(e, ": acr is ");
        ngx_oauth_explain_value(e, &e->came, token->acr);

    } else {
        ngx_oauth_explain_put(e, ": the token has no acr");
    }

    ngx_oauth_explain_put(e, ", expected one of");

    for (i = 0; i < demand->nacr; i++) {
        if (!ngx_oauth_explain_item(e, &e->wanted, i, demand->acr[i])) {
            return;
        }
    }
}


static void
ngx_oauth_explain_max_age(ngx_oauth_explain_t *e)
{
    int64_t               ago;
    const oauth_token_t  *token;

    token = e->ctx->token;

    if (!token->has_auth_time) {
        ngx_oauth_explain_put(e, ": the token has no auth_time");
        return;
    }

    ago = ngx_time() - token->auth_time;

    if (ago < 0) {
        ngx_oauth_explain_put(e, ": auth_time is %L s in the future", -ago);

    } else {
        ngx_oauth_explain_put(e, ": auth_time is %L s ago, and oauth_max_age "
                              "is %T s", ago, e->ctx->conf->max_age);
    }
}


static void
ngx_oauth_explain_scope(ngx_oauth_explain_t *e)
{
    ngx_uint_t   n;
    oauth_str_t  granted, word;

    ngx_oauth_explain_put(e, ": missing scopes are");

    /* Variables have to show the token, as they do in the policy step. */

    e->ctx->judging = 1;
    ngx_oauth_explain_missing(e);
    e->ctx->judging = 0;

    ngx_oauth_explain_put(e, ", granted scopes are");

    granted = e->ctx->token->scope;

    for (n = 0; oauth_scope_next(&granted, &word); n++) {
        if (!ngx_oauth_explain_item(e, &e->came, n, word)) {
            return;
        }
    }

    if (n == 0) {
        ngx_oauth_explain_put(e, " none");
    }
}


static void
ngx_oauth_explain_missing(ngx_oauth_explain_t *e)
{
    ngx_uint_t                     n;
    oauth_str_t                    granted;
    ngx_http_request_t            *r;
    ngx_oauth_scope_walk_t         walk;
    const ngx_oauth_scope_term_t  *term;

    n = 0;
    r = e->ctx->request;
    granted = e->ctx->token->scope;
    walk = ngx_oauth_scope_start(e->ctx->conf->scopes, &r->method_name);

    while ((term = ngx_oauth_scope_next(&walk)) != NULL) {

        if (ngx_oauth_policy_term(r, e->ctx->conf, term, granted) != OAUTH_OK
            && !ngx_oauth_explain_term(e, term, n++))
        {
            return;
        }
    }
}


/*
 * Writes a term as it is in the configuration, with "|" between alternatives.
 * Returns what ngx_oauth_explain_item returns.
 */

static ngx_uint_t
ngx_oauth_explain_term(ngx_oauth_explain_t *e,
    const ngx_oauth_scope_term_t *term, ngx_uint_t n)
{
    ngx_uint_t                 i, room;
    oauth_buf_t                buf;
    ngx_http_complex_value_t  *alternatives;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    alternatives = term->alternatives->elts;

    for (i = 0; i < term->alternatives->nelts; i++) {

        if (i) {
            oauth_buf_append_literal(&buf, "|");
        }

        oauth_buf_append_str(&buf, ngx_oauth_str(&alternatives[i].value));
    }

    room = !buf.failed
           && ngx_oauth_explain_item(e, &e->wanted, n, oauth_buf_str(&buf));

    oauth_buf_free(&buf);

    if (room && ngx_oauth_explain_is_void(e, term)) {
        ngx_oauth_explain_put(e, ", whose value is empty or too long");
    }

    return room;
}


/*
 * Returns 1 if no token could have this scope, because the value that its
 * variables give is empty or too long.
 */

static ngx_uint_t
ngx_oauth_explain_is_void(ngx_oauth_explain_t *e,
    const ngx_oauth_scope_term_t *term)
{
    ngx_str_t                  value;
    oauth_str_t                words, word;
    ngx_http_complex_value_t  *alternatives;

    alternatives = term->alternatives->elts;

    if (term->alternatives->nelts > 1
        || ngx_oauth_evaluate_value(e->ctx->request, alternatives, &value)
           != NGX_OK)
    {
        return 0;
    }

    words = ngx_oauth_str(&value);

    return !oauth_scope_bounded(words) || !oauth_scope_next(&words, &word);
}


static void
ngx_oauth_explain_requirement(ngx_oauth_explain_t *e)
{
    ngx_uint_t            i;
    ngx_array_t          *requires;
    ngx_http_request_t   *r;
    ngx_oauth_require_t  *require;
    const oauth_token_t  *token;

    r = e->ctx->request;
    token = e->ctx->token;
    requires = e->ctx->conf->requires;
    require = requires->elts;

    e->ctx->judging = 1;

    for (i = 0; i < requires->nelts; i++) {

        if (ngx_oauth_policy_requirement(r, &require[i], token) != OAUTH_OK) {
            ngx_oauth_explain_put(e, ": the claim ");
            ngx_oauth_explain_value(e, &e->wanted, require[i].claim);
            ngx_oauth_explain_accepted(e, &require[i]);
            ngx_oauth_explain_put(e, token->claims[require[i].index].nmembers
                                     ? ", the token has another value"
                                     : ", the token does not have it");
            break;
        }
    }

    e->ctx->judging = 0;
}


static void
ngx_oauth_explain_accepted(ngx_oauth_explain_t *e,
    const ngx_oauth_require_t *require)
{
    ngx_uint_t                 i, n;
    oauth_str_t               *values;
    ngx_http_complex_value_t  *variables;

    ngx_oauth_explain_put(e, " must be one of");

    n = 0;
    values = require->values ? require->values->elts : NULL;
    variables = require->variables ? require->variables->elts : NULL;

    for (i = 0; values && i < require->values->nelts; i++) {
        if (!ngx_oauth_explain_item(e, &e->wanted, n++, values[i])) {
            return;
        }
    }

    for (i = 0; variables && i < require->variables->nelts; i++) {
        if (!ngx_oauth_explain_item(e, &e->wanted, n++,
                                    ngx_oauth_str(&variables[i].value)))
        {
            return;
        }
    }
}
