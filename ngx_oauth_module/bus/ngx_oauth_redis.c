
/*
 * One connection to the server of the bus.  Its state is in a link, which is
 * allocated with ngx_oauth_redis_start.  Whatever may call a handler of the
 * caller is called by the event loop: errors and "ready" by a posted event,
 * replies when there is something to read.  So no handler runs while its owner
 * is in a call to this file.  If a handler of a reply ends the connection, the
 * link is freed when the loop over the replies has noticed.
 */


#include "ngx_oauth_event.h"
#include "ngx_oauth_redis.h"
#include "ngx_oauth_redis_error.h"
#include "ngx_oauth_redis_login.h"
#include "ngx_oauth_redis_output.h"
#include "ngx_oauth_redis_peer.h"
#include "ngx_oauth_redis_reader.h"
#include "ngx_oauth_watch.h"


#define NGX_OAUTH_REDIS_BUFFER  16384   /* bytes that are read at once        */
#define NGX_OAUTH_REDIS_READS   16      /* in one round of the event loop     */


typedef enum {
    NGX_OAUTH_REDIS_CONNECTING = 0,
    NGX_OAUTH_REDIS_LOGGING_IN,
    NGX_OAUTH_REDIS_LOGGED_IN,          /* "ready" is about to be called      */
    NGX_OAUTH_REDIS_READY,
    NGX_OAUTH_REDIS_FAILED              /* "closed" is about to be called     */
} ngx_oauth_redis_state_t;

typedef struct {
    ngx_oauth_redis_reply_pt    handler;
    void                       *data;
    ngx_msec_t                  time;
} ngx_oauth_redis_command_t;

struct ngx_oauth_redis_link_s {
    ngx_oauth_redis_t          *redis;          /* NULL: it is done           */
    ngx_oauth_redis_state_t     state;
    ngx_oauth_redis_peer_t      peer;
    ngx_oauth_redis_login_t     login;
    ngx_oauth_redis_reader_t    reader;
    ngx_oauth_redis_output_t    output;
    ngx_event_t                 event;          /* posted                     */
    ngx_event_t                 timer;
    ngx_log_t                   log;            /* of the connection          */

    unsigned                    reading:1;      /* its memory is in use       */
    unsigned                    lost:1;         /* nothing can be sent        */

    ngx_uint_t                  oldest;         /* of the commands, a ring    */
    ngx_uint_t                  ncommands;
    ngx_oauth_redis_command_t   commands[NGX_OAUTH_REDIS_COMMANDS];
};


static void ngx_oauth_redis_quiet(ngx_log_t *log);
static void ngx_oauth_redis_connected(ngx_oauth_redis_peer_t *peer,
    ngx_int_t rc);
static void ngx_oauth_redis_logged_in(ngx_oauth_redis_t *redis, ngx_int_t rc);
static ngx_int_t ngx_oauth_redis_add(ngx_oauth_redis_t *redis,
    ngx_uint_t argc, const ngx_str_t *argv, ngx_msec_t time,
    ngx_oauth_redis_reply_pt handler, void *data);
static void ngx_oauth_redis_posted(ngx_event_t *ev);
static void ngx_oauth_redis_flush(ngx_oauth_redis_link_t *link);
static void ngx_oauth_redis_write(ngx_event_t *ev);
static void ngx_oauth_redis_read(ngx_event_t *ev);
static ngx_uint_t ngx_oauth_redis_receive(ngx_oauth_redis_link_t *link);
static ngx_uint_t ngx_oauth_redis_replies(ngx_oauth_redis_link_t *link);
static void ngx_oauth_redis_reply(ngx_oauth_redis_link_t *link,
    const redisReply *reply);
static void ngx_oauth_redis_deadline(ngx_oauth_redis_link_t *link);
static void ngx_oauth_redis_late(ngx_event_t *ev);
static ngx_uint_t ngx_oauth_redis_over(ngx_oauth_redis_link_t *link);
static void ngx_oauth_redis_fail(ngx_oauth_redis_link_t *link);
static void ngx_oauth_redis_free(ngx_oauth_redis_link_t *link);


