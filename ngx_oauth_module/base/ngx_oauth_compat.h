
/*
 * What the headers of nginx do not have, or only those of some versions.  So
 * far no version needs a case of its own.  Since 1.23.0 a header element has a
 * member "next", which links fields of one name.  This module zeroes each
 * element that it creates, which ends the chain in those versions.  The copy of
 * an element keeps its "next", which points into the request's pool.
 */


#ifndef NGX_OAUTH_COMPAT_H_INCLUDED
#define NGX_OAUTH_COMPAT_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


/* The structure that has the event, or whatever ptr is, as its member. */

#define ngx_oauth_container(ptr, type, member)                                \
    (type *) ((u_char *) (ptr) - offsetof(type, member))


/* 1 if the monotonic time has come, in ms, even if the counter wraps. */

#define ngx_oauth_msec_passed(time)                                           \
    ((ngx_msec_int_t) (ngx_current_msec - (time)) >= 0)


#endif /* NGX_OAUTH_COMPAT_H_INCLUDED */
