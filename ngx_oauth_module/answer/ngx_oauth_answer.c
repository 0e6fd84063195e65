
/*
 * What refusals say, in two halves that are joined when one is sent: the error
 * (by reason, the same everywhere) and the place (resource, scopes, the way to
 * a token).  Both are rendered with the configuration; a location has an answer
 * for each set of scopes that a refusal of one kind and method names, and
 * shares it with others of its resource.  Scopes with variables are rendered in
 * the request's pool.
 */


#include "ngx_oauth_access.h"
#include "oauth_page.h"
#include "oauth_problem.h"


static ngx_int_t ngx_oauth_answer_variant(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf, const ngx_str_t *method);
static ngx_int_t ngx_oauth_answer_prepare(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf, const ngx_str_t *method, ngx_uint_t kind,
    ngx_oauth_answer_t **answer);
static ngx_int_t ngx_oauth_answer_term(ngx_http_request_t *r,
    const ngx_oauth_term_t *term, oauth_buf_t *buf);
static ngx_uint_t ngx_oauth_answer_words(oauth_str_t words,
    oauth_buf_t *buf);
static ngx_oauth_answer_t *ngx_oauth_answer_share(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *conf, ngx_str_t *scope);


/* For each kind a reason that is of it. */

static const oauth_reason_t  ngx_oauth_answer_reasons[] = {
    [NGX_OAUTH_ANSWER_FIRST] = OAUTH_NO_TOKEN,
    [NGX_OAUTH_ANSWER_MORE] = OAUTH_INSUFFICIENT_SCOPE,
    [NGX_OAUTH_ANSWER_NONE] = OAUTH_REQUIREMENT_NOT_MET
};


