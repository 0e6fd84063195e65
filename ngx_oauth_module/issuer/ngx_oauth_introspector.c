
/*
 * Asking authorization servers: which questions are under way, the form that is
 * sent, and what is logged about those who do not answer.
 */


#include "ngx_oauth_introspector.h"
#include "ngx_oauth_str.h"
#include "oauth_discovery.h"
#include "oauth_introspection.h"


#define NGX_OAUTH_INTROSPECTOR_LIMIT     256    /* questions under way        */
#define NGX_OAUTH_INTROSPECTOR_NOTICE    2      /* what tells the line's notice
                                                   from that of
                                                   ngx_oauth_keys.c (1)       */

#define NGX_OAUTH_INTROSPECTOR_HINT                                           \
    "; at most one such line a minute appears at this level, all others at "  \
    "level warn"


struct ngx_oauth_introspector_s {
    const ngx_oauth_issuer_t          *issuer;
    ngx_oauth_introspected_t          *introspected;
    u_char                             id[NGX_OAUTH_DOC_ID];    /* of the issuer
                                                   in there                   */
    ngx_log_t                         *log;     /* the cycle's                */
    ngx_queue_t                        questions;   /* under way              */
    ngx_uint_t                         n;       /* of them                    */
};


static ngx_oauth_question_t *ngx_oauth_introspector_find(
    ngx_oauth_introspector_t *introspector, const u_char *key);
static ngx_int_t ngx_oauth_introspector_send(
    ngx_oauth_introspector_t *introspector, ngx_oauth_question_t *question);
static ngx_int_t ngx_oauth_introspector_fetch(ngx_oauth_question_t *question,
    const char **why);
static void ngx_oauth_introspector_post(ngx_oauth_question_t *question,
    const oauth_buf_t *url, const oauth_buf_t *form,
    const oauth_buf_t *authorization);
static const char *ngx_oauth_introspector_append_url(
    const ngx_oauth_introspector_t *introspector, oauth_buf_t *url);
static void ngx_oauth_introspector_fetched(ngx_oauth_fetch_t *fetch);
static void ngx_oauth_introspector_count(
    const ngx_oauth_question_t *question);
static void ngx_oauth_introspector_fail(
    const ngx_oauth_introspector_t *introspector, const char *why);


ngx_int_t
ngx_oauth_introspector_start(ngx_cycle_t *cycle, ngx_array_t *issuers,
    ngx_oauth_introspected_t *introspected)
{
    ngx_uint_t                  i;
    ngx_oauth_issuer_t        **issuer;
    ngx_oauth_introspector_t   *introspector;

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        if (issuer[i]->introspect == NGX_OAUTH_INTROSPECT_OFF) {
            continue;
        }

        introspector = ngx_pcalloc(cycle->pool,
                                   sizeof(ngx_oauth_introspector_t));
        if (introspector == NULL) {
            return NGX_ERROR;
        }

        introspector->issuer = issuer[i];
        introspector->introspected = introspected;
        introspector->log = cycle->log;
        ngx_queue_init(&introspector->questions);
        ngx_oauth_issuer_write_introspection_id(issuer[i], introspector->id);

        issuer[i]->introspector = introspector;
    }

    return NGX_OK;
}


void
ngx_oauth_introspector_done(ngx_array_t *issuers)
{
    ngx_uint_t              i;
    ngx_queue_t            *q;
    ngx_oauth_issuer_t    **issuer;
    ngx_oauth_question_t   *question;

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        if (issuer[i]->introspector == NULL) {
            continue;
        }

        while (!ngx_queue_empty(&issuer[i]->introspector->questions)) {
            q = ngx_queue_head(&issuer[i]->introspector->questions);
            question = ngx_queue_data(q, ngx_oauth_question_t, queue);
            ngx_queue_remove(q);
            ngx_oauth_question_free(question);
        }

        issuer[i]->introspector = NULL;
    }
}


ngx_uint_t
ngx_oauth_introspector_is_early(const ngx_oauth_introspector_t *introspector)
{
    ngx_oauth_doc_state_t      state;
    const ngx_oauth_issuer_t  *issuer;

    issuer = introspector->issuer;

    if (issuer->introspection_endpoint.len || issuer->doc == NULL) {
        return 0;
    }

    ngx_memzero(&state, sizeof(ngx_oauth_doc_state_t));
    ngx_oauth_doc_state(issuer->doc, &state);

    return state.generation == 0;
}


