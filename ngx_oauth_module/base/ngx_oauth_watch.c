
/*
 * A watch uses one of the worker's connections for the descriptor of another
 * library.  The events are level-triggered: if the library leaves bytes unread,
 * it is called again.  The release deletes the events and frees the connection,
 * and leaves the descriptor open.
 *
 * The watch belongs to whoever started it, the connection to nginx.
 */


#include "ngx_oauth_watch.h"


static ngx_int_t ngx_oauth_watch_acquire(ngx_oauth_watch_t *watch);
static ngx_int_t ngx_oauth_watch_set(ngx_event_t *ev, ngx_int_t event,
    ngx_uint_t wanted);
static void ngx_oauth_watch_unset(ngx_event_t *ev, ngx_int_t event,
    ngx_uint_t flags);
static void ngx_oauth_watch_handler(ngx_event_t *ev);


/* The data of all events of this worker that belong to no connection. */

static ngx_connection_t  ngx_oauth_watch_nobody;


ngx_oauth_watch_t *
ngx_oauth_watch_start(ngx_socket_t fd, ngx_oauth_watch_pt handler,
    ngx_log_t *log)
{
    ngx_oauth_watch_t  *watch;

    watch = ngx_calloc(sizeof(ngx_oauth_watch_t), log);
    if (watch == NULL) {
        return NULL;
    }

    watch->fd = fd;
    watch->handler = handler;
    watch->log = log;

    return watch;
}


ngx_int_t
ngx_oauth_watch_wait(ngx_oauth_watch_t *watch, ngx_uint_t events)
{
    ngx_connection_t  *c;

    if (events == 0) {
        ngx_oauth_watch_release(watch);
        return NGX_OK;
    }

    if (ngx_oauth_watch_acquire(watch) != NGX_OK) {
        return NGX_ERROR;
    }

    c = watch->connection;

    /* adds before it deletes, so that epoll keeps its entry and changes it */

    if (events & NGX_OAUTH_WATCH_READ) {
        if (ngx_oauth_watch_set(c->read, NGX_READ_EVENT, 1) != NGX_OK) {
            goto failed;
        }
    }

    if (ngx_oauth_watch_set(c->write, NGX_WRITE_EVENT,
                            events & NGX_OAUTH_WATCH_WRITE)
        != NGX_OK)
    {
        goto failed;
    }

    if (ngx_oauth_watch_set(c->read, NGX_READ_EVENT,
                            events & NGX_OAUTH_WATCH_READ)
        != NGX_OK)
    {
        goto failed;
    }

    return NGX_OK;

failed:

    ngx_oauth_watch_release(watch);

    return NGX_ERROR;
}


static ngx_int_t
ngx_oauth_watch_acquire(ngx_oauth_watch_t *watch)
{
    ngx_connection_t  *c;

    if (watch->connection) {
        return NGX_OK;
    }

    c = ngx_get_connection(watch->fd, watch->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = watch;

    c->read->handler = ngx_oauth_watch_handler;
    c->read->log = watch->log;
    c->write->handler = ngx_oauth_watch_handler;
    c->write->log = watch->log;

    watch->connection = c;

    return NGX_OK;
}


static ngx_int_t
ngx_oauth_watch_set(ngx_event_t *ev, ngx_int_t event, ngx_uint_t wanted)
{
    if (wanted && !ev->active) {
        return ngx_add_event(ev, event, NGX_LEVEL_EVENT);
    }

    if (!wanted && ev->active) {
        return ngx_del_event(ev, event, NGX_LEVEL_EVENT);
    }

    return NGX_OK;
}


void
ngx_oauth_watch_release(ngx_oauth_watch_t *watch)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = watch->connection;

    if (c == NULL) {
        return;
    }

    /* the kernel has forgotten a closed descriptor by itself */

    flags = (fcntl(watch->fd, F_GETFD) == -1) ? NGX_CLOSE_EVENT : 0;

    ngx_oauth_watch_unset(c->read, NGX_READ_EVENT, flags);
    ngx_oauth_watch_unset(c->write, NGX_WRITE_EVENT, flags);

    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    watch->connection = NULL;
}


static void
ngx_oauth_watch_unset(ngx_event_t *ev, ngx_int_t event, ngx_uint_t flags)
{
    if (ev->active) {
        (void) ngx_del_event(ev, event, flags);
    }

    if (ev->posted) {
        ngx_delete_posted_event(ev);
    }
}


void
ngx_oauth_watch_done(ngx_oauth_watch_t *watch)
{
    ngx_oauth_watch_release(watch);
    ngx_free(watch);
}


static void
ngx_oauth_watch_handler(ngx_event_t *ev)
{
    ngx_connection_t   *c;
    ngx_oauth_watch_t  *watch;

    c = ev->data;
    watch = c->data;

    watch->handler(watch->fd, ev->write ? NGX_OAUTH_WATCH_WRITE
                                        : NGX_OAUTH_WATCH_READ);
}


void
ngx_oauth_watch_timer(ngx_event_t *ev, ngx_event_handler_pt handler,
    ngx_log_t *log)
{
    ngx_oauth_watch_nobody.fd = (ngx_socket_t) -1;

    ngx_memzero(ev, sizeof(ngx_event_t));

    ev->handler = handler;
    ev->data = &ngx_oauth_watch_nobody;
    ev->log = log;
}
