
/*
 * Two things that the handlers of nginx's events and timers need, and that the
 * headers of nginx do not have: the structure around an event or another
 * member, and whether a time of nginx's clock has come.  Both are macros, which
 * own nothing.
 */


#ifndef NGX_OAUTH_EVENT_H_INCLUDED
#define NGX_OAUTH_EVENT_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


/* The structure that has the event, or whatever ptr is, as its member. */

#define ngx_oauth_container(ptr, type, member)                                \
    (type *) ((u_char *) (ptr) - offsetof(type, member))


/* 1 if the monotonic time has come, in ms, even if the counter wraps. */

#define ngx_oauth_msec_passed(time)                                           \
    ((ngx_msec_int_t) (ngx_current_msec - (time)) >= 0)


#endif /* NGX_OAUTH_EVENT_H_INCLUDED */
