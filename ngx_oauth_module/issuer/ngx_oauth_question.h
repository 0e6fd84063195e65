
/*
 * A question to an authorization server about the credentials of requests (RFC
 * 7662), and the requests that wait for its end.  ngx_oauth_introspector asks
 * it.  The credentials and the token are wiped with the last reference.
 */


#ifndef NGX_OAUTH_QUESTION_H_INCLUDED
#define NGX_OAUTH_QUESTION_H_INCLUDED


#include "ngx_oauth_fetch.h"
#include "ngx_oauth_introspected.h"
#include "ngx_oauth_wait.h"


typedef struct {
    oauth_buf_t                text;    /* the credentials                    */
    oauth_token_t             *verified;        /* that they are, if it was
                                                   verified before; or NULL   */
    ngx_oauth_introspected_t  *introspected;
    u_char                     key[OAUTH_SECRET_HASH];  /* its name in there  */
    ngx_log_t                 *log;     /* the cycle's                        */

    ngx_queue_t                queue;   /* the introspector's                 */
    const ngx_oauth_issuer_t  *issuer;  /* who is asked                       */
    ngx_oauth_fetch_t         *fetch;   /* NULL: not under way                */
    ngx_msec_t                 started;

    ngx_uint_t                 has_result;      /* it is this:                */
    oauth_reason_t             reason;
    oauth_token_t             *token;   /* the question's; NULL: see reason   */
    ngx_msec_t                 expires; /* value of ngx_current_msec until
                                           which this is believed             */

    ngx_uint_t                 refs;
    ngx_oauth_wait_queue_t     waits;
    ngx_event_t                event;   /* frees the question                 */
} ngx_oauth_question_t;


/* Returns a question with one reference; NULL: no memory. */

ngx_oauth_question_t *ngx_oauth_question_create(
    const ngx_oauth_issuer_t *issuer, oauth_str_t text,
    oauth_token_t *verified, ngx_log_t *log);

/*
 * Takes the result from what the zone has kept, if it has.  Returns 1: there is
 * a result; 0: the server has to be asked.
 */

ngx_uint_t ngx_oauth_question_recall(ngx_oauth_question_t *question);

/*
 * Makes the response the result, and keeps it for the other workers.  Returns
 * NULL; or a sentence that says why there is no answer in it, and the reason is
 * OAUTH_INTROSPECTION_UNAVAILABLE.  The sentence may be a part of the response,
 * so it is good only as long as the response is.
 */

const char *ngx_oauth_question_read(ngx_oauth_question_t *question,
    const ngx_oauth_fetch_response_t *response);

/*
 * The question has come to its end: wakes those who wait for it, and gives back
 * the reference that it had while it was under way.
 */

void ngx_oauth_question_complete(ngx_oauth_question_t *question);

/*
 * Starts a wait for the end of the question.  NGX_AGAIN: the request waits.
 * NGX_DECLINED: the question has a result, or the request has waited as long as
 * it may.
 */

ngx_int_t ngx_oauth_question_wait(ngx_oauth_question_t *question,
    ngx_oauth_wait_t *wait);

/* Gives one reference back.  NULL is allowed. */

void ngx_oauth_question_release(ngx_oauth_question_t *question);

/* Frees the question, whoever has a reference: its worker exits. */

void ngx_oauth_question_free(ngx_oauth_question_t *question);


#endif /* NGX_OAUTH_QUESTION_H_INCLUDED */
