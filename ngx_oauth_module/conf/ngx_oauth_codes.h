
/*
 * The compiled rules of nginx's rewrite module, for one level of the
 * configuration.  The rewrite module keeps its configuration to itself: its
 * first member is the array of codes.  Each code begins with the function that
 * runs it, is laid out as ngx_http_script.h says, and is aligned as pointers
 * are.  The codes of "if" blocks stand in the array of the location around
 * them.
 */


#ifndef NGX_OAUTH_CODES_H_INCLUDED
#define NGX_OAUTH_CODES_H_INCLUDED


#include "ngx_oauth_conf.h"


/* Where a walk through the codes stands. */

typedef struct {
    u_char  *p;
    u_char  *last;
} ngx_oauth_codes_t;


/*
 * Starts a walk.  Returns NGX_OK, or NGX_DECLINED where the level has no rules
 * or nginx is built without the rewrite module.
 */

ngx_int_t ngx_oauth_codes_start(ngx_conf_t *cf,
    const ngx_oauth_conf_location_t *location, ngx_oauth_codes_t *codes);

/* 1 while there is room for another code. */

#define ngx_oauth_codes_more(codes)                                           \
    ngx_oauth_codes_fits(codes, uintptr_t)

#define ngx_oauth_codes_fits(codes, type)                                     \
    ((codes)->last - (codes)->p >= (ssize_t) sizeof(type))

/* Goes on by the alignment: what is no function is skipped. */

#define ngx_oauth_codes_next(codes)                                           \
    (codes)->p += sizeof(uintptr_t)

/* The function at hand. */

#define ngx_oauth_codes_function(codes)                                       \
    (*(ngx_http_script_code_pt *) (codes)->p)


#endif /* NGX_OAUTH_CODES_H_INCLUDED */
