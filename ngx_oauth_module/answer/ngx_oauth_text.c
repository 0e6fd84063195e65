
/*
 * Renders the half of a refusal's texts that tells about the resource, with the
 * scopes that it names (RFC 6750 section 3, RFC 9728 section 5.1, RFC 9457).
 * Usually that is done once, with the configuration (ngx_oauth_text_init.c).
 * If the scopes have variables, or the resource reflects, it is done for each
 * refused request, in the request's pool.
 */


#include "ngx_oauth_evaluate.h"
#include "ngx_oauth_scope.h"
#include "ngx_oauth_text.h"
#include "oauth_page.h"
#include "oauth_problem.h"
#include "oauth_scope.h"


static ngx_int_t ngx_oauth_text_term(ngx_http_request_t *r,
    const ngx_oauth_scope_term_t *term, oauth_buf_t *buf);
static ngx_uint_t ngx_oauth_text_words(oauth_str_t words, oauth_buf_t *buf);


/* One reason of each kind; all reasons of a kind give the same second half. */

static const oauth_reason_t  ngx_oauth_text_examples[] = {
    [NGX_OAUTH_TEXT_FIRST] = OAUTH_NO_TOKEN,
    [NGX_OAUTH_TEXT_MORE] = OAUTH_INSUFFICIENT_SCOPE,
    [NGX_OAUTH_TEXT_AGAIN] = OAUTH_INSUFFICIENT_AUTHENTICATION,
    [NGX_OAUTH_TEXT_NONE] = OAUTH_REQUIREMENT_NOT_MET
};


/* The HTTP status for each oauth_answer_t. */

static const ngx_uint_t  ngx_oauth_text_statuses[] = {
    NGX_OK,
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_CHALLENGE                */
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_REQUEST                  */
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_TOKEN                    */
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_PROOF                    */
    NGX_HTTP_UNAUTHORIZED,           /* OAUTH_ANSWER_AUTHENTICATION           */
    NGX_HTTP_FORBIDDEN,              /* OAUTH_ANSWER_SCOPE                    */
    NGX_HTTP_FORBIDDEN,              /* OAUTH_ANSWER_FORBIDDEN                */
    NGX_HTTP_BAD_REQUEST,            /* OAUTH_ANSWER_URI                      */
    NGX_HTTP_SERVICE_UNAVAILABLE     /* OAUTH_ANSWER_UNAVAILABLE              */
};


ngx_uint_t
ngx_oauth_text_status(oauth_reason_t reason)
{
    return ngx_oauth_text_statuses[oauth_reason_info(reason)->answer];
}


ngx_int_t
ngx_oauth_text_write(ngx_pool_t *pool, oauth_reason_t reason,
    ngx_uint_t page, ngx_oauth_text_t *text)
{
    ngx_uint_t         i;
    oauth_buf_t        buf;
    oauth_challenge_t  challenge;

    ngx_memzero(&buf, sizeof(oauth_buf_t));
    ngx_memzero(&challenge, sizeof(oauth_challenge_t));

    challenge.resource = ngx_oauth_str(&text->resource);
    challenge.metadata = ngx_oauth_str(&text->metadata);
    challenge.scope = ngx_oauth_str(&text->scope);
    challenge.issuer = text->issuer;
    challenge.documentation = ngx_oauth_str(&text->documentation);
    challenge.dpop = text->dpop;
    challenge.acr_values = ngx_oauth_str(&text->acr_values);
    challenge.max_age = text->max_age;

    oauth_challenge_write_resource(&buf, &challenge);

    if (ngx_oauth_buf_move(pool, &buf, &text->challenge) != NGX_OK) {
        return NGX_ERROR;
    }

    for (i = 0; i < NGX_OAUTH_TEXT_KINDS; i++) {

        if (reason != OAUTH_OK && ngx_oauth_text_kind(reason) != i) {
            continue;
        }

        challenge.reason = oauth_reason_info(ngx_oauth_text_examples[i]);

        if (!page) {
            oauth_problem_write_resource(&buf, &challenge);

            if (ngx_oauth_buf_move(pool, &buf, &text->problems[i]) != NGX_OK)
            {
                return NGX_ERROR;
            }
        }

        if (page || reason == OAUTH_OK) {
            oauth_page_write_resource(&buf, &challenge);

            if (ngx_oauth_buf_move(pool, &buf, &text->pages[i]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_oauth_text_kind_t
ngx_oauth_text_kind(oauth_reason_t reason)
{
    switch (oauth_reason_info(reason)->answer) {

    case OAUTH_ANSWER_CHALLENGE:
    case OAUTH_ANSWER_REQUEST:
    case OAUTH_ANSWER_TOKEN:
    case OAUTH_ANSWER_PROOF:
        return NGX_OAUTH_TEXT_FIRST;

    case OAUTH_ANSWER_SCOPE:
        return NGX_OAUTH_TEXT_MORE;

    case OAUTH_ANSWER_AUTHENTICATION:
        return NGX_OAUTH_TEXT_AGAIN;

    default:
        return NGX_OAUTH_TEXT_NONE;
    }
}


void
ngx_oauth_text_set_authentication(const ngx_oauth_loc_conf_t *conf,
    ngx_oauth_text_kind_t kind, ngx_oauth_text_t *text)
{
    if (kind == NGX_OAUTH_TEXT_AGAIN) {
        text->acr_values = conf->acr_values;
        text->max_age = conf->max_age;
    }
}


ngx_int_t
ngx_oauth_text_scope(ngx_http_request_t *r,
    const ngx_oauth_loc_conf_t *conf, const ngx_str_t *method,
    ngx_oauth_text_kind_t kind, oauth_buf_t *buf)
{
    ngx_int_t                      rc;
    ngx_str_t                     *advertise;
    ngx_uint_t                     i;
    ngx_oauth_scope_walk_t         walk;
    const ngx_oauth_scope_term_t  *term;

    /*
     * A client whose token lacks a scope is told only the scopes that it needs
     * for this request (step-up), not all that the resource advertises.
     */

    advertise = (conf->advertise && kind != NGX_OAUTH_TEXT_MORE)
                ? conf->advertise->elts : NULL;

    for (i = 0; advertise && i < conf->advertise->nelts; i++) {
        oauth_scope_append(buf, ngx_oauth_str(&advertise[i]));
    }

    walk = ngx_oauth_scope_start(conf->scopes, method);

    while ((term = ngx_oauth_scope_next(&walk)) != NULL) {

        rc = ngx_oauth_text_term(r, term, buf);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return buf->failed ? NGX_ERROR : NGX_OK;
}


/*
 * One scope of "a|b" is enough, so a client is told the first of them that is a
 * scope a client can ask for.
 */

static ngx_int_t
ngx_oauth_text_term(ngx_http_request_t *r, const ngx_oauth_scope_term_t *term,
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
            || ngx_oauth_text_words(ngx_oauth_str(&value), buf))
        {
            return NGX_OK;
        }
    }

    return NGX_OK;
}


/* Appends the words that are scope-tokens, and returns how many there were. */

static ngx_uint_t
ngx_oauth_text_words(oauth_str_t words, oauth_buf_t *buf)
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
