
/*
 * Questions to authorization servers.  A question has a reference of its own
 * while it is under way, and one for each request that waits for its end or
 * reads its result.  It is freed from a posted event: the last reference may be
 * given back while the queue of those who wait is being woken.
 */


#include "ngx_oauth_introspector.h"
#include "ngx_oauth_compat.h"
#include "ngx_oauth_fetch.h"
#include "ngx_oauth_provider.h"
#include "ngx_oauth_str.h"
#include "ngx_oauth_watch.h"
#include "oauth_discovery.h"
#include "oauth_introspection.h"


#define NGX_OAUTH_INTROSPECTOR_LIMIT     256    /* questions under way        */
#define NGX_OAUTH_INTROSPECTOR_INACTIVE  5000   /* ms                         */
#define NGX_OAUTH_INTROSPECTOR_NOTICE    2      /* kind: see ngx_oauth_keys   */


struct ngx_oauth_introspector_s {
    const ngx_oauth_issuer_t          *issuer;
    ngx_oauth_introspected_t          *introspected;
    ngx_log_t                         *log;     /* the cycle's                */
    ngx_queue_t                        asked;   /* questions under way        */
    ngx_uint_t                         n;       /* of them                    */
};


struct ngx_oauth_introspector_question_s {
    ngx_queue_t                        queue;   /* in introspector->asked     */
    ngx_oauth_introspector_t          *introspector;
    ngx_uint_t                         refs;
    u_char                             key[OAUTH_SECRET_HASH];
    oauth_buf_t                        text;
    oauth_token_t                     *verified;        /* or NULL            */
    ngx_oauth_fetch_t                 *fetch;   /* NULL: not under way        */
    ngx_msec_t                         started;
    ngx_oauth_wait_queue_t             waits;
    ngx_event_t                        event;   /* frees the question         */
    ngx_oauth_introspector_result_t    result;
};


static ngx_oauth_introspector_question_t *ngx_oauth_introspector_find(
    ngx_oauth_introspector_t *introspector, const u_char *key);
static ngx_oauth_introspector_question_t *ngx_oauth_introspector_create(
    ngx_oauth_introspector_t *introspector, oauth_str_t text,
    oauth_token_t *verified);
static ngx_uint_t ngx_oauth_introspector_recall(
    ngx_oauth_introspector_question_t *question);
static ngx_int_t ngx_oauth_introspector_fetch(
    ngx_oauth_introspector_question_t *question, const char **why);
static const char *ngx_oauth_introspector_append_url(
    const ngx_oauth_introspector_t *introspector, oauth_buf_t *url);
static void ngx_oauth_introspector_fetched(ngx_oauth_fetch_t *fetch);
static void ngx_oauth_introspector_count(
    const ngx_oauth_introspector_question_t *question);
static void ngx_oauth_introspector_read(
    ngx_oauth_introspector_question_t *question,
    const ngx_oauth_fetch_response_t *response);
static ngx_uint_t ngx_oauth_introspector_is_type(const ngx_str_t *type,
    const char *name);
static void ngx_oauth_introspector_verify(
    ngx_oauth_introspector_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body, time_t received,
    const char **why);
static void ngx_oauth_introspector_keep(
    ngx_oauth_introspector_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body);
static void ngx_oauth_introspector_fail(
    const ngx_oauth_introspector_t *introspector, const char *why);
static void ngx_oauth_introspector_refused(
    const ngx_oauth_introspector_question_t *question, const char *why);
static void ngx_oauth_introspector_end(
    ngx_oauth_introspector_question_t *question);
static void ngx_oauth_introspector_event(ngx_event_t *ev);
static void ngx_oauth_introspector_free(
    ngx_oauth_introspector_question_t *question);


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
        ngx_queue_init(&introspector->asked);

        issuer[i]->introspector = introspector;
    }

    return NGX_OK;
}


