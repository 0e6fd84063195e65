
/*
 * CORS preflights (Fetch standard, section 3.2): a browser asks without
 * credentials whether it may send an Authorization header.  To protected
 * locations and to metadata it may; nothing else is answered here.
 */


#include "ngx_oauth_access.h"


static ngx_table_elt_t *ngx_oauth_cors_request_header(ngx_http_request_t *r,
    const char *name);
static ngx_uint_t ngx_oauth_cors_asks_authorization(ngx_str_t list);
static ngx_uint_t ngx_oauth_cors_lists_names(ngx_str_t *list);


ngx_int_t
ngx_oauth_cors_preflight(ngx_http_request_t *r)
{
    ngx_table_elt_t  *headers;

    if (r->method != NGX_HTTP_OPTIONS
        || ngx_oauth_cors_request_header(r, "origin") == NULL
        || ngx_oauth_cors_request_header(r, "access-control-request-method")
           == NULL)
    {
        return NGX_DECLINED;
    }

    headers = ngx_oauth_cors_request_header(r,
                                            "access-control-request-headers");

    if (headers == NULL
        || !ngx_oauth_cors_asks_authorization(headers->value))
    {
        return NGX_DECLINED;
    }

    if (ngx_oauth_cors_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_HTTP_NO_CONTENT;
}


ngx_int_t
ngx_oauth_cors_headers(ngx_http_request_t *r)
{
    static ngx_str_t  origin = ngx_string("Access-Control-Allow-Origin");
    static ngx_str_t  any = ngx_string("*");
    static ngx_str_t  allow_methods
        = ngx_string("Access-Control-Allow-Methods");
    static ngx_str_t  methods
        = ngx_string("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    static ngx_str_t  allow_headers
        = ngx_string("Access-Control-Allow-Headers");
    static ngx_str_t  max_age = ngx_string("Access-Control-Max-Age");
    static ngx_str_t  seconds = ngx_string("7200");
    static ngx_str_t  vary = ngx_string("Vary");
    static ngx_str_t  asked = ngx_string("Access-Control-Request-Headers");

    ngx_table_elt_t  *headers;

    if (ngx_oauth_reply_header(r, &origin, &any) == NULL
        || ngx_oauth_reply_header(r, &allow_methods, &methods) == NULL
        || ngx_oauth_reply_header(r, &max_age, &seconds) == NULL
        || ngx_oauth_reply_header(r, &vary, &asked) == NULL)
    {
        return NGX_ERROR;
    }

    headers = ngx_oauth_cors_request_header(r,
                                            "access-control-request-headers");

    if (headers
        && ngx_oauth_cors_lists_names(&headers->value)
        && ngx_oauth_reply_header(r, &allow_headers, &headers->value) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_table_elt_t *
ngx_oauth_cors_request_header(ngx_http_request_t *r, const char *name)
{
    size_t            len;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    len = ngx_strlen(name);

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len == len
                && ngx_strncasecmp(h[i].key.data, (u_char *) name, len) == 0)
            {
                return &h[i];
            }
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_oauth_cors_asks_authorization(ngx_str_t list)
{
    ngx_str_t  item;

    while (ngx_oauth_list_next(&list, &item)) {
        if (item.len == 13
            && ngx_strncasecmp(item.data, (u_char *) "authorization", 13) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* Field names and commas only: what else a client sends is not sent back. */

static ngx_uint_t
ngx_oauth_cors_lists_names(ngx_str_t *list)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < list->len; i++) {

        c = ngx_tolower(list->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
              || c == '_' || c == ',' || c == ' '))
        {
            return 0;
        }
    }

    return 1;
}
