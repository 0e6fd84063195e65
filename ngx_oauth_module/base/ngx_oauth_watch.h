
/*
 * A descriptor of another library on nginx's event loop, and timers that belong
 * to no connection.  The library owns the descriptor; this module never closes
 * it.
 */


#ifndef NGX_OAUTH_WATCH_H_INCLUDED
#define NGX_OAUTH_WATCH_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


#define NGX_OAUTH_WATCH_READ   1
#define NGX_OAUTH_WATCH_WRITE  2


typedef struct ngx_oauth_watch_s  ngx_oauth_watch_t;

/*
 * ready: NGX_OAUTH_WATCH_READ or _WRITE.  Called again and again for as long as
 * the descriptor is ready (level-triggered); may end its own watch.
 */

typedef void (*ngx_oauth_watch_pt)(ngx_socket_t fd, ngx_uint_t ready);

struct ngx_oauth_watch_s {
    ngx_queue_t          queue;         /* the caller's                       */
    ngx_socket_t         fd;
    ngx_connection_t    *connection;    /* NULL while it waits for nothing    */
    ngx_oauth_watch_pt   handler;
    ngx_log_t           *log;
};


/* NULL: no memory.  The watch does not wait for anything yet. */

ngx_oauth_watch_t *ngx_oauth_watch_start(ngx_socket_t fd,
    ngx_oauth_watch_pt handler, ngx_log_t *log);

/*
 * From now on the watch waits for these events; 0: for none.  NGX_ERROR: the
 * worker has no free connection, or nginx could not add the event; the watch
 * waits for nothing.
 */

ngx_int_t ngx_oauth_watch_wait(ngx_oauth_watch_t *watch, ngx_uint_t events);

/* Stops watching the descriptor, which may be closed already. */

void ngx_oauth_watch_release(ngx_oauth_watch_t *watch);

/* Stops watching, and frees the watch. */

void ngx_oauth_watch_done(ngx_oauth_watch_t *watch);


/*
 * Prepares an event that is used as a timer or posted.  Its data looks like a
 * connection, because debug builds of nginx read it as one.  The handler finds
 * its own structure with ngx_oauth_container().
 */

void ngx_oauth_watch_timer(ngx_event_t *ev, ngx_event_handler_pt handler,
    ngx_log_t *log);


#endif /* NGX_OAUTH_WATCH_H_INCLUDED */