ngx_oauth_question_t *
ngx_oauth_introspector_ask(ngx_oauth_introspector_t *introspector,
    oauth_str_t text, oauth_token_t *verified, ngx_log_t *log)
{
    u_char                 key[OAUTH_SECRET_HASH];
    ngx_oauth_question_t  *question;

    if (ngx_oauth_introspected_write_key(introspector->introspected,
                                         introspector->id, text, key)
        != NGX_OK)
    {
        ngx_oauth_introspector_fail(introspector, "memory is short");
        return NULL;
    }

    question = ngx_oauth_introspector_find(introspector, key);

    if (question) {
        question->refs++;

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0,
                       "oauth: issuer \"%V\": another request has asked about "
                       "this token already", &introspector->issuer->name);
        return question;
    }

    question = ngx_oauth_question_create(introspector->issuer, text, verified,
                                         introspector->log);
    if (question == NULL) {
        ngx_oauth_introspector_fail(introspector, "memory is short");
        return NULL;
    }

    ngx_memcpy(question->key, key, OAUTH_SECRET_HASH);
    question->introspected = introspector->introspected;

    if (ngx_oauth_question_recall(question)) {

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0,
                       "oauth: issuer \"%V\": it was asked about this token a "
                       "moment ago", &introspector->issuer->name);
        return question;
    }

    if (ngx_oauth_introspector_send(introspector, question) != NGX_OK) {
        ngx_oauth_question_free(question);
        return NULL;
    }

    return question;
}


/* Sends a new question, which then has a reference of its own. */

static ngx_int_t
ngx_oauth_introspector_send(ngx_oauth_introspector_t *introspector,
    ngx_oauth_question_t *question)
{
    const char  *why;

    why = "256 questions of this worker are under way, which is the limit";

    if (introspector->n == NGX_OAUTH_INTROSPECTOR_LIMIT
        || ngx_oauth_introspector_fetch(question, &why) != NGX_OK)
    {
        ngx_oauth_introspector_fail(introspector, why);
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&introspector->questions, &question->queue);
    introspector->n++;
    question->refs++;

    if (introspector->issuer->counted) {
        ngx_oauth_counters_add(&introspector->issuer->counted->questions, 1);
    }

    return NGX_OK;
}


static ngx_oauth_question_t *
ngx_oauth_introspector_find(ngx_oauth_introspector_t *introspector,
    const u_char *key)
{
    ngx_queue_t           *q;
    ngx_oauth_question_t  *question;

    for (q = ngx_queue_head(&introspector->questions);
         q != ngx_queue_sentinel(&introspector->questions);
         q = ngx_queue_next(q))
    {
        question = ngx_queue_data(q, ngx_oauth_question_t, queue);

        if (ngx_memcmp(question->key, key, OAUTH_SECRET_HASH) == 0) {
            return question;
        }
    }

    return NULL;
}


static ngx_int_t
ngx_oauth_introspector_fetch(ngx_oauth_question_t *question, const char **why)
{
    oauth_buf_t                url, form, authorization;
    const ngx_oauth_issuer_t  *issuer;

    issuer = question->issuer;

    ngx_memzero(&url, sizeof(oauth_buf_t));
    ngx_memzero(&form, sizeof(oauth_buf_t));
    ngx_memzero(&authorization, sizeof(oauth_buf_t));

    *why = ngx_oauth_introspector_append_url(issuer->introspector, &url);

    if (*why == NULL) {
        *why = "memory is short";

        oauth_client_append_authorization(&issuer->client, &authorization);

        if (oauth_client_append_form(&issuer->client,
                                     oauth_buf_str(&question->text),
                                     ngx_oauth_str(&issuer->issuer),
                                     ngx_time(), &form)
            == OAUTH_DONE
            && !url.failed && !authorization.failed)
        {
            ngx_oauth_introspector_post(question, &url, &form, &authorization);
        }
    }

    oauth_buf_free(&url);
    oauth_secret_free(&form);
    oauth_secret_free(&authorization);

    return question->fetch ? NGX_OK : NGX_ERROR;
}


/* Sets question->fetch, or leaves it NULL if memory is short. */

static void
ngx_oauth_introspector_post(ngx_oauth_question_t *question,
    const oauth_buf_t *url, const oauth_buf_t *form,
    const oauth_buf_t *authorization)
{
    ngx_keyval_t                fields[2];
    const ngx_oauth_issuer_t   *issuer;
    ngx_oauth_fetch_request_t   request;

    issuer = question->issuer;

    ngx_memzero(&request, sizeof(ngx_oauth_fetch_request_t));

    ngx_str_set(&fields[0].key, "Accept");
    ngx_str_set(&fields[0].value, "application/json");
    ngx_str_set(&fields[1].key, "Authorization");
    fields[1].value.data = authorization->data;
    fields[1].value.len = authorization->len;

    ngx_str_set(&request.method, "POST");
    request.url.data = url->data;
    request.url.len = url->len;
    request.fields = fields;
    request.nfields = authorization->len ? 2 : 1;
    request.body.data = form->data;
    request.body.len = form->len;
    request.proxy = issuer->proxy;
    request.certificates = issuer->certificates;
    request.timeout = issuer->timeout;
    request.limit = OAUTH_INTROSPECTION_SIZE;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, issuer->introspector->log, 0,
                   "oauth: nginx asks issuer \"%V\" about a token at %*s",
                   &issuer->name, url->len, url->data);

    question->started = ngx_current_msec;
    question->fetch = ngx_oauth_fetch_start(&request,
                                     ngx_oauth_introspector_fetched, question);
}


