
/*
 * The directive oauth_header, which says which header field carries which claim
 * or value to the app, and the list of a level, in which the header of
 * oauth_assertion is, too.  A name is also kept in its normal form (lower case,
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
static char *ngx_oauth_header_value(ngx_conf_t *cf, ngx_oauth_header_t *header,
    ngx_str_t *value);
static char *ngx_oauth_header_encoding(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_oauth_header_t *header);
static ngx_oauth_header_t *ngx_oauth_header_lookup(const ngx_array_t *headers,
    const ngx_str_t *normal);
static ngx_int_t ngx_oauth_header_conflict(ngx_conf_t *cf,
    const ngx_oauth_loc_conf_t *lcf, const ngx_oauth_header_t *inner,
    const ngx_oauth_header_t *outer);
static ngx_uint_t ngx_oauth_header_has_subject(
    const ngx_oauth_header_t *header);


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

    char                *error;
    ngx_str_t           *value;
    ngx_oauth_header_t  *header;

    value = cf->args->elts;

    error = ngx_oauth_header_add(cf, lcf, &value[1], NGX_OAUTH_HEADER_CLAIM,
                                 &header);
    if (error != NGX_CONF_OK) {
        return error;
    }

    if (cf->args->nelts == 4) {

        error = ngx_oauth_header_encoding(cf, &value[3], header);
        if (error != NGX_CONF_OK) {
            return error;
        }
    }

    return ngx_oauth_header_value(cf, header, &value[2]);
}


static char *
ngx_oauth_header_value(ngx_conf_t *cf, ngx_oauth_header_t *header,
    ngx_str_t *value)
{
    ngx_http_compile_complex_value_t  ccv;

    if (ngx_strlchr(value->data, value->data + value->len, '$') == NULL) {
        header->kind = NGX_OAUTH_HEADER_CLAIM;
        header->claim = ngx_oauth_str(value);

        return ngx_oauth_claim_check(cf, value) == NGX_OK ? NGX_CONF_OK
                                                          : NGX_CONF_ERROR;
    }

    header->kind = NGX_OAUTH_HEADER_VALUE;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = &header->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


char *
ngx_oauth_header_add(ngx_conf_t *cf, ngx_oauth_loc_conf_t *lcf,
    ngx_str_t *name, ngx_oauth_header_kind_t kind,
    ngx_oauth_header_t **header)
{
    char                *error;
    ngx_uint_t           i;
    ngx_oauth_header_t  *headers, *added;

    ngx_oauth_args_note(cf, &lcf->protected);

    added = ngx_oauth_args_push(cf, &lcf->headers, sizeof(ngx_oauth_header_t));
    if (added == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(added, sizeof(ngx_oauth_header_t));
    added->kind = kind;
    added->name = *name;

    error = ngx_oauth_header_name(cf, added);
    if (error != NGX_CONF_OK) {
        return error;
    }

    headers = lcf->headers->elts;

    for (i = 0; i < lcf->headers->nelts - 1; i++) {
        if (ngx_oauth_str_equal(&headers[i].normal, &added->normal)) {
            return (headers[i].kind == kind)
                   ? "is duplicate"
                   : "names a header that another line of this block "
                     "sets already: choose another name";
        }
    }

    *header = added;

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


static char *
ngx_oauth_header_encoding(ngx_conf_t *cf, ngx_str_t *parameter,
    ngx_oauth_header_t *header)
{
    oauth_str_t  name, prefix;

    name = ngx_oauth_str(parameter);
    prefix = oauth_str("encoding=");

    if (oauth_str_starts(name, prefix)) {

        name.data += prefix.len;
        name.len -= prefix.len;

        if (oauth_encoding_parse(name, &header->encoding) == 0) {
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\": write encoding=utf-8, "
                       "encoding=percent or encoding=base64url; put a value "
                       "with spaces in quotes", parameter);

    return NGX_CONF_ERROR;
}


ngx_int_t
ngx_oauth_header_merge(ngx_conf_t *cf, const ngx_oauth_loc_conf_t *outer,
    ngx_oauth_loc_conf_t *inner)
{
    ngx_uint_t           i, own;
    ngx_array_t         *merged;
    ngx_oauth_header_t  *headers, *header;

    own = (inner->assertion != NGX_CONF_UNSET_PTR);
    ngx_conf_merge_ptr_value(inner->assertion, outer->assertion, NULL);

    if (outer->headers == NULL) {
        return NGX_OK;
    }

    if (inner->headers == NULL && !own) {
        inner->headers = outer->headers;
        return NGX_OK;
    }

    merged = inner->headers;
    headers = outer->headers->elts;

    for (i = 0; i < outer->headers->nelts; i++) {

        if (own && headers[i].kind == NGX_OAUTH_HEADER_ASSERTION) {
            continue;
        }

        header = ngx_oauth_header_lookup(inner->headers, &headers[i].normal);

        if (header && ngx_oauth_header_conflict(cf, inner, header,
                                                &headers[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (header) {
            continue;
        }

        header = ngx_oauth_args_push(cf, &merged, sizeof(ngx_oauth_header_t));
        if (header == NULL) {
            return NGX_ERROR;
        }

        *header = headers[i];
    }

    inner->headers = merged;

    return NGX_OK;
}


/* Returns the header of this name, or NULL; the list may be NULL. */

