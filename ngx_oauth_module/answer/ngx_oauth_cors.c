
/*
 * CORS (Fetch standard, section 3.2).  Before a web page may send a request to
 * another origin, its browser sends a preflight, which has no token.  The
 * module permits the request for every protected location with oauth_cors and
 * for the metadata documents.  It also permits requests without a token,
 * because their refusal tells the page where to get one.  The last function
 * reads Sec-Fetch-Mode (Fetch Metadata).
 */


#include "ngx_oauth_cors.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_steps.h"


static ngx_int_t ngx_oauth_cors_methods(ngx_http_request_t *r,
    ngx_str_t *methods);
static ngx_uint_t ngx_oauth_cors_is_method(ngx_str_t *name);
static ngx_uint_t ngx_oauth_cors_names_method(ngx_str_t list, ngx_str_t *name);
static ngx_uint_t ngx_oauth_cors_lists_names(ngx_str_t *list);


ngx_int_t
ngx_oauth_cors_preflight(ngx_http_request_t *r)
{
    ngx_oauth_ctx_t             *ctx;
    const ngx_oauth_loc_conf_t  *lcf;
    ngx_http_core_loc_conf_t    *clcf;

    if (r->method != NGX_HTTP_OPTIONS) {
        return NGX_DECLINED;
    }

    lcf = ngx_http_get_module_loc_conf(r, ngx_oauth_module);

    if (!lcf->cors || ngx_oauth_steps_is_ambiguous(r, lcf)) {
        return NGX_DECLINED;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    /*
     * With "satisfy any" another module may let a request in because of its
     * address.  If we answered the preflight, a web page of any origin could
     * send requests from that address.  So the preflight is decided like any
     * other request.
     */

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY
        || ngx_oauth_field_lookup_literal(&r->headers_in.headers, "origin")
           == NULL
        || ngx_oauth_field_lookup_literal(&r->headers_in.headers,
                                          "access-control-request-method")
           == NULL)
    {
        return NGX_DECLINED;
    }

    if (lcf->dry_run) {
        return NGX_OK;
    }

    if (ngx_oauth_cors_allow(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_oauth_module);
    ctx->preflight = 1;
    ctx->refusal.conf = lcf;

    return NGX_HTTP_NO_CONTENT;
}


/*
 * Every method is permitted: the request itself, which comes after this, is
 * decided by the location's policy.
 */

ngx_int_t
ngx_oauth_cors_allow(ngx_http_request_t *r)
{
    ngx_str_t  methods;

    static ngx_str_t  vary = ngx_string("Access-Control-Request-Method, "
                                        "Access-Control-Request-Headers");

    if (ngx_oauth_cors_methods(r, &methods) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_oauth_cors_headers(r, &methods, &vary);
}


/* Lists the usual methods, and the one that the preflight asks for. */

static ngx_int_t
ngx_oauth_cors_methods(ngx_http_request_t *r, ngx_str_t *methods)
{
    ngx_table_elt_t  *asked;

    static ngx_str_t  separator = ngx_string(", ");
    static ngx_str_t  usual
        = ngx_string("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");

    asked = ngx_oauth_field_lookup_literal(&r->headers_in.headers,
                                           "access-control-request-method");

    if (asked == NULL
        || !ngx_oauth_cors_is_method(&asked->value)
        || ngx_oauth_cors_names_method(usual, &asked->value))
    {
        *methods = usual;
        return NGX_OK;
    }

    return ngx_oauth_str_join(r->pool, methods, &usual, &separator,
                              &asked->value);
}


/*
 * Returns 1 if the name is a "token" as of RFC 9110 section 5.6.2, and not "*".
 * A method cannot have the name "*" (section 18.2), which would stand for all
 * methods in the response.
 */

static ngx_uint_t
ngx_oauth_cors_is_method(ngx_str_t *name)
{
    u_char  c;
    size_t  i;

    for (i = 0; i < name->len; i++) {

        c = ngx_tolower(name->data[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || (c != '\0' && ngx_strchr("!#$%&'*+-.^_`|~", c))))
        {
            return 0;
        }
    }

    return name->len > 0 && !(name->len == 1 && name->data[0] == '*');
}


/* Names of methods are case-sensitive (RFC 9110 section 9.1). */

static ngx_uint_t
ngx_oauth_cors_names_method(ngx_str_t list, ngx_str_t *name)
{
    ngx_str_t  item;

    while (ngx_oauth_field_item(&list, &item)) {
        if (ngx_oauth_str_equal(&item, name)) {
            return 1;
        }
    }

    return 0;
}


ngx_int_t
ngx_oauth_cors_headers(ngx_http_request_t *r, ngx_str_t *methods,
    ngx_str_t *varies)
{
    static ngx_str_t  origin = ngx_string("Access-Control-Allow-Origin");
    static ngx_str_t  any = ngx_string("*");
    static ngx_str_t  allow_methods
        = ngx_string("Access-Control-Allow-Methods");
    static ngx_str_t  allow_headers
        = ngx_string("Access-Control-Allow-Headers");
    static ngx_str_t  max_age = ngx_string("Access-Control-Max-Age");
    static ngx_str_t  seconds = ngx_string("7200");
    static ngx_str_t  vary = ngx_string("Vary");

    ngx_table_elt_t  *headers;

    if (ngx_oauth_field_add(r, &origin, &any) == NULL
        || ngx_oauth_field_add(r, &allow_methods, methods) == NULL
        || ngx_oauth_field_add(r, &max_age, &seconds) == NULL
        || ngx_oauth_field_add(r, &vary, varies) == NULL)
    {
        return NGX_ERROR;
    }

    headers = ngx_oauth_field_lookup_literal(&r->headers_in.headers,
                                             "access-control-request-headers");

    if (headers
        && ngx_oauth_cors_lists_names(&headers->value)
        && ngx_oauth_field_add(r, &allow_headers, &headers->value) == NULL)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_oauth_cors_refusal(ngx_http_request_t *r, ngx_uint_t paged,
    ngx_uint_t dpop)
{
    static ngx_str_t  origin = ngx_string("Access-Control-Allow-Origin");
    static ngx_str_t  any = ngx_string("*");
    static ngx_str_t  expose = ngx_string("Access-Control-Expose-Headers");
    static ngx_str_t  exposed
        = ngx_string("WWW-Authenticate, Retry-After, Link");
    static ngx_str_t  exposed_dpop
        = ngx_string("WWW-Authenticate, Retry-After, Link, DPoP-Nonce");

    /*
     * A browser accepts this field only once, and the app that serves an error
     * page may have sent it already.
     */

    if (!(paged
          && ngx_oauth_field_lookup_literal(&r->headers_out.headers,
                                            "access-control-allow-origin"))
        && ngx_oauth_field_add(r, &origin, &any) == NULL)
    {
        return NGX_ERROR;
    }

    return ngx_oauth_field_add(r, &expose, dpop ? &exposed_dpop : &exposed)
           ? NGX_OK : NGX_ERROR;
}


/*
 * A script in a web page cannot make the browser send "navigate", and agents
 * outside a browser do not send the field.
 */

ngx_uint_t
ngx_oauth_cors_navigates(ngx_http_request_t *r)
{
    ngx_table_elt_t  *mode;

    static const ngx_str_t  navigate = ngx_string("navigate");

    mode = ngx_oauth_field_lookup_literal(&r->headers_in.headers,
                                          "sec-fetch-mode");

    return mode && ngx_oauth_str_equal(&mode->value, &navigate);
}


/*
 * The list of field names is sent back to the client as it is.  Returns 0 if it
 * has characters that such a list does not need.
 */

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
