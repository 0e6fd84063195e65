
/*
 * The one place that knows the differences between nginx versions.
 *
 * Since 1.23.0 headers of the same name are chained through "next" of
 * ngx_table_elt_t, and the header fields that may repeat are such chains;
 * before, the element has no "next" and these fields are arrays.
 */


#ifndef NGX_OAUTH_COMPAT_H_INCLUDED
#define NGX_OAUTH_COMPAT_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


#if (nginx_version >= 1023000)

#define NGX_OAUTH_HEADER_CHAINS    1

/* Ends the chain of a header that stands alone. */

#define ngx_oauth_header_end(h)    (h)->next = NULL

/* The next header of the same name, or NULL. */

#define ngx_oauth_header_next(h)   (h)->next

#else

#define NGX_OAUTH_HEADER_CHAINS    0

#define ngx_oauth_header_end(h)
#define ngx_oauth_header_next(h)   ((ngx_table_elt_t *) NULL)

#endif


/* The structure that an event, or another member, is part of. */

#define ngx_oauth_container(ptr, type, member)                                \
    (type *) ((u_char *) (ptr) - offsetof(type, member))


/* 1 when the monotonic time a has come: a <= now, over the wrap as well. */

#define ngx_oauth_msec_passed(a, now)                                         \
    ((ngx_msec_int_t) ((now) - (a)) >= 0)


#endif /* NGX_OAUTH_COMPAT_H_INCLUDED */