ngx_int_t
ngx_oauth_redis_start(ngx_oauth_redis_t *redis)
{
    ngx_oauth_redis_link_t  *link;

    redis->error_len = 0;

    link = ngx_calloc(sizeof(ngx_oauth_redis_link_t), redis->log);

    if (link == NULL
        || ngx_oauth_redis_reader_create(&link->reader) != NGX_OK)
    {
        if (link) {
            ngx_free(link);
        }

        ngx_oauth_redis_error(redis, "nginx has no memory");
        return NGX_ERROR;
    }

    link->redis = redis;
    link->log = *redis->log;
    ngx_oauth_redis_quiet(&link->log);

    ngx_oauth_watch_timer(&link->event, ngx_oauth_redis_posted, &link->log);
    ngx_oauth_watch_timer(&link->timer, ngx_oauth_redis_late, &link->log);

    link->timer.cancelable = 1;
    ngx_add_timer(&link->timer, NGX_OAUTH_REDIS_TIME);

    redis->link = link;

    link->peer.redis = redis;
    link->peer.log = &link->log;
    link->peer.handler = ngx_oauth_redis_connected;

    link->login.redis = redis;
    link->login.send = ngx_oauth_redis_add;
    link->login.handler = ngx_oauth_redis_logged_in;

    ngx_oauth_redis_peer_start(&link->peer);

    return NGX_OK;
}


/*
 * A server that cannot be reached is not a fault of nginx, which would write
 * lines at the levels error and crit, each time.
 */

static void
ngx_oauth_redis_quiet(ngx_log_t *log)
{
    if (!(log->log_level & NGX_LOG_DEBUG_ALL)
        && log->log_level > NGX_LOG_ALERT)
    {
        log->log_level = NGX_LOG_ALERT;
    }
}


static void
ngx_oauth_redis_connected(ngx_oauth_redis_peer_t *peer, ngx_int_t rc)
{
    ngx_connection_t        *c;
    ngx_oauth_redis_link_t  *link;

    link = ngx_oauth_container(peer, ngx_oauth_redis_link_t, peer);

    if (rc != NGX_OK) {
        ngx_oauth_redis_fail(link);
        return;
    }

    c = peer->connection;

    c->data = link;
    c->read->handler = ngx_oauth_redis_read;
    c->write->handler = ngx_oauth_redis_write;

    link->state = NGX_OAUTH_REDIS_LOGGING_IN;
    peer->step = "to log in";

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_next_events);
    }

    ngx_oauth_redis_login(&link->login);
}


static void
ngx_oauth_redis_logged_in(ngx_oauth_redis_t *redis, ngx_int_t rc)
{
    ngx_oauth_redis_link_t  *link;

    link = redis->link;

    if (rc != NGX_OK) {
        ngx_oauth_redis_fail(link);
        return;
    }

    link->state = NGX_OAUTH_REDIS_LOGGED_IN;
    ngx_post_event(&link->event, &ngx_posted_next_events);
}


ngx_int_t
ngx_oauth_redis_send(ngx_oauth_redis_t *redis, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_msec_t time, ngx_oauth_redis_reply_pt handler,
    void *data)
{
    if (redis->link == NULL || redis->link->state != NGX_OAUTH_REDIS_READY) {
        return NGX_ERROR;
    }

    return ngx_oauth_redis_add(redis, argc, argv, time, handler, data);
}


static ngx_int_t
ngx_oauth_redis_add(ngx_oauth_redis_t *redis, ngx_uint_t argc,
    const ngx_str_t *argv, ngx_msec_t time, ngx_oauth_redis_reply_pt handler,
    void *data)
{
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_oauth_redis_link_t     *link;
    ngx_oauth_redis_command_t  *command;

    link = redis->link;

    if (link->ncommands == NGX_OAUTH_REDIS_COMMANDS) {
        return NGX_BUSY;
    }

    rc = ngx_oauth_redis_output_add(&link->output, argc, argv, &link->log);
    if (rc != NGX_OK) {
        return rc;
    }

    i = (link->oldest + link->ncommands++) % NGX_OAUTH_REDIS_COMMANDS;
    command = &link->commands[i];

    command->handler = handler;
    command->data = data;
    command->time = time ? time : NGX_OAUTH_REDIS_TIME;

    if (link->ncommands == 1) {
        ngx_oauth_redis_deadline(link);
    }

    ngx_post_event(&link->event, &ngx_posted_next_events);

    return NGX_OK;
}


