
/*
 * The input "admin": JSON of an administrator or of another program, and the
 * question whether an entry exists.  Who may do that is decided by the
 * configuration of the location.
 */


#include "ngx_oauth_revoke.h"


static ngx_int_t ngx_oauth_revoke_bounds(ngx_oauth_revoke_t *revoke,
    oauth_order_bounds_t *bounds);
static ngx_int_t ngx_oauth_revoke_show(ngx_oauth_revoke_t *revoke);
static ngx_int_t ngx_oauth_revoke_lack(ngx_oauth_revoke_t *revoke,
    ngx_int_t rc);


ngx_int_t
ngx_oauth_revoke_admin(ngx_oauth_revoke_t *revoke)
{
    oauth_result_t        result;
    oauth_order_bounds_t  bounds;

    if (ngx_oauth_revoke_bounds(revoke, &bounds) != NGX_OK) {
        return NGX_ERROR;
    }

    result = oauth_order_parse(ngx_oauth_str(&revoke->body), &bounds,
                               &revoke->order);

    if (result != OAUTH_DONE) {
        return (result == OAUTH_INVALID) ? NGX_DECLINED : NGX_ERROR;
    }

    revoke->entries = revoke->order.entries;
    revoke->n = revoke->order.n;

    return NGX_OK;
}


/*
 * A subject that names no issuer is one of the issuer that protects the
 * location, if that is only one.
 */

static ngx_int_t
ngx_oauth_revoke_bounds(ngx_oauth_revoke_t *revoke,
    oauth_order_bounds_t *bounds)
{
    ngx_uint_t            i;
    oauth_str_t          *names;
    ngx_oauth_issuer_t  **issuers;

    ngx_memzero(bounds, sizeof(oauth_order_bounds_t));

    names = ngx_palloc(revoke->request->pool,
                       (revoke->mcf->issuers.nelts + 1) * sizeof(oauth_str_t));
    if (names == NULL) {
        return NGX_ERROR;
    }

    issuers = revoke->mcf->issuers.elts;

    for (i = 0; i < revoke->mcf->issuers.nelts; i++) {
        names[i] = issuers[i]->rules.issuer;
    }

    bounds->issuers = names;
    bounds->nissuers = revoke->mcf->issuers.nelts;
    bounds->now = ngx_time();

    if (revoke->conf->issuers && revoke->conf->issuers->nelts == 1) {
        issuers = revoke->conf->issuers->elts;
        bounds->issuer = issuers[0]->rules.issuer;
    }

    return NGX_OK;
}


ngx_int_t
ngx_oauth_revoke_ask(ngx_oauth_revoke_t *revoke)
{
    ngx_int_t             rc;
    size_t                n;
    oauth_result_t        result;
    oauth_form_pair_t    pairs[NGX_OAUTH_REVOKE_PAIRS];
    oauth_order_bounds_t  bounds;

    rc = ngx_oauth_revoke_read_query(revoke, pairs, &n);

    if (rc == NGX_ERROR
        || ngx_oauth_revoke_bounds(revoke, &bounds) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc != NGX_OK) {
        (void) ngx_oauth_revoke_refuse(revoke, "invalid_request",
                                       "The query has too many parameters, or "
                                       "one without a value");
        return ngx_oauth_revoke_fail(revoke, NGX_HTTP_BAD_REQUEST);
    }

    result = oauth_order_query(pairs, n, &bounds, &revoke->order);

    if (result == OAUTH_INVALID) {
        return ngx_oauth_revoke_fail(revoke, NGX_HTTP_BAD_REQUEST);
    }

    return (result == OAUTH_DONE) ? ngx_oauth_revoke_show(revoke)
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_int_t
ngx_oauth_revoke_show(ngx_oauth_revoke_t *revoke)
{
    u_char              *p;
    uint64_t             epoch;
    ngx_int_t            rc;
    ngx_str_t            text;
    oauth_revocation_t   entry;

    static ngx_str_t     type = ngx_string("application/json");

    if (ngx_oauth_store_renew(revoke->mcf->store, &epoch) != NGX_OK) {
        return ngx_oauth_revoke_lack(revoke, NGX_ERROR);
    }

    rc = ngx_oauth_store_lookup(revoke->mcf->store,
                                revoke->order.entries[0].entry.key, &entry);

    ngx_oauth_store_reset(revoke->mcf->store);

    if (rc != NGX_OK) {
        return ngx_oauth_revoke_lack(revoke, rc);
    }

    p = ngx_pnalloc(revoke->request->pool,
                    sizeof("{\"time\":,\"before\":}") + 2 * NGX_INT64_LEN);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    text.data = p;

    p = ngx_sprintf(p, "{\"time\":%L", entry.time);

    if (entry.cut != OAUTH_REVOCATION_ALWAYS) {
        p = ngx_sprintf(p, ",\"before\":%L", entry.cut);
    }

    *p++ = '}';
    text.len = p - text.data;

    return ngx_oauth_revoke_send(revoke->request, NGX_HTTP_OK, &type, &text);
}


/* NGX_DECLINED: there is no entry.  NGX_ERROR: the store cannot be read. */

static ngx_int_t
ngx_oauth_revoke_lack(ngx_oauth_revoke_t *revoke, ngx_int_t rc)
{
    if (rc == NGX_DECLINED) {
        (void) ngx_oauth_revoke_refuse(revoke, "not_found",
                                       "There is no such entry");
        return ngx_oauth_revoke_fail(revoke, NGX_HTTP_NOT_FOUND);
    }

    (void) ngx_oauth_revoke_refuse(revoke, "temporarily_unavailable",
                                   "The store of revocations cannot be read");

    return ngx_oauth_revoke_fail(revoke, NGX_HTTP_SERVICE_UNAVAILABLE);
}
