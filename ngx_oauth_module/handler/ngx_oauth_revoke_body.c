
/*
 * The body of a request to revoke, and what is decoded from it.  A token that
 * somebody sends to have it revoked is good until then, and for other nodes and
 * servers perhaps for longer, so its copies are wiped when the request ends:
 * those of the module, and the body that nginx has read.  Some that nginx has
 * are not known here: what HTTP/2 and TLS have received, the file of a large
 * body, and a body that nobody reads since the request is refused before.
 */


#include "ngx_oauth_revoke.h"
#include "oauth_secret.h"


static void ngx_oauth_revoke_body_wipe_nginx(const ngx_http_request_t *r);


/*
 * The body is in memory, in one or two buffers: what came together with the
 * header, and the rest; or all of it is in a file, where it is larger than
 * client_body_buffer_size.  At most one byte more than is allowed is read.
 */

ngx_int_t
ngx_oauth_revoke_body_read(ngx_oauth_revoke_t *revoke)
{
    off_t                most;
    size_t               size;
    u_char              *p;
    ngx_buf_t           *b;
    ngx_chain_t         *cl, *bufs;
    ngx_http_request_t  *r;

    r = revoke->request;
    bufs = r->request_body ? r->request_body->bufs : NULL;
    size = 0;

    for (cl = bufs; cl; cl = cl->next) {
        most = (off_t) (revoke->input->most + 1 - size);
        size += (size_t) ngx_min(ngx_buf_size(cl->buf), most);
    }

    p = ngx_pnalloc(r->pool, size + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    revoke->body.data = p;
    revoke->body.len = size;

    for (cl = bufs; cl; cl = cl->next) {
        b = cl->buf;
        most = revoke->body.data + revoke->body.len - p;
        size = (size_t) ngx_min(ngx_buf_size(b), most);

        /* A chunked body ends with a buffer that has neither. */

        if (size == 0) {
            continue;
        }

        if (ngx_buf_in_memory(b)) {
            p = ngx_cpymem(p, b->pos, size);
            continue;
        }

        if (ngx_read_file(b->file, p, size, b->file_pos) != (ssize_t) size) {
            return NGX_ERROR;
        }

        p += size;
    }

    return NGX_OK;
}


void
ngx_oauth_revoke_body_wipe(ngx_oauth_revoke_t *revoke)
{
    oauth_secret_wipe(revoke->body.data, revoke->body.len);
    oauth_secret_wipe(revoke->decoded.data, revoke->decoded.len);

    ngx_oauth_revoke_body_wipe_nginx(revoke->request);
}


/*
 * nginx reads into the buffer of the whole body, or finds a body in the buffer
 * of the header.  In that one another request may follow, so only what belongs
 * to the body is wiped.  The rest of a large body is in a file, and the buffer
 * then still has its last part.
 */

static void
ngx_oauth_revoke_body_wipe_nginx(const ngx_http_request_t *r)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    if (r->request_body == NULL) {
        return;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (b->temporary && b->last > b->pos) {
            oauth_secret_wipe(b->pos, b->last - b->pos);
        }
    }

    b = r->request_body->buf;

    if (b && b->temporary) {
        oauth_secret_wipe(b->start, b->end - b->start);
    }
}