static void
ngx_oauth_redis_posted(ngx_event_t *ev)
{
    ngx_oauth_redis_t       *redis;
    ngx_oauth_redis_link_t  *link;

    link = ngx_oauth_container(ev, ngx_oauth_redis_link_t, event);
    redis = link->redis;

    if (link->state == NGX_OAUTH_REDIS_FAILED) {
        redis->link = NULL;
        ngx_oauth_redis_free(link);
        redis->closed(redis);
        return;
    }

    if (link->state == NGX_OAUTH_REDIS_LOGGED_IN) {
        link->state = NGX_OAUTH_REDIS_READY;
        ngx_oauth_redis_deadline(link);
        redis->ready(redis);
        return;
    }

    ngx_oauth_redis_flush(link);
}


/* If the server has said something before it closed, that is the error. */

static void
ngx_oauth_redis_flush(ngx_oauth_redis_link_t *link)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = link->peer.connection;

    if (c == NULL || link->lost) {
        return;
    }

    rc = ngx_oauth_redis_output_send(&link->output, c);

    if (rc == NGX_ERROR || ngx_handle_write_event(c->write, 0) != NGX_OK) {
        link->lost = 1;
        ngx_post_event(c->read, &ngx_posted_next_events);
    }
}


static void
ngx_oauth_redis_write(ngx_event_t *ev)
{
    ngx_connection_t        *c;
    ngx_oauth_redis_link_t  *link;

    c = ev->data;
    link = c->data;

    if (link->state != NGX_OAUTH_REDIS_FAILED) {
        ngx_oauth_redis_flush(link);
    }
}


static void
ngx_oauth_redis_read(ngx_event_t *ev)
{
    ngx_uint_t               n;
    ngx_connection_t        *c;
    ngx_oauth_redis_link_t  *link;

    c = ev->data;
    link = c->data;

    if (ngx_oauth_redis_over(link)) {
        return;
    }

    link->reading = 1;
    n = ngx_oauth_redis_receive(link);
    link->reading = 0;

    if (link->redis == NULL) {
        ngx_free(link);
        return;
    }

    if (n && !ngx_oauth_redis_over(link)) {
        ngx_oauth_redis_deadline(link);
    }
}


/* Returns how many replies there were. */

static ngx_uint_t
ngx_oauth_redis_receive(ngx_oauth_redis_link_t *link)
{
    u_char             buf[NGX_OAUTH_REDIS_BUFFER];
    ssize_t            n;
    ngx_uint_t         i, replies;
    ngx_connection_t  *c;

    c = link->peer.connection;
    replies = 0;

    for (i = 0; i < NGX_OAUTH_REDIS_READS; i++) {

        n = c->recv(c, buf, NGX_OAUTH_REDIS_BUFFER);

        if (n == NGX_AGAIN && !link->lost
            && ngx_handle_read_event(c->read, 0) == NGX_OK)
        {
            return replies;
        }

        if (n <= 0) {
            ngx_oauth_redis_error(link->redis, n == 0
                                  ? "the server closed the connection"
                                  : "the connection was lost");
            ngx_oauth_redis_fail(link);
            return replies;
        }

        if (ngx_oauth_redis_reader_feed(&link->reader, buf, n) != NGX_OK) {
            ngx_oauth_redis_error(link->redis, "nginx has no memory");
            ngx_oauth_redis_fail(link);
            return replies;
        }

        replies += ngx_oauth_redis_replies(link);

        if (ngx_oauth_redis_over(link)) {
            return replies;
        }
    }

    ngx_post_event(c->read, &ngx_posted_next_events);

    return replies;
}