void
ngx_oauth_introspector_done(ngx_array_t *issuers)
{
    ngx_uint_t                           i;
    ngx_queue_t                         *q;
    ngx_oauth_issuer_t                 **issuer;
    ngx_oauth_introspector_question_t   *question;

    issuer = issuers->elts;

    for (i = 0; i < issuers->nelts; i++) {

        if (issuer[i]->introspector == NULL) {
            continue;
        }

        while (!ngx_queue_empty(&issuer[i]->introspector->asked)) {
            q = ngx_queue_head(&issuer[i]->introspector->asked);
            question = ngx_queue_data(q, ngx_oauth_introspector_question_t,
                                      queue);
            ngx_queue_remove(q);
            ngx_oauth_introspector_free(question);
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


ngx_oauth_introspector_question_t *
ngx_oauth_introspector_ask(ngx_oauth_introspector_t *introspector,
    oauth_str_t text, oauth_token_t *verified, ngx_log_t *log)
{
    u_char                              key[OAUTH_SECRET_HASH];
    const char                         *why;
    ngx_oauth_introspector_question_t  *question;

    if (ngx_oauth_introspected_write_key(introspector->introspected,
                                         introspector->issuer, text, key)
        != NGX_OK)
    {
        return NULL;
    }

    question = ngx_oauth_introspector_find(introspector, key);

    if (question) {
        question->refs++;

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0,
                       "oauth: issuer \"%V\": another request has already asked "
                       "about this token", &introspector->issuer->name);
        return question;
    }

    question = ngx_oauth_introspector_create(introspector, text, verified);
    if (question == NULL) {
        return NULL;
    }

    ngx_memcpy(question->key, key, OAUTH_SECRET_HASH);

    if (ngx_oauth_introspector_recall(question)) {

        ngx_log_debug1(NGX_LOG_DEBUG_HTTP, log, 0,
                       "oauth: issuer \"%V\": it was asked about this token a "
                       "moment ago", &introspector->issuer->name);
        return question;
    }

    why = NULL;

    if (introspector->n == NGX_OAUTH_INTROSPECTOR_LIMIT) {
        why = "256 questions of this worker are under way, which is the limit";

    } else if (ngx_oauth_introspector_fetch(question, &why) == NGX_OK) {

        ngx_queue_insert_tail(&introspector->asked, &question->queue);
        introspector->n++;

        if (introspector->issuer->counted) {
            ngx_oauth_counters_add(&introspector->issuer->counted->asked, 1);
        }

        question->refs++;

        return question;
    }

    ngx_oauth_introspector_fail(introspector, why);
    ngx_oauth_introspector_free(question);

    return NULL;
}


static ngx_oauth_introspector_question_t *
ngx_oauth_introspector_find(ngx_oauth_introspector_t *introspector,
    const u_char *key)
{
    ngx_queue_t                        *q;
    ngx_oauth_introspector_question_t  *question;

    for (q = ngx_queue_head(&introspector->asked);
         q != ngx_queue_sentinel(&introspector->asked);
         q = ngx_queue_next(q))
    {
        question = ngx_queue_data(q, ngx_oauth_introspector_question_t, queue);

        if (ngx_memcmp(question->key, key, OAUTH_SECRET_HASH) == 0) {
            return question;
        }
    }

    return NULL;
}


static ngx_oauth_introspector_question_t *
ngx_oauth_introspector_create(ngx_oauth_introspector_t *introspector,
    oauth_str_t text, oauth_token_t *verified)
{
    ngx_oauth_introspector_question_t  *question;

    question = ngx_calloc(sizeof(ngx_oauth_introspector_question_t),
                          introspector->log);
    if (question == NULL) {
        return NULL;
    }

    question->introspector = introspector;
    question->refs = 1;
    question->result.reason = OAUTH_INTROSPECTION_UNAVAILABLE;

    ngx_oauth_wait_queue_create(&question->waits, introspector->log);
    ngx_oauth_watch_timer(&question->event, ngx_oauth_introspector_event,
                          introspector->log);

    oauth_buf_append_str(&question->text, text);

    if (verified) {
        question->verified = oauth_token_acquire(verified);
    }

    if (question->text.failed) {
        ngx_oauth_introspector_free(question);
        return NULL;
    }

    return question;
}


/* Returns 1 if the zone has the result. */

static ngx_uint_t
ngx_oauth_introspector_recall(ngx_oauth_introspector_question_t *question)
{
    oauth_str_t                        body;
    const char                        *why;
    ngx_oauth_introspected_content_t   content;

    if (ngx_oauth_introspected_lookup(question->introspector->introspected,
                                      question->key, &content)
        != NGX_OK)
    {
        return 0;
    }

    body.data = content.body;
    body.len = content.len;

    ngx_oauth_introspector_verify(question, content.kind, body,
                                  content.received, &why);

    question->result.done = 1;
    question->result.expires = content.expires;

    oauth_secret_wipe(content.body, content.len);

    return question->result.reason != OAUTH_INTROSPECTION_UNAVAILABLE;
}


static ngx_int_t
ngx_oauth_introspector_fetch(ngx_oauth_introspector_question_t *question,
    const char **why)
{
    oauth_buf_t                      url, form, authorization;
    ngx_keyval_t                     fields[2];
    const ngx_oauth_issuer_t        *issuer;
    ngx_oauth_fetch_request_t        request;

    issuer = question->introspector->issuer;

    ngx_memzero(&url, sizeof(oauth_buf_t));
    ngx_memzero(&form, sizeof(oauth_buf_t));
    ngx_memzero(&authorization, sizeof(oauth_buf_t));
    ngx_memzero(&request, sizeof(ngx_oauth_fetch_request_t));

    *why = ngx_oauth_introspector_append_url(question->introspector, &url);

    if (*why) {
        goto done;
    }

    *why = "memory is short";

    if (oauth_client_append_form(&issuer->client,
                                 oauth_buf_str(&question->text),
                                 ngx_oauth_str(&issuer->issuer), ngx_time(),
                                 &form)
        != OAUTH_DONE)
    {
        goto done;
    }

    oauth_client_append_authorization(&issuer->client, &authorization);

    if (url.failed || authorization.failed) {
        goto done;
    }

    ngx_str_set(&fields[0].key, "Accept");
    ngx_str_set(&fields[0].value, "application/json");
    ngx_str_set(&fields[1].key, "Authorization");
    fields[1].value.data = authorization.data;
    fields[1].value.len = authorization.len;

    ngx_str_set(&request.method, "POST");
    request.url.data = url.data;
    request.url.len = url.len;
    request.fields = fields;
    request.nfields = authorization.len ? 2 : 1;
    request.body.data = form.data;
    request.body.len = form.len;
    request.proxy = issuer->proxy;
    request.certificates = issuer->certificates;
    request.timeout = issuer->timeout;
    request.limit = OAUTH_INTROSPECTION_SIZE;

    question->started = ngx_current_msec;
    question->fetch = ngx_oauth_fetch_start(&request,
                                     ngx_oauth_introspector_fetched, question);

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, question->introspector->log, 0,
                   "oauth: issuer \"%V\": asks about a token at %*s",
                   &issuer->name, url.len, url.data);

done:

    oauth_buf_free(&url);
    oauth_secret_free(&form);
    oauth_secret_free(&authorization);

    return question->fetch ? NGX_OK : NGX_ERROR;
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
    ngx_oauth_introspector_question_t  *question;

    question = fetch->data;

    ngx_oauth_introspector_read(question, &fetch->response);

    ngx_oauth_fetch_done(question->fetch);
    question->fetch = NULL;

    ngx_log_debug3(NGX_LOG_DEBUG_HTTP, question->introspector->log, 0,
                   "oauth: issuer \"%V\": has answered about a token after %M "
                   "ms: %s", &question->introspector->issuer->name,
                   ngx_current_msec - question->started,
                   oauth_reason_info(question->result.reason)->code);

    ngx_oauth_introspector_count(question);
    ngx_oauth_introspector_end(question);
}


static void
ngx_oauth_introspector_count(const ngx_oauth_introspector_question_t *question)
{
    ngx_oauth_counters_issuer_t  *counted;

    counted = question->introspector->issuer->counted;

    if (counted == NULL) {
        return;
    }

    ngx_oauth_counters_add(question->result.token ? &counted->active
                           : question->result.reason
                             == OAUTH_INTROSPECTION_UNAVAILABLE
                             ? &counted->unanswered : &counted->inactive, 1);
    ngx_oauth_counters_add(&counted->asking,
                           ngx_current_msec - question->started);
}


static void
ngx_oauth_introspector_read(ngx_oauth_introspector_question_t *question,
    const ngx_oauth_fetch_response_t *response)
{
    oauth_str_t                      body;
    const char                      *why;
    ngx_oauth_introspected_kind_t    kind;

    body = oauth_buf_str(&response->body);

    if (response->rc != NGX_OK) {

        if (response->status >= 400 && response->status < 500
            && oauth_introspection_is_unsupported(body))
        {
            question->result.reason = OAUTH_INACTIVE;
            ngx_oauth_introspector_keep(question,
                                        NGX_OAUTH_INTROSPECTED_INACTIVE,
                                        oauth_str(""));
            return;
        }

        ngx_oauth_introspector_fail(question->introspector,
                                    (const char *) response->error);
        return;
    }

    if (ngx_oauth_introspector_is_type(&response->type, "application/json")) {
        kind = NGX_OAUTH_INTROSPECTED_PLAIN;

    } else if (ngx_oauth_introspector_is_type(&response->type,
                                       "application/token-introspection+jwt"))
    {
        kind = NGX_OAUTH_INTROSPECTED_SIGNED;

    } else {
        ngx_oauth_introspector_fail(question->introspector,
                                    "its answer is not of the type "
                                    "application/json");
        return;
    }

    ngx_oauth_introspector_verify(question, kind, body, ngx_time(), &why);

    if (question->result.reason == OAUTH_INTROSPECTION_UNAVAILABLE) {
        ngx_oauth_introspector_fail(question->introspector, why);
        return;
    }

    if (why) {
        ngx_oauth_introspector_refused(question, why);
    }

    ngx_oauth_introspector_keep(question,
                                question->result.reason == OAUTH_INACTIVE
                                ? NGX_OAUTH_INTROSPECTED_INACTIVE : kind,
                                body);
}


/* Compares a media type without its parameters, in any case of its letters. */

static ngx_uint_t
ngx_oauth_introspector_is_type(const ngx_str_t *type, const char *name)
{
    size_t  len;

    len = ngx_strlen(name);

    return type->len >= len
           && ngx_strncasecmp(type->data, (u_char *) name, len) == 0
           && (type->len == len
               || type->data[len] == ';' || type->data[len] == ' ');
}


/* *why: NULL, or what is wrong with the response. */

static void
ngx_oauth_introspector_verify(ngx_oauth_introspector_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body, time_t received,
    const char **why)
{
    const oauth_jwks_t               *keys;
    oauth_introspection_t             introspection;
    const ngx_oauth_issuer_t         *issuer;
    ngx_oauth_introspector_result_t  *result;

    *why = NULL;
    result = &question->result;
    issuer = question->introspector->issuer;

    if (kind == NGX_OAUTH_INTROSPECTED_INACTIVE) {
        result->reason = OAUTH_INACTIVE;
        return;
    }

    introspection.text = oauth_buf_str(&question->text);
    introspection.rules = &issuer->rules;
    introspection.lifetime = ngx_max(issuer->introspection_cache, 1);
    introspection.verified = question->verified;

    if (kind == NGX_OAUTH_INTROSPECTED_PLAIN) {
        result->reason = oauth_introspection_verify(&introspection, body,
                                                    ngx_time(),
                                                    &result->token, why);
        return;
    }

    keys = ngx_oauth_provider_keys(issuer->provider);

    if (keys == NULL) {
        *why = "its answer is signed, and its keys are not there";
        result->reason = OAUTH_INTROSPECTION_UNAVAILABLE;
        return;
    }

    result->reason = oauth_introspection_verify_signed(&introspection, body,
                                                       keys,
                                                       issuer->client.id,
                                                       received,
                                                       &result->token, why);

    if (result->token && !oauth_token_is_current(result->token, ngx_time())) {
        oauth_token_free(result->token);
        result->token = NULL;
        result->reason = OAUTH_EXPIRED;
    }
}


/* Keeps the response for this and for the other workers. */

static void
ngx_oauth_introspector_keep(ngx_oauth_introspector_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body)
{
    ngx_msec_t                         time;
    ngx_oauth_introspected_content_t   content;

    time = (ngx_msec_t) question->introspector->issuer->introspection_cache
           * 1000;

    if (kind == NGX_OAUTH_INTROSPECTED_INACTIVE) {
        body.len = 0;
        time = NGX_OAUTH_INTROSPECTOR_INACTIVE;
    }

    question->result.expires = ngx_current_msec + time;

    if (time == 0 || body.len > NGX_OAUTH_INTROSPECTED_BODY) {
        return;
    }

    content.kind = kind;
    content.expires = question->result.expires;
    content.received = ngx_time();
    content.len = body.len;

    if (body.len) {
        ngx_memcpy(content.body, body.data, body.len);
    }

    ngx_oauth_introspected_store(question->introspector->introspected,
                                 question->key, &content);

    oauth_secret_wipe(content.body, content.len);
}


/*
 * No answer came, or none that can be used.  A server that fails can cause many
 * such lines: one a minute is logged at the level that is visible by default.
 */

static void
ngx_oauth_introspector_fail(const ngx_oauth_introspector_t *introspector,
    const char *why)
{
    uint64_t          notice;
    ngx_uint_t        level;
    const ngx_str_t  *name;

    name = &introspector->issuer->name;

    notice = (uint64_t) ngx_crc32_long(name->data, name->len) << 32
             | NGX_OAUTH_INTROSPECTOR_NOTICE;
    level = ngx_oauth_notice_level(introspector->issuer->notices, notice,
                                   introspector->log);

    if (level != NGX_LOG_ERR) {
        level = NGX_LOG_WARN;
    }

    ngx_log_error(level, introspector->log, 0,
                  "oauth: issuer \"%V\": cannot introspect a token, and answers "
                  "503: %s%s", name, why, ngx_oauth_notice_hint(level));

    if (introspector->issuer->counters) {
        ngx_oauth_counters_store_error(introspector->issuer->counters,
                                       introspector->issuer->counted,
                                       (const u_char *) why, ngx_strlen(why));
    }
}


/* The server has answered, but what it says does not make a token. */

static void
ngx_oauth_introspector_refused(
    const ngx_oauth_introspector_question_t *question, const char *why)
{
    ngx_log_error(NGX_LOG_INFO, question->introspector->log, 0,
                  "oauth: issuer \"%V\": the answer about a token makes it %s: "
                  "%s", &question->introspector->issuer->name,
                  oauth_reason_info(question->result.reason)->code, why);
}


const ngx_oauth_introspector_result_t *
ngx_oauth_introspector_result(
    const ngx_oauth_introspector_question_t *question)
{
    return &question->result;
}


ngx_int_t
ngx_oauth_introspector_wait(ngx_oauth_introspector_question_t *question,
    ngx_oauth_wait_t *wait)
{
    if (question->result.done || ngx_oauth_wait_left(wait) == 0) {
        return NGX_DECLINED;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wait->log, 0,
                   "oauth: issuer \"%V\": the request waits for an answer about "
                   "its token, %M ms at most",
                   &question->introspector->issuer->name,
                   ngx_oauth_wait_left(wait));

    ngx_oauth_wait_start(&question->waits, wait);

    if (question->introspector->issuer->counted) {
        ngx_oauth_counters_add(
                    &question->introspector->issuer->counted->asking_waits, 1);
    }

    return NGX_AGAIN;
}


/* The question is over: those who wait read its result. */

static void
ngx_oauth_introspector_end(ngx_oauth_introspector_question_t *question)
{
    question->result.done = 1;

    ngx_queue_remove(&question->queue);
    question->introspector->n--;

    ngx_oauth_wait_queue_wake(&question->waits);

    ngx_oauth_introspector_release(question);
}


void
ngx_oauth_introspector_release(ngx_oauth_introspector_question_t *question)
{
    if (question && --question->refs == 0) {
        ngx_post_event(&question->event, &ngx_posted_events);
    }
}


static void
ngx_oauth_introspector_event(ngx_event_t *ev)
{
    ngx_oauth_introspector_free(ngx_oauth_container(ev,
                                            ngx_oauth_introspector_question_t,
                                            event));
}


static void
ngx_oauth_introspector_free(ngx_oauth_introspector_question_t *question)
{
    if (question->fetch) {
        ngx_oauth_fetch_done(question->fetch);
    }

    if (question->event.posted) {
        ngx_delete_posted_event(&question->event);
    }

    ngx_oauth_wait_queue_free(&question->waits);

    oauth_token_free(question->result.token);
    oauth_token_free(question->verified);
    oauth_secret_free(&question->text);

    ngx_free(question);
}
