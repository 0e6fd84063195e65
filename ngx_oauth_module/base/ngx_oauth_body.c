
/*
 * Sends a text as one buffer in memory.  nginx is told that the response is
 * complete only for a main request: a subrequest is a part of another response.
 */


#include "ngx_oauth_body.h"


ngx_int_t
ngx_oauth_body_send(ngx_http_request_t *r, const ngx_str_t *text)
{
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = text->data;
    b->last = b->pos + text->len;
    b->memory = 1;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
