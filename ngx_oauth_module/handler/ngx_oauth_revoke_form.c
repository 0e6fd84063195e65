
/*
 * Reads forms (application/x-www-form-urlencoded) and queries, which have the
 * same form: pairs of a name and a value, percent-encoded, with "&" between
 * them.  What is decoded is wiped when the request ends.
 */


#include "ngx_oauth_revoke.h"


static ngx_int_t ngx_oauth_revoke_next_pair(ngx_oauth_revoke_t *revoke,
    ngx_str_t *rest, oauth_order_pair_t *pair);
static ngx_int_t ngx_oauth_revoke_decode(ngx_oauth_revoke_t *revoke,
    u_char *p, u_char *last, oauth_str_t *value);


ngx_int_t
ngx_oauth_revoke_find(ngx_oauth_revoke_t *revoke, const char *name,
    oauth_str_t *value)
{
    ngx_int_t           rc;
    ngx_str_t           rest;
    ngx_uint_t          found;
    oauth_order_pair_t  pair;

    rest = revoke->body;
    found = 0;

    while (rest.len) {

        rc = ngx_oauth_revoke_next_pair(revoke, &rest, &pair);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        if (rc == NGX_OK && oauth_str_equal(pair.name, oauth_str_of(name))) {
            *value = pair.value;
            found++;
        }
    }

    return (found == 1) ? NGX_OK : NGX_DECLINED;
}


ngx_int_t
ngx_oauth_revoke_read_pairs(ngx_oauth_revoke_t *revoke, const ngx_str_t *text,
    oauth_order_pair_t *pairs, ngx_uint_t *n)
{
    ngx_int_t  rc;
    ngx_str_t  rest;

    rest = *text;

    for (*n = 0; rest.len; (*n)++) {

        if (*n == NGX_OAUTH_REVOKE_PAIRS) {
            return NGX_DECLINED;
        }

        rc = ngx_oauth_revoke_next_pair(revoke, &rest, &pairs[*n]);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    return NGX_OK;
}


/* NGX_DECLINED: it is not a pair. */

static ngx_int_t
ngx_oauth_revoke_next_pair(ngx_oauth_revoke_t *revoke, ngx_str_t *rest,
    oauth_order_pair_t *pair)
{
    u_char  *p, *equals, *last;

    p = rest->data;
    last = ngx_strlchr(p, p + rest->len, '&');

    if (last == NULL) {
        last = p + rest->len;
        rest->len = 0;

    } else {
        rest->len -= last + 1 - p;
        rest->data = last + 1;
    }

    equals = ngx_strlchr(p, last, '=');

    if (equals == NULL) {
        return NGX_DECLINED;
    }

    if (ngx_oauth_revoke_decode(revoke, p, equals, &pair->name) != NGX_OK
        || ngx_oauth_revoke_decode(revoke, equals + 1, last, &pair->value)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* In a form, "+" is a space. */

static ngx_int_t
ngx_oauth_revoke_decode(ngx_oauth_revoke_t *revoke, u_char *p, u_char *last,
    oauth_str_t *value)
{
    u_char  *start, *dst, *src, *c;

    start = ngx_oauth_revoke_body_alloc(revoke, last - p + 1);
    if (start == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(start, p, last - p);

    for (c = start; c < start + (last - p); c++) {
        if (*c == '+') {
            *c = ' ';
        }
    }

    dst = start;
    src = start;

    ngx_unescape_uri(&dst, &src, last - p, 0);

    value->data = start;
    value->len = dst - start;

    return NGX_OK;
}
