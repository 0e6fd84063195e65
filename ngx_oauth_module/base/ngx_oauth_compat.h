
/*
 * What nginx's headers lack, or have in some versions only.  No version needs
 * a case of its own so far: header elements are zeroed whole when they are
 * made, which since 1.23.0 ends their chain ("next").
 */


#ifndef NGX_OAUTH_COMPAT_H_INCLUDED
#define NGX_OAUTH_COMPAT_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


/* The structure that an event, or another member, is part of. */

#define ngx_oauth_container(ptr, type, member)                                \
    (type *) ((u_char *) (ptr) - offsetof(type, member))


/* 1 when the monotonic time a has come: a <= now, over the wrap as well. */

#define ngx_oauth_msec_passed(a, now)                                         \
    ((ngx_msec_int_t) ((now) - (a)) >= 0)


#endif /* NGX_OAUTH_COMPAT_H_INCLUDED */
