
/*
 * What is too long to stand in ngx_oauth_field.h: items of a list in a field's
 * value (RFC 9110 section 5.6.1), and looking up and adding a field.
 */


#include "ngx_oauth_field.h"


ngx_uint_t
ngx_oauth_field_item(ngx_str_t *rest, ngx_str_t *item)
{
    u_char  *p, *last;

    p = rest->data;
    last = rest->data + rest->len;

    while (p < last && (*p == ' ' || *p == '\t' || *p == ',')) {
        p++;
    }

    item->data = p;

    while (p < last && *p != ' ' && *p != '\t' && *p != ',') {
        p++;
    }

    item->len = p - item->data;

    rest->data = p;
    rest->len = last - p;

    return item->len > 0;
}


ngx_table_elt_t *
ngx_oauth_field_lookup(ngx_list_t *list, const char *name, size_t len)
{
    ngx_table_elt_t         *h;
    ngx_oauth_field_walk_t   walk;

    walk = ngx_oauth_field_start(list);

    for ( ;; ) {

        h = ngx_oauth_field_next(&walk);

        if (h == NULL || (h->hash != 0 && ngx_oauth_field_is(h, name, len))) {
            return h;
        }
    }
}


ngx_table_elt_t *
ngx_oauth_field_add(ngx_http_request_t *r, const ngx_str_t *name,
    const ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NULL;
    }

    /* nginx 1.23.0 added a member, "next": zero ends the chain. */

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->hash = 1;
    h->key = *name;
    h->value = *value;

    return h;
}
