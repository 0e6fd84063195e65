
/*
 * Questions, and how a response becomes their result.  A question has a
 * reference of its own while it is under way, and one for each request that
 * waits for its end or reads its result.  It is freed from a posted event: the
 * last reference may be given back while the queue of those who wait is being
 * woken.
 */


#include "ngx_oauth_event.h"
#include "ngx_oauth_provider.h"
#include "ngx_oauth_question.h"
#include "ngx_oauth_str.h"
#include "ngx_oauth_watch.h"
#include "oauth_introspection.h"


#define NGX_OAUTH_QUESTION_INACTIVE  5000       /* ms                         */


static ngx_uint_t ngx_oauth_question_is_type(const ngx_str_t *type,
    const char *name);
static void ngx_oauth_question_verify(ngx_oauth_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body, time_t received,
    const char **why);
static void ngx_oauth_question_keep(ngx_oauth_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body);
static void ngx_oauth_question_event(ngx_event_t *ev);


ngx_oauth_question_t *
ngx_oauth_question_create(const ngx_oauth_issuer_t *issuer, oauth_str_t text,
    oauth_token_t *verified, ngx_log_t *log)
{
    ngx_oauth_question_t  *question;

    question = ngx_calloc(sizeof(ngx_oauth_question_t), log);
    if (question == NULL) {
        return NULL;
    }

    question->issuer = issuer;
    question->log = log;
    question->refs = 1;
    question->reason = OAUTH_INTROSPECTION_UNAVAILABLE;

    ngx_oauth_wait_queue_create(&question->waits, log);
    ngx_oauth_watch_timer(&question->event, ngx_oauth_question_event, log);

    oauth_buf_append_str(&question->text, text);

    if (verified) {
        question->verified = oauth_token_acquire(verified);
    }

    if (question->text.failed) {
        ngx_oauth_question_free(question);
        return NULL;
    }

    return question;
}


/*
 * introspection_cache may be shorter since a reload than when the answer was
 * kept.  Then an answer that makes a good token is believed for as long as the
 * new time has left; where nothing is left, the server is asked again.
 */

ngx_uint_t
ngx_oauth_question_recall(ngx_oauth_question_t *question)
{
    time_t                             left;
    oauth_str_t                        body;
    const char                        *why;
    ngx_oauth_introspected_content_t   content;

    if (ngx_oauth_introspected_lookup(question->introspected, question->key,
                                      &content)
        != NGX_OK)
    {
        return 0;
    }

    left = content.received + question->issuer->introspection_cache
           - ngx_time();

    if (content.kind == NGX_OAUTH_INTROSPECTED_INACTIVE || left > 0) {

        body.data = content.body;
        body.len = content.len;

        ngx_oauth_question_verify(question, content.kind, body,
                                  content.received, &why);

        question->has_result = (question->reason
                                != OAUTH_INTROSPECTION_UNAVAILABLE);
    }

    question->expires = content.expires;

    if (content.kind != NGX_OAUTH_INTROSPECTED_INACTIVE
        && (ngx_msec_int_t) (content.expires - ngx_current_msec)
           > left * 1000)
    {
        question->expires = ngx_current_msec + left * 1000;
    }

    oauth_secret_wipe(content.body, content.len);

    return question->has_result;
}


const char *
ngx_oauth_question_read(ngx_oauth_question_t *question,
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
            question->reason = OAUTH_INACTIVE;
            ngx_oauth_question_keep(question, NGX_OAUTH_INTROSPECTED_INACTIVE,
                                    oauth_str(""));
            return NULL;
        }

        return (const char *) response->error;
    }

    if (ngx_oauth_question_is_type(&response->type, "application/json")) {
        kind = NGX_OAUTH_INTROSPECTED_PLAIN;

    } else if (ngx_oauth_question_is_type(&response->type,
                                       "application/token-introspection+jwt"))
    {
        kind = NGX_OAUTH_INTROSPECTED_SIGNED;

    } else {
        return "its answer is not of the type application/json";
    }

    ngx_oauth_question_verify(question, kind, body, ngx_time(), &why);

    if (question->reason == OAUTH_INTROSPECTION_UNAVAILABLE) {
        return why;
    }

    if (why) {
        ngx_log_error(NGX_LOG_INFO, question->log, 0,
                      "oauth: issuer \"%V\" calls a token active, but its "
                      "answer is not accepted (%s): %s",
                      &question->issuer->name,
                      oauth_reason_info(question->reason)->code, why);
    }

    ngx_oauth_question_keep(question,
                            question->reason == OAUTH_INACTIVE
                            ? NGX_OAUTH_INTROSPECTED_INACTIVE : kind,
                            body);

    return NULL;
}


/* Compares a media type without its parameters, in any case of its letters. */

