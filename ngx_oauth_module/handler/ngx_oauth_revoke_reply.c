
/*
 * The responses to requests to revoke.  A refusal has a body in the form that
 * the sender knows; a success has none.  Nobody may keep any of them.  Texts
 * are in the pool of the request.
 */


#include "ngx_oauth_body.h"
#include "ngx_oauth_field.h"
#include "ngx_oauth_revoke.h"


static const ngx_str_t  ngx_oauth_revoke_empty = ngx_null_string;


ngx_int_t
ngx_oauth_revoke_refuse(ngx_oauth_revoke_t *revoke, const char *code,
    const char *why)
{
    ngx_memzero(&revoke->order.error, sizeof(oauth_order_error_t));

    revoke->order.error.code = code;
    revoke->order.error.why = why;

    return NGX_DECLINED;
}


ngx_int_t
ngx_oauth_revoke_done(ngx_oauth_revoke_t *revoke)
{
    return ngx_oauth_revoke_send(revoke->request, revoke->input->status,
                                 &ngx_oauth_revoke_empty,
                                 &ngx_oauth_revoke_empty);
}


ngx_int_t
ngx_oauth_revoke_queued(ngx_oauth_revoke_t *revoke)
{
    return ngx_oauth_revoke_send(revoke->request, NGX_HTTP_ACCEPTED,
                                 &ngx_oauth_revoke_empty,
                                 &ngx_oauth_revoke_empty);
}


ngx_int_t
ngx_oauth_revoke_fail(ngx_oauth_revoke_t *revoke, ngx_uint_t status)
{
    ngx_str_t    text;
    oauth_buf_t  buf;

    ngx_log_error(NGX_LOG_INFO, revoke->request->connection->log, 0,
                  "oauth: the input \"%V\" of oauth_revoke refused a request "
                  "with the status %ui: %s", &revoke->input->name, status,
                  revoke->order.error.why);

    ngx_memzero(&buf, sizeof(oauth_buf_t));

    revoke->input->write(&buf, &revoke->order.error, status);

    if (ngx_oauth_buf_move(revoke->request->pool, &buf, &text) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_oauth_revoke_send(revoke->request, status, &revoke->input->type,
                                 &text);
}


void
ngx_oauth_revoke_write_problem(oauth_buf_t *buf,
    const oauth_order_error_t *error, ngx_uint_t status)
{
    const char  *title;

    switch (status) {

    case NGX_HTTP_BAD_REQUEST:
        title = "Bad Request";
        break;

    case NGX_HTTP_NOT_FOUND:
        title = "Not Found";
        break;

    case NGX_HTTP_SERVICE_UNAVAILABLE:
        title = "Service Unavailable";
        break;

    default:
        title = "Insufficient Storage";
    }

    oauth_order_write_problem(buf, error, (unsigned) status, title);
}


void
ngx_oauth_revoke_write_signal(oauth_buf_t *buf,
    const oauth_order_error_t *error, ngx_uint_t status)
{
    oauth_order_write_signal_error(buf, error);
}


void
ngx_oauth_revoke_write_error(oauth_buf_t *buf, const oauth_order_error_t *error,
    ngx_uint_t status)
{
    oauth_order_write_error(buf, error);
}


/* A response of 503 says when to try again. */

ngx_int_t
ngx_oauth_revoke_send(ngx_http_request_t *r, ngx_uint_t status,
    const ngx_str_t *type, const ngx_str_t *text)
{
    ngx_int_t  rc;

    static const ngx_str_t  cache = ngx_string("Cache-Control");
    static const ngx_str_t  no_store = ngx_string("no-store");
    static const ngx_str_t  retry = ngx_string("Retry-After");
    static const ngx_str_t  seconds = ngx_string("5");

    r->headers_out.status = status;
    r->headers_out.content_length_n = text->len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    if (status == NGX_HTTP_NO_CONTENT) {
        ngx_http_clear_content_length(r);
    }

    if (ngx_oauth_field_add(r, &cache, &no_store) == NULL
        || (status == NGX_HTTP_SERVICE_UNAVAILABLE
            && ngx_oauth_field_add(r, &retry, &seconds) == NULL))
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->header_only = (r->header_only || text->len == 0);

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_oauth_body_send(r, text);
}
