
/*
 * Questions.  One has a reference of its own while it is under way, and one for
 * each request that waits for its end or reads its result.  It is freed from a
 * posted event: the last reference may be given back while the queue of those
 * who wait is being woken.
 */


#include "ngx_oauth_compat.h"
#include "ngx_oauth_question.h"
#include "ngx_oauth_watch.h"


static void ngx_oauth_question_event(ngx_event_t *ev);


ngx_oauth_question_t *
ngx_oauth_question_create(const ngx_oauth_issuer_t *issuer, oauth_str_t text,
    oauth_token_t *verified, ngx_log_t *log)
{
    ngx_oauth_question_t  *question;

    question = ngx_calloc(sizeof(ngx_oauth_question_t),
                          log);
    if (question == NULL) {
        return NULL;
    }

    question->issuer = issuer;
    question->refs = 1;
    question->reason = OAUTH_INTROSPECTION_UNAVAILABLE;

    ngx_oauth_wait_queue_create(&question->waits, log);
    ngx_oauth_watch_timer(&question->event, ngx_oauth_question_event,
                          log);

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


ngx_int_t
ngx_oauth_question_wait(ngx_oauth_question_t *question,
    ngx_oauth_wait_t *wait)
{
    if (question->done || ngx_oauth_wait_left(wait) == 0) {
        return NGX_DECLINED;
    }

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, wait->log, 0,
                   "oauth: issuer \"%V\": the request waits for an answer "
                   "about its token, %M ms at most",
                   &question->issuer->name,
                   ngx_oauth_wait_left(wait));

    ngx_oauth_wait_start(&question->waits, wait);

    if (question->issuer->counted) {
        ngx_oauth_counters_add(
                    &question->issuer->counted->asking_waits, 1);
    }

    return NGX_AGAIN;
}


void
ngx_oauth_question_done(ngx_oauth_question_t *question)
{
    question->done = 1;

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
    ngx_oauth_question_free(ngx_oauth_container(ev,
                                            ngx_oauth_question_t,
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
