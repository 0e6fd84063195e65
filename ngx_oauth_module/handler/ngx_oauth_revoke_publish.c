
/*
 * Brings the entries that are on disk to the other nodes.  An administrator is
 * told whether they are on the bus already, so that request waits for it, for
 * NGX_OAUTH_BUS_WAIT at most.  The other inputs have one response for both, and
 * do not wait.  The entries are in the pool of the request.
 */


#include "ngx_oauth_revoke.h"


static void ngx_oauth_revoke_published(
    ngx_oauth_bus_publication_t *publication);


ngx_int_t
ngx_oauth_revoke_publish(ngx_oauth_revoke_t *revoke)
{
    ngx_oauth_bus_t              *bus;
    ngx_oauth_bus_publication_t  *publication;

    bus = revoke->mcf->bus;

    if (bus == NULL || revoke->n == 0) {
        return NGX_OK;
    }

    if (revoke->input->bit != NGX_OAUTH_REVOKE_ADMIN) {
        ngx_oauth_bus_ring(bus);
        return NGX_OK;
    }

    publication = &revoke->publication;

    publication->entries = revoke->commit.entries;
    publication->n = revoke->n;
    publication->handler = ngx_oauth_revoke_published;
    publication->data = revoke;

    revoke->publishing = 1;

    ngx_oauth_bus_publication_start(bus, publication);

    return NGX_AGAIN;
}


static void
ngx_oauth_revoke_published(ngx_oauth_bus_publication_t *publication)
{
    ngx_int_t            rc;
    ngx_connection_t    *c;
    ngx_oauth_revoke_t  *revoke;
    ngx_http_request_t  *r;

    revoke = publication->data;
    r = revoke->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    revoke->publishing = 0;
    r->main->blocked--;

    rc = publication->published ? ngx_oauth_revoke_done(revoke)
                                : ngx_oauth_revoke_queued(revoke);

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


void
ngx_oauth_revoke_publish_done(ngx_oauth_revoke_t *revoke)
{
    if (revoke->publishing) {
        ngx_oauth_bus_publication_done(&revoke->publication);
        revoke->publishing = 0;
    }
}
