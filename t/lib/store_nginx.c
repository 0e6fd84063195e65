/*
 * What the files of a store want of nginx.  Timers never fire, and there is one
 * task for threads, which store_fixture.c runs.  The formatter knows those
 * formats of nginx that the store uses.
 */


#include "store_fixture.h"
#include "ngx_oauth_watch.h"


ngx_pid_t             ngx_pid;
ngx_uint_t            ngx_pagesize = 4096;
volatile ngx_msec_t   ngx_current_msec;
volatile ngx_time_t  *ngx_cached_time;
ngx_rbtree_t          ngx_event_timer_rbtree;
ngx_queue_t           ngx_posted_events;

ngx_thread_task_t    *store_task;
store_fixture_t      *store_current;


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    (void) pool;

    return malloc(size);
}


u_char *
ngx_vslprintf(u_char *p, u_char *last, const char *fmt, va_list args)
{
    int          n;
    size_t       len;
    char         text[32];
    ngx_str_t   *v;
    const char  *s;

    for ( ; *fmt && p < last; fmt++) {

        s = text;
        len = 1;

        if (*fmt != '%') {
            s = fmt;

        } else if (fmt[1] == 'V') {
            v = va_arg(args, ngx_str_t *);
            s = (char *) v->data;
            len = v->len;
            fmt += 1;

        } else if (fmt[1] == 's') {
            s = va_arg(args, char *);
            len = strlen(s);
            fmt += 1;

        } else if (fmt[1] == '*') {
            len = va_arg(args, size_t);
            s = va_arg(args, char *);
            fmt += 2;

        } else if (fmt[1] == 'Z') {
            text[0] = '\0';
            fmt += 1;

        } else {
            n = snprintf(text, sizeof(text), fmt[1] == '0' ? "%020llu" : "%llu",
                         (unsigned long long) va_arg(args, uint64_t));
            len = (size_t) n;
            fmt += (fmt[1] == '0') ? 5 : 2;
        }

        len = ngx_min(len, (size_t) (last - p));
        p = ngx_cpymem(p, s, len);
    }

    return p;
}


u_char *
ngx_sprintf(u_char *buf, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, (u_char *) -1, fmt, args);
    va_end(args);

    return p;
}


u_char *
ngx_slprintf(u_char *buf, u_char *last, const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    va_start(args, fmt);
    p = ngx_vslprintf(buf, last, fmt, args);
    va_end(args);

    return p;
}


void
ngx_log_error_core(ngx_uint_t level, ngx_log_t *log, ngx_err_t err,
    const char *fmt, ...)
{
    u_char   *p;
    va_list   args;

    (void) level;
    (void) log;
    (void) err;

    p = store_current->log + store_current->log_len;

    va_start(args, fmt);
    p = ngx_vslprintf(p, store_current->log + sizeof(store_current->log) - 1,
                      fmt, args);
    va_end(args);

    store_current->log_len = p - store_current->log;
}


u_char *
ngx_strerror(ngx_err_t err, u_char *errstr, size_t size)
{
    return ngx_slprintf(errstr, errstr + size, "%s", strerror(err));
}


u_char *
ngx_hex_dump(u_char *dst, u_char *src, size_t len)
{
    while (len--) {
        dst += sprintf((char *) dst, "%02x", *src++);
    }

    return dst;
}


ngx_int_t
ngx_hextoi(u_char *line, size_t n)
{
    char  text[3];

    (void) n;
    memcpy(text, line, 2);
    text[2] = '\0';

    return (ngx_int_t) strtol(text, NULL, 16);
}


off_t
ngx_atoof(u_char *line, size_t n)
{
    char  text[32];

    memcpy(text, line, n);
    text[n] = '\0';

    return (off_t) strtoull(text, NULL, 10);
}


void
ngx_rbtree_insert(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;
    (void) node;
}


void
ngx_rbtree_delete(ngx_rbtree_t *tree, ngx_rbtree_node_t *node)
{
    (void) tree;
    (void) node;
}


void
ngx_oauth_watch_timer(ngx_event_t *ev, ngx_event_handler_pt handler,
    ngx_log_t *log)
{
    static ngx_connection_t  connection;

    ngx_memzero(ev, sizeof(ngx_event_t));
    ev->handler = handler;
    ev->log = log;
    ev->data = &connection;
}


ngx_int_t
ngx_thread_task_post(ngx_thread_pool_t *tp, ngx_thread_task_t *task)
{
    (void) tp;
    store_task = task;

    return NGX_OK;
}
