
/*
 * The strings of nginx and those of the core: two types for the same bytes.
 * ngx_oauth_str converts one without a copy.  Only ngx_oauth_buf_move brings
 * text of the core's memory into a pool.
 */


#ifndef NGX_OAUTH_STR_H_INCLUDED
#define NGX_OAUTH_STR_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>

#include "oauth.h"


static ngx_inline oauth_str_t
ngx_oauth_str(const ngx_str_t *s)
{
    oauth_str_t  str;

    str.len = s->len;
    str.data = s->data;

    return str;
}


static ngx_inline ngx_uint_t
ngx_oauth_str_equal(const ngx_str_t *a, const ngx_str_t *b)
{
    /* An empty string may have no data, which memcmp() does not take. */

    return a->len == b->len
           && (a->len == 0 || ngx_memcmp(a->data, b->data, a->len) == 0);
}


/*
 * Joins two or three strings in the pool; third may be NULL.  NGX_ERROR: no
 * memory.
 */

static ngx_inline ngx_int_t
ngx_oauth_str_join(ngx_pool_t *pool, ngx_str_t *joined,
    const ngx_str_t *first, const ngx_str_t *second, const ngx_str_t *third)
{
    u_char  *p;
    size_t   len;

    len = first->len + second->len + (third ? third->len : 0);

    p = ngx_pnalloc(pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    joined->data = p;
    joined->len = len;

    p = ngx_cpymem(p, first->data, first->len);
    p = ngx_cpymem(p, second->data, second->len);

    if (third && third->len) {
        ngx_memcpy(p, third->data, third->len);
    }

    return NGX_OK;
}


/*
 * Copies the text of the buffer into the pool and frees the buffer, also after
 * an error.  NGX_ERROR: no memory, here or when the buffer was written.
 */

static ngx_inline ngx_int_t
ngx_oauth_buf_move(ngx_pool_t *pool, oauth_buf_t *buf, ngx_str_t *s)
{
    ngx_int_t  rc;

    rc = NGX_ERROR;
    s->len = 0;
    s->data = buf->failed ? NULL : ngx_pnalloc(pool, buf->len);

    if (s->data) {

        if (buf->len) {
            ngx_memcpy(s->data, buf->data, buf->len);
        }

        s->len = buf->len;
        rc = NGX_OK;
    }

    oauth_buf_free(buf);

    return rc;
}


#endif /* NGX_OAUTH_STR_H_INCLUDED */
