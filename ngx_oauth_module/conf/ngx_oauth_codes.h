
/*
 * The compiled rules ("codes") of nginx's rewrite module, for one level of the
 * configuration.  The rewrite module has no public header; the first member of
 * its configuration is the array of codes.  A code is one of the structures of
 * ngx_http_script.h: it begins with a pointer to the function that runs it, and
 * is aligned like a pointer.  The codes of an "if" block are in the array of
 * the location around it.  The codes belong to nginx.
 */


#ifndef NGX_OAUTH_CODES_H_INCLUDED
#define NGX_OAUTH_CODES_H_INCLUDED


#include "ngx_oauth_conf.h"


/* The position of a walk through the codes, and the end of the codes. */

typedef struct {
    u_char  *p;
    u_char  *last;
} ngx_oauth_codes_t;


/*
 * Starts a walk at the first code of a level.  Returns NGX_OK, or NGX_DECLINED
 * when the level has no rules or nginx is built without the rewrite module.
 */

ngx_int_t ngx_oauth_codes_start(ngx_conf_t *cf,
    const ngx_oauth_conf_location_t *location, ngx_oauth_codes_t *codes);

/*
 * The first is true while a code may begin here, the second while enough bytes
 * are left for a code of this type.
 */

#define ngx_oauth_codes_more(codes)                                           \
    ngx_oauth_codes_fits(codes, uintptr_t)

#define ngx_oauth_codes_fits(codes, type)                                     \
    ((codes)->last - (codes)->p >= (ssize_t) sizeof(type))

/*
 * Moves on by the size of one pointer and not by that of the code, because the
 * sizes of other modules' codes are not known.  So the walk also meets words
 * inside a code; a caller passes over them, since it looks only for the
 * addresses of certain functions.  Two codes of nginx are passed over whole,
 * because nginx leaves bytes of them uninitialized: the text that a "rewrite"
 * copies is padded, and the flags at its end do not fill their word.
 */

void ngx_oauth_codes_next(ngx_oauth_codes_t *codes);

/* The word at this position, taken as the address of a function. */

#define ngx_oauth_codes_function(codes)                                       \
    (*(ngx_http_script_code_pt *) (codes)->p)


#endif /* NGX_OAUTH_CODES_H_INCLUDED */
