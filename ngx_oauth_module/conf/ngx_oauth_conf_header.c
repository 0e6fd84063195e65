
/*
 * oauth_header: which header carries which claim to the upstream.  Names are
 * kept in their normal form, too (oauth_field.h), by which the
 * client's copies are recognised.  All of it is in the configuration's pool.
 */


#include "ngx_oauth_conf.h"
#include "oauth_field.h"


typedef struct {
    ngx_str_t    name;
    const char  *why;
} ngx_oauth_reserved_t;


static char *ngx_oauth_conf_header_name(ngx_conf_t *cf,
    ngx_oauth_header_t *header);


/*
 * Fields that nginx holds by pointer beside the list: its own variables would
 * go on showing the client's value.
 */

#define NGX_OAUTH_KEPT  "nginx itself uses the client's; choose another name"


/* Setting these would change who the client is, or how messages are framed. */

static const ngx_oauth_reserved_t  ngx_oauth_reserved[] = {
    { ngx_string("authorization"), "use oauth_pass_token on" },
    { ngx_string("dpop"), "use oauth_pass_token on" },
    { ngx_string("host"), "it names the server" },
    { ngx_string("connection"), "it belongs to the connection" },
    { ngx_string("keep-alive"), "it belongs to the connection" },
    { ngx_string("te"), "it belongs to the connection" },
    { ngx_string("trailer"), "it frames the message" },
    { ngx_string("transfer-encoding"), "it frames the message" },
    { ngx_string("content-length"), "it frames the message" },
    { ngx_string("upgrade"), "it belongs to the connection" },
    { ngx_string("expect"), "it belongs to the connection" },
    { ngx_string("user-agent"), NGX_OAUTH_KEPT },
    { ngx_string("referer"), NGX_OAUTH_KEPT },
    { ngx_string("cookie"), NGX_OAUTH_KEPT },
    { ngx_string("via"), NGX_OAUTH_KEPT },
    { ngx_string("x-forwarded-for"), NGX_OAUTH_KEPT },
    { ngx_string("x-real-ip"), NGX_OAUTH_KEPT },
    { ngx_string("content-type"), NGX_OAUTH_KEPT },
    { ngx_string("range"), NGX_OAUTH_KEPT },
    { ngx_string("if-range"), NGX_OAUTH_KEPT },
    { ngx_string("if-match"), NGX_OAUTH_KEPT },
    { ngx_string("if-none-match"), NGX_OAUTH_KEPT },
    { ngx_string("if-modified-since"), NGX_OAUTH_KEPT },
    { ngx_string("if-unmodified-since"), NGX_OAUTH_KEPT },
    { ngx_string("accept"), NGX_OAUTH_KEPT },
    { ngx_string("accept-encoding"), NGX_OAUTH_KEPT },
    { ngx_string("accept-language"), NGX_OAUTH_KEPT },
    { ngx_string("depth"), NGX_OAUTH_KEPT },
    { ngx_string("destination"), NGX_OAUTH_KEPT },
    { ngx_string("overwrite"), NGX_OAUTH_KEPT },
    { ngx_string("date"), NGX_OAUTH_KEPT },
    { ngx_null_string, NULL }
};


char *
ngx_oauth_conf_header(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    char                              *error;
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_oauth_header_t                *header, *headers;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    ngx_oauth_conf_rule(cf, lcf);

    header = ngx_oauth_conf_push(cf, &lcf->headers,
                                  sizeof(ngx_oauth_header_t));
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(header, sizeof(ngx_oauth_header_t));
    header->name = value[1];

    error = ngx_oauth_conf_header_name(cf, header);
    if (error != NGX_CONF_OK) {
        return error;
    }

    headers = lcf->headers->elts;

    for (i = 0; i < lcf->headers->nelts - 1; i++) {
        if (ngx_oauth_str_equal(&headers[i].normal, &header->normal)) {
            return "is duplicate";
        }
    }

    if (ngx_strlchr(value[2].data, value[2].data + value[2].len, '$')
        == NULL)
    {
        header->claim = ngx_oauth_str(&value[2]);

        return ngx_oauth_conf_claim_path(cf, &value[2]) == NGX_OK
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &header->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_oauth_conf_header_name(ngx_conf_t *cf, ngx_oauth_header_t *header)
{
    u_char                       c;
    size_t                       i;
    const ngx_oauth_reserved_t  *reserved;

    header->lowcase.len = header->name.len;
    header->lowcase.data = ngx_pnalloc(cf->pool, header->name.len);
    header->normal.len = header->name.len;
    header->normal.data = ngx_pnalloc(cf->pool, header->name.len);

    if (header->lowcase.data == NULL || header->normal.data == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < header->name.len; i++) {

        c = ngx_tolower(header->name.data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '-' || c == '_'))
        {
            break;
        }

        header->lowcase.data[i] = c;
    }

    oauth_field_write(ngx_oauth_str(&header->name), header->normal.data);

    if (i < header->name.len || header->name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "header name \"%V\" is not valid: use letters, "
                           "digits, \"-\" and \"_\"", &header->name);
        return NGX_CONF_ERROR;
    }

    for (reserved = ngx_oauth_reserved; reserved->name.len; reserved++) {

        if (ngx_oauth_str_equal(&header->normal, &reserved->name)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "header \"%V\" cannot be set: %s",
                               &header->name, reserved->why);
            return NGX_CONF_ERROR;
        }
    }

    header->hash = ngx_hash_key(header->lowcase.data, header->lowcase.len);

    return NGX_CONF_OK;
}


ngx_array_t *
ngx_oauth_conf_merge_headers(ngx_conf_t *cf, ngx_array_t *parent,
    ngx_array_t *child)
{
    ngx_uint_t           i, k;
    ngx_array_t         *merged;
    ngx_oauth_header_t  *outer, *inner, *header;

    if (child == NULL) {
        return parent;
    }

    merged = child;
    outer = parent->elts;

    for (i = 0; i < parent->nelts; i++) {

        inner = child->elts;

        for (k = 0; k < child->nelts; k++) {
            if (ngx_oauth_str_equal(&inner[k].normal, &outer[i].normal)) {
                break;
            }
        }

        if (k < child->nelts) {
            continue;
        }

        header = ngx_oauth_conf_push(cf, &merged, sizeof(ngx_oauth_header_t));
        if (header == NULL) {
            return NULL;
        }

        *header = outer[i];
    }

    return merged;
}