ngx_int_t
ngx_oauth_answer_errors(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf)
{
    oauth_buf_t                 buf;
    ngx_uint_t                  i;
    ngx_oauth_error_t          *error;
    const oauth_reason_info_t  *reason;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    for (i = 0; i < OAUTH_REASONS; i++) {

        error = &mcf->errors[i];
        reason = oauth_reason_info(i);

        oauth_challenge_write_error(&buf, reason);
        oauth_buf_append_str(&buf, reason->error ? oauth_str(", ")
                                                 : oauth_str(" "));

        if (ngx_oauth_buf_move(cf->pool, &buf, &error->challenge) != NGX_OK) {
            return NGX_ERROR;
        }

        oauth_problem_write_error(&buf, reason,
                                            ngx_oauth_reply_status(i));

        if (ngx_oauth_buf_move(cf->pool, &buf, &error->problem) != NGX_OK) {
            return NGX_ERROR;
        }

        oauth_page_write_error(&buf, reason, ngx_oauth_reply_status(i));

        if (ngx_oauth_buf_move(cf->pool, &buf, &error->page) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_oauth_answer_variants(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf)
{
    ngx_str_t          *methods;
    ngx_uint_t          i, k;
    ngx_oauth_scope_t  *scopes;

    static const ngx_str_t  head = ngx_string("HEAD");
    static const ngx_str_t  others = ngx_null_string;

    conf->variants = ngx_array_create(cf->pool, 4,
                                      sizeof(ngx_oauth_variant_t));
    if (conf->variants == NULL) {
        return NGX_ERROR;
    }

    scopes = conf->scopes ? conf->scopes->elts : NULL;

    for (i = 0; scopes && i < conf->scopes->nelts; i++) {

        if (scopes[i].methods == NULL) {
            continue;
        }

        methods = scopes[i].methods->elts;

        for (k = 0; k < scopes[i].methods->nelts; k++) {
            if (ngx_oauth_answer_variant(cf, conf, &methods[k]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    /* What is for GET is for HEAD as well. */

    if (ngx_oauth_answer_variant(cf, conf, &head) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_oauth_answer_variant(cf, conf, &others);
}


/* Adds the method, unless it is there. */

static ngx_int_t
ngx_oauth_answer_variant(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf,
    const ngx_str_t *method)
{
    ngx_uint_t            i;
    ngx_oauth_variant_t  *variants, *variant;

    variants = conf->variants->elts;

    for (i = 0; i < conf->variants->nelts; i++) {
        if (ngx_oauth_str_equal(&variants[i].method, method)) {
            return NGX_OK;
        }
    }

    variant = ngx_array_push(conf->variants);
    if (variant == NULL) {
        return NGX_ERROR;
    }

    variant->method = *method;

    for (i = 0; i < NGX_OAUTH_ANSWER_KINDS; i++) {
        if (ngx_oauth_answer_prepare(cf, conf, method, i, &variant->answers[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Leaves NULL where the answer depends on variables. */

static ngx_int_t
ngx_oauth_answer_prepare(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf,
    const ngx_str_t *method, ngx_uint_t kind, ngx_oauth_answer_t **answer)
{
    ngx_int_t    rc;
    ngx_str_t    scope;
    oauth_buf_t  buf;

    *answer = NULL;

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    rc = ngx_oauth_answer_scope(NULL, conf, method, kind, &buf);

    if (rc == NGX_DECLINED) {
        oauth_buf_free(&buf);
        return NGX_OK;
    }

    if (rc != NGX_OK || ngx_oauth_buf_move(cf->pool, &buf, &scope) != NGX_OK) {
        oauth_buf_free(&buf);
        return NGX_ERROR;
    }

    *answer = ngx_oauth_answer_share(cf, conf, &scope);

    return *answer ? NGX_OK : NGX_ERROR;
}


/* The resource's own for that scope and issuer, new or shared. */

static ngx_oauth_answer_t *
ngx_oauth_answer_share(ngx_conf_t *cf, ngx_oauth_loc_conf_t *conf,
    ngx_str_t *scope)
{
    oauth_str_t            issuer;
    ngx_uint_t             i;
    ngx_oauth_answer_t   **answers, **slot, *answer;
    ngx_oauth_issuer_t   **issuers;

    issuers = conf->issuers->elts;
    issuer = ngx_oauth_str(&issuers[0]->issuer);
    answers = conf->resource->answers.elts;

    for (i = 0; i < conf->resource->answers.nelts; i++) {
        if (ngx_oauth_str_equal(&answers[i]->scope, scope)
            && oauth_str_equal(answers[i]->issuer, issuer))
        {
            return answers[i];
        }
    }

    slot = ngx_array_push(&conf->resource->answers);
    answer = ngx_pcalloc(cf->pool, sizeof(ngx_oauth_answer_t));

    if (slot == NULL || answer == NULL) {
        return NULL;
    }

    *slot = answer;

    answer->resource = conf->resource->url;
    answer->metadata = conf->resource->metadata;
    answer->documentation = conf->resource->documentation;
    answer->scope = *scope;
    answer->issuer = issuer;

    return ngx_oauth_answer_write(cf->pool, OAUTH_OK, 0, answer) == NGX_OK
           ? answer : NULL;
}


ngx_int_t
ngx_oauth_answer_write(ngx_pool_t *pool, oauth_reason_t reason,
    ngx_uint_t page, ngx_oauth_answer_t *answer)
{
    ngx_uint_t          i;
    oauth_buf_t         buf;
    oauth_challenge_t   challenge;

    ngx_memzero(&buf, sizeof(oauth_buf_t));
    ngx_memzero(&challenge, sizeof(oauth_challenge_t));

    challenge.resource = ngx_oauth_str(&answer->resource);
    challenge.metadata = ngx_oauth_str(&answer->metadata);
    challenge.scope = ngx_oauth_str(&answer->scope);
    challenge.issuer = answer->issuer;
    challenge.documentation = ngx_oauth_str(&answer->documentation);

    oauth_challenge_write_place(&buf, &challenge);

    if (ngx_oauth_buf_move(pool, &buf, &answer->challenge) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_OAUTH_ANSWER_KINDS; i++) {

        if (reason != OAUTH_OK && ngx_oauth_answer_kind(reason) != i) {
            continue;
        }

        challenge.reason = oauth_reason_info(ngx_oauth_answer_reasons[i]);

        if (!page) {
            oauth_problem_write_place(&buf, &challenge);

            if (ngx_oauth_buf_move(pool, &buf, &answer->problems[i]) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

        if (page || reason == OAUTH_OK) {
            oauth_page_write_place(&buf, &challenge);

            if (ngx_oauth_buf_move(pool, &buf, &answer->pages[i]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_uint_t
ngx_oauth_answer_kind(oauth_reason_t reason)
{
    switch (oauth_reason_info(reason)->answer) {

    case OAUTH_ANSWER_CHALLENGE:
    case OAUTH_ANSWER_REQUEST:
    case OAUTH_ANSWER_TOKEN:
        return NGX_OAUTH_ANSWER_FIRST;

    case OAUTH_ANSWER_SCOPE:
        return NGX_OAUTH_ANSWER_MORE;

    default:
        return NGX_OAUTH_ANSWER_NONE;
    }
}


ngx_int_t
ngx_oauth_answer_scope(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_str_t *method,
    ngx_uint_t kind, oauth_buf_t *buf)
{
    ngx_int_t           rc;
    ngx_str_t          *advertise;
    ngx_uint_t          i, k;
    ngx_oauth_term_t   *terms;
    ngx_oauth_scope_t  *scopes;

    /* Who has a token and lacks a scope is asked for no more than that. */

    advertise = (conf->advertise && kind != NGX_OAUTH_ANSWER_MORE)
                ? conf->advertise->elts : NULL;

    for (i = 0; advertise && i < conf->advertise->nelts; i++) {
        oauth_scope_append(buf, ngx_oauth_str(&advertise[i]));
    }

    scopes = conf->scopes ? conf->scopes->elts : NULL;

    for (i = 0; scopes && i < conf->scopes->nelts; i++) {

        if (!ngx_oauth_scope_applies(&scopes[i], method)) {
            continue;
        }

        terms = scopes[i].terms->elts;

        for (k = 0; k < scopes[i].terms->nelts; k++) {

            rc = ngx_oauth_answer_term(r, &terms[k], buf);

            if (rc != NGX_OK) {
                return rc;
            }
        }
    }

    return buf->failed ? NGX_ERROR : NGX_OK;
}


/*
 * Of "a|b" the first that a client can ask for: it is to ask for one of them.
 */

static ngx_int_t
ngx_oauth_answer_term(ngx_http_request_t *r, const ngx_oauth_term_t *term,
    oauth_buf_t *buf)
{
    ngx_str_t                  value;
    ngx_uint_t                 i;
    ngx_http_complex_value_t  *alternatives;

    alternatives = term->alternatives->elts;

    for (i = 0; i < term->alternatives->nelts; i++) {

        if (alternatives[i].lengths == NULL) {
            value = alternatives[i].value;

        } else if (r == NULL) {
            return NGX_DECLINED;

        } else if (ngx_oauth_evaluate_value(r, &alternatives[i], &value)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_oauth_scope_is_none(term, &value)
            || ngx_oauth_answer_words(ngx_oauth_str(&value), buf))
        {
            return NGX_OK;
        }
    }

    return NGX_OK;
}


/* The number of those that are scope-tokens. */

static ngx_uint_t
ngx_oauth_answer_words(oauth_str_t words, oauth_buf_t *buf)
{
    ngx_uint_t   n;
    oauth_str_t  word;

    n = 0;

    if (!oauth_scope_bounded(words)) {
        return n;
    }

    while (oauth_scope_next(&words, &word)) {
        if (oauth_scope_valid(word)) {
            oauth_scope_append(buf, word);
            n++;
        }
    }

    return n;
}


/* Next to an alternative "none" is a scope like any other. */

ngx_uint_t
ngx_oauth_scope_is_none(const ngx_oauth_term_t *term, const ngx_str_t *value)
{
    return term->alternatives->nelts == 1
           && oauth_str_equal(ngx_oauth_str(value), oauth_str("none"));
}


/* method=GET covers HEAD: both hand out the same representation. */

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