/* Returns NULL, or a sentence that says why there is no address. */

static const char *
ngx_oauth_introspector_append_url(const ngx_oauth_introspector_t *introspector,
    oauth_buf_t *url)
{
    const char                *why;
    const ngx_oauth_issuer_t  *issuer;
    ngx_oauth_doc_content_t    content;
    oauth_discovery_rules_t    rules;

    issuer = introspector->issuer;

    if (issuer->introspection_endpoint.len) {
        oauth_buf_append_str(url,
                             ngx_oauth_str(&issuer->introspection_endpoint));
        return NULL;
    }

    if (ngx_oauth_doc_lookup(issuer->doc, 0, &content, introspector->log)
        != NGX_OK)
    {
        return "its metadata, which has the introspection_endpoint, could not "
               "be fetched yet";
    }

    ngx_memzero(&rules, sizeof(oauth_discovery_rules_t));

    rules.source = ngx_oauth_str(issuer->config_url.len ? &issuer->config_url
                                                        : &issuer->issuer);
    rules.allow_http = (issuer->allow_http == 1);

    why = oauth_discovery_endpoint(ngx_oauth_str(&content.metadata), &rules,
                                   url);

    ngx_oauth_doc_free(&content);

    return why;
}


static void
ngx_oauth_introspector_fetched(ngx_oauth_fetch_t *fetch)
{
    const char            *why;
    ngx_oauth_question_t  *question;

    question = fetch->data;

    why = ngx_oauth_question_read(question, &fetch->response);

    if (why) {
        ngx_oauth_introspector_fail(question->issuer->introspector, why);
    }

    ngx_oauth_fetch_done(question->fetch);
    question->fetch = NULL;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, question->issuer->introspector->log, 0,
                   "oauth: the question to issuer \"%V\" about a token ended "
                   "after %M ms: %s", &question->issuer->name,
                   ngx_current_msec - question->started,
                   oauth_reason_info(question->reason)->code);

    ngx_oauth_introspector_count(question);

    ngx_queue_remove(&question->queue);
    question->issuer->introspector->n--;

    ngx_oauth_question_complete(question);
}


static void
ngx_oauth_introspector_count(const ngx_oauth_question_t *question)
{
    ngx_oauth_counters_issuer_t  *counted;

    counted = question->issuer->counted;

    if (counted == NULL) {
        return;
    }

    ngx_oauth_counters_add(question->token ? &counted->active
                           : oauth_reason_info(question->reason)->answer
                             == OAUTH_ANSWER_UNAVAILABLE
                             ? &counted->unanswered : &counted->inactive, 1);
    ngx_oauth_counters_add(&counted->asking,
                           ngx_current_msec - question->started);
}


/*
 * No answer came, or none that can be used.  A server that fails can cause many
 * such lines: one a minute is logged at the level that is visible by default,
 * and the others at the level below it.
 */

static void
ngx_oauth_introspector_fail(const ngx_oauth_introspector_t *introspector,
    const char *why)
{
    uint64_t          notice;
    ngx_uint_t        level;
    const char       *hint;
    const ngx_str_t  *name;

    name = &introspector->issuer->name;

    notice = (uint64_t) ngx_crc32_long(name->data, name->len) << 32
             | NGX_OAUTH_INTROSPECTOR_NOTICE;
    level = ngx_oauth_notice_level(introspector->issuer->notices, notice,
                                   introspector->log);

    hint = NGX_OAUTH_INTROSPECTOR_HINT;

    if (level != NGX_LOG_ERR) {
        level = NGX_LOG_WARN;
        hint = "";
    }

    ngx_log_error(level, introspector->log, 0,
                  "oauth: nginx has no answer from issuer \"%V\" about a "
                  "token: %s; a request with this token gets 503 unless "
                  "another issuer accepts it%s", name, why, hint);

    if (introspector->issuer->counters) {
        ngx_oauth_counters_store_error(introspector->issuer->counters,
                                       introspector->issuer->counted,
                                       (const u_char *) why, ngx_strlen(why));
    }
}
