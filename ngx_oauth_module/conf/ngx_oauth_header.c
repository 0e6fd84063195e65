
/*
 * The directive oauth_header, which says which header field carries which claim
 * or value to the app.  A name is also kept in its normal form (lower case,
 * with "-" for "_"); fields that a client sends under the same name are
 * recognised by it.  Everything is in the configuration's pool.
 */


#include "ngx_oauth_claim.h"
#include "ngx_oauth_header.h"


typedef struct {
    ngx_str_t    name;
    const char  *why;
} ngx_oauth_reserved_t;


static char *ngx_oauth_header_name(ngx_conf_t *cf, ngx_oauth_header_t *header);


/*
 * nginx keeps pointers to these fields of the client, apart from the list of
 * all fields.  If oauth_header set one, nginx's own variables would still show
 * the client's value.
 */

#define NGX_OAUTH_KEPT                                                        \
    "nginx itself uses the value that the client sent; choose another name"


/*
 * Names that oauth_header refuses: to set these fields would change the
 * credentials, the server, or how the message and the connection are read.
 */

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
ngx_oauth_header_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_oauth_loc_conf_t  *lcf = conf;

    char                              *error;
    ngx_str_t                         *value;
    ngx_uint_t                         i;
    ngx_oauth_header_t                *header, *headers;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    ngx_oauth_args_note(cf, &lcf->protected);

    header = ngx_oauth_args_push(cf, &lcf->headers,
                                  sizeof(ngx_oauth_header_t));
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(header, sizeof(ngx_oauth_header_t));
    header->name = value[1];

    error = ngx_oauth_header_name(cf, header);
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
        header->kind = NGX_OAUTH_HEADER_CLAIM;
        header->claim = ngx_oauth_str(&value[2]);

        return ngx_oauth_claim_check(cf, &value[2]) == NGX_OK
               ? NGX_CONF_OK : NGX_CONF_ERROR;
    }

    header->kind = NGX_OAUTH_HEADER_VALUE;

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
ngx_oauth_header_name(ngx_conf_t *cf, ngx_oauth_header_t *header)
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
        header->normal.data[i] = ngx_oauth_field_normal(c);
    }

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
ngx_oauth_header_merge(ngx_conf_t *cf, ngx_array_t *parent,
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

        header = ngx_oauth_args_push(cf, &merged, sizeof(ngx_oauth_header_t));
        if (header == NULL) {
            return NULL;
        }

        *header = outer[i];
    }

    return merged;
}


ngx_uint_t
ngx_oauth_header_needs_subject(const ngx_oauth_header_t *header)
{
    u_char           *text;
    const ngx_str_t  *value;

    if (header->kind == NGX_OAUTH_HEADER_CLAIM) {
        return oauth_str_equal(header->claim, oauth_str("sub"));
    }

    value = &header->value.value;
    text = value->data;

    return ngx_strlcasestrn(text, text + value->len,
                            (u_char *) "oauth_sub", 9 - 1)
           || ngx_strlcasestrn(text, text + value->len,
                               (u_char *) "oauth_claim_sub", 15 - 1);
}