static ngx_oauth_header_t *
ngx_oauth_header_lookup(const ngx_array_t *headers, const ngx_str_t *normal)
{
    ngx_uint_t           i;
    ngx_oauth_header_t  *header;

    header = headers ? headers->elts : NULL;

    for (i = 0; headers && i < headers->nelts; i++) {
        if (ngx_oauth_str_equal(&header[i].normal, normal)) {
            return &header[i];
        }
    }

    return NULL;
}


/*
 * An app that verifies the assertion in a field must not get another value
 * there because a level inside uses the same name.
 */

static ngx_int_t
ngx_oauth_header_conflict(ngx_conf_t *cf, const ngx_oauth_loc_conf_t *lcf,
    const ngx_oauth_header_t *inner, const ngx_oauth_header_t *outer)
{
    if (inner->kind != NGX_OAUTH_HEADER_ASSERTION
        && outer->kind != NGX_OAUTH_HEADER_ASSERTION)
    {
        return NGX_OK;
    }

    ngx_oauth_place_error(cf, &lcf->assertion->place,
                          "\"oauth_assertion\" and \"oauth_header\" set the "
                          "same header \"%V\" in one location: choose another "
                          "name for one of them", &inner->name);

    return NGX_ERROR;
}


/*
 * A claim that is encoded may hold any character.  A variable is empty if its
 * claim has a control character, so that no encoding of the value helps there.
 */

ngx_uint_t
ngx_oauth_header_subject(const ngx_oauth_header_t *header)
{
    if (!ngx_oauth_header_has_subject(header)) {
        return 0;
    }

    if (header->encoding == OAUTH_ENCODING_UTF8) {
        return OAUTH_DEMAND_SUBJECT_FIELD;
    }

    return (header->kind == NGX_OAUTH_HEADER_CLAIM)
           ? OAUTH_DEMAND_SUBJECT_ENCODED
           : OAUTH_DEMAND_SUBJECT_ENCODED|OAUTH_DEMAND_SUBJECT_TEXT;
}


static ngx_uint_t
ngx_oauth_header_has_subject(const ngx_oauth_header_t *header)
{
    u_char           *text;
    const ngx_str_t  *value;

    switch (header->kind) {

    case NGX_OAUTH_HEADER_ASSERTION:
        return 0;

    case NGX_OAUTH_HEADER_CLAIM:
        return oauth_str_equal(header->claim, oauth_str("sub"));

    default:
        break;
    }

    value = &header->value.value;
    text = value->data;

    return ngx_strlcasestrn(text, text + value->len,
                            (u_char *) "oauth_sub", 9 - 1)
           || ngx_strlcasestrn(text, text + value->len,
                               (u_char *) "oauth_claim_sub", 15 - 1);
}