static ngx_uint_t
ngx_oauth_redis_replies(ngx_oauth_redis_link_t *link)
{
    ngx_int_t    rc;
    ngx_uint_t   n;
    const char  *error;
    redisReply  *reply;

    for (n = 0; /* void */ ; n++) {

        rc = ngx_oauth_redis_reader_next(&link->reader, &reply);

        if (rc == NGX_AGAIN) {
            return n;
        }

        if (rc != NGX_OK) {
            error = link->reader.error;
            ngx_oauth_redis_error(link->redis, "what the server sends cannot "
                                  "be read: %s", error);
            ngx_oauth_redis_fail(link);
            return n;
        }

        ngx_oauth_redis_reply(link, reply);
        freeReplyObject(reply);

        if (ngx_oauth_redis_over(link)) {
            return n + 1;
        }
    }
}


static void
ngx_oauth_redis_reply(ngx_oauth_redis_link_t *link, const redisReply *reply)
{
    ngx_oauth_redis_command_t  command;

    if (link->ncommands == 0) {

        if (reply->type == REDIS_REPLY_ERROR) {
            ngx_oauth_redis_error_said(link->redis, "the server says",
                                       reply->str, reply->len);

        } else {
            ngx_oauth_redis_error(link->redis, "the server sent a reply that "
                                  "nobody has asked for");
        }

        ngx_oauth_redis_fail(link);
        return;
    }

    command = link->commands[link->oldest];

    link->oldest = (link->oldest + 1) % NGX_OAUTH_REDIS_COMMANDS;
    link->ncommands--;

    command.handler(link->redis, reply, command.data);
}


/* One timer: for the login, or for the oldest command without a reply. */

static void
ngx_oauth_redis_deadline(ngx_oauth_redis_link_t *link)
{
    if (link->state != NGX_OAUTH_REDIS_READY) {
        return;
    }

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    if (link->ncommands) {
        ngx_add_timer(&link->timer, link->commands[link->oldest].time);
    }
}


static void
ngx_oauth_redis_late(ngx_event_t *ev)
{
    ngx_oauth_redis_link_t  *link;

    link = ngx_oauth_container(ev, ngx_oauth_redis_link_t, timer);

    if (ngx_oauth_redis_over(link)) {
        return;
    }

    if (link->state == NGX_OAUTH_REDIS_READY) {
        ngx_oauth_redis_error(link->redis, "the server has not answered for %M "
                              "ms", link->commands[link->oldest].time);

    } else {
        ngx_oauth_redis_error(link->redis, "%d ms were not enough %s",
                              NGX_OAUTH_REDIS_TIME, link->peer.step);
    }

    ngx_oauth_redis_fail(link);
}


/* Nothing that belongs to the link may be used, or no handler may be called. */

static ngx_uint_t
ngx_oauth_redis_over(ngx_oauth_redis_link_t *link)
{
    return link->redis == NULL || link->state == NGX_OAUTH_REDIS_FAILED;
}


static void
ngx_oauth_redis_fail(ngx_oauth_redis_link_t *link)
{
    link->state = NGX_OAUTH_REDIS_FAILED;
    ngx_post_event(&link->event, &ngx_posted_next_events);
}


void
ngx_oauth_redis_done(ngx_oauth_redis_t *redis)
{
    ngx_oauth_redis_link_t  *link;

    link = redis->link;

    if (link) {
        redis->link = NULL;
        ngx_oauth_redis_free(link);
    }
}


static void
ngx_oauth_redis_free(ngx_oauth_redis_link_t *link)
{
    ngx_oauth_redis_peer_done(&link->peer);
    ngx_oauth_redis_reader_free(&link->reader);
    ngx_oauth_redis_output_free(&link->output);

    if (link->timer.timer_set) {
        ngx_del_timer(&link->timer);
    }

    if (link->event.posted) {
        ngx_delete_posted_event(&link->event);
    }

    link->redis = NULL;

    if (!link->reading) {
        ngx_free(link);
    }
}