static ngx_uint_t
ngx_oauth_question_is_type(const ngx_str_t *type, const char *name)
{
    size_t  len;

    len = ngx_strlen(name);

    return type->len >= len
           && ngx_strncasecmp(type->data, (u_char *) name, len) == 0
           && (type->len == len
               || type->data[len] == ';' || type->data[len] == ' ');
}


/*
 * *why: NULL, or what is wrong with the response.  A signed answer is verified
 * as of the time when it came, because it may be a minute old by now and still
 * be kept; whether its token is valid is then looked at as of now.
 */

static void
ngx_oauth_question_verify(ngx_oauth_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body, time_t received,
    const char **why)
{
    const oauth_jwks_t        *keys;
    oauth_introspection_t      introspection;
    const ngx_oauth_issuer_t  *issuer;

    *why = NULL;
    issuer = question->issuer;

    if (kind == NGX_OAUTH_INTROSPECTED_INACTIVE) {
        question->reason = OAUTH_INACTIVE;
        return;
    }

    introspection.text = oauth_buf_str(&question->text);
    introspection.rules = &issuer->rules;
    introspection.lifetime = ngx_max(issuer->introspection_cache, 1);
    introspection.verified = question->verified;

    if (kind == NGX_OAUTH_INTROSPECTED_PLAIN) {
        question->reason = oauth_introspection_verify(&introspection, body,
                                                      ngx_time(),
                                                      &question->token, why);
        return;
    }

    keys = ngx_oauth_provider_keys(issuer->provider);

    if (keys == NULL) {
        *why = "its answer is signed, and nginx has no keys of this issuer";
        question->reason = OAUTH_INTROSPECTION_UNAVAILABLE;
        return;
    }

    question->reason = oauth_introspection_verify_signed(&introspection, body,
                                                         keys,
                                                         issuer->client.id,
                                                         received,
                                                         &question->token,
                                                         why);

    if (question->token
        && !oauth_token_is_current(question->token, ngx_time()))
    {
        oauth_token_free(question->token);
        question->token = NULL;
        question->reason = OAUTH_EXPIRED;
    }
}


/* Keeps the response for this and for the other workers. */

static void
ngx_oauth_question_keep(ngx_oauth_question_t *question,
    ngx_oauth_introspected_kind_t kind, oauth_str_t body)
{
    ngx_msec_t                         time;
    ngx_oauth_introspected_content_t   content;

    time = (ngx_msec_t) question->issuer->introspection_cache * 1000;

    if (kind == NGX_OAUTH_INTROSPECTED_INACTIVE) {
        body.len = 0;
        time = NGX_OAUTH_QUESTION_INACTIVE;
    }

    question->expires = ngx_current_msec + time;

    if (time == 0 || body.len > NGX_OAUTH_INTROSPECTED_BODY) {
        return;
    }

    content.kind = kind;
    content.expires = question->expires;
    content.received = ngx_time();
    content.len = body.len;

    if (body.len) {
        ngx_memcpy(content.body, body.data, body.len);
    }

    ngx_oauth_introspected_store(question->introspected,
                                 question->key, &content);

    oauth_secret_wipe(content.body, content.len);
}


ngx_int_t
ngx_oauth_question_wait(ngx_oauth_question_t *question,
    ngx_oauth_wait_t *wait)
{
    if (question->has_result || ngx_oauth_wait_left(wait) == 0) {
        return NGX_DECLINED;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wait->log, 0,
                   "oauth: issuer \"%V\": the request waits for an answer "
                   "about its token, %M ms at most",
                   &question->issuer->name, ngx_oauth_wait_left(wait));

    ngx_oauth_wait_start(&question->waits, wait);

    if (question->issuer->counted) {
        ngx_oauth_counters_add(&question->issuer->counted->asking_waits, 1);
    }

    return NGX_AGAIN;
}


void
ngx_oauth_question_complete(ngx_oauth_question_t *question)
{
    question->has_result = 1;

    ngx_oauth_wait_queue_wake(&question->waits);

    ngx_oauth_question_release(question);
}


void
ngx_oauth_question_release(ngx_oauth_question_t *question)
{
    if (question && --question->refs == 0) {
        ngx_post_event(&question->event, &ngx_posted_events);
    }
}


static void
ngx_oauth_question_event(ngx_event_t *ev)
{
    ngx_oauth_question_free(ngx_oauth_container(ev, ngx_oauth_question_t,
                                                event));
}


void
ngx_oauth_question_free(ngx_oauth_question_t *question)
{
    if (question->fetch) {
        ngx_oauth_fetch_done(question->fetch);
    }

    if (question->event.posted) {
        ngx_delete_posted_event(&question->event);
    }

    ngx_oauth_wait_queue_free(&question->waits);

    oauth_token_free(question->token);
    oauth_token_free(question->verified);
    oauth_secret_free(&question->text);

    ngx_free(question);
}
