
/*
 * The parameters that an input of oauth_revoke has, from the form in the body,
 * or from the query.  The core reads them (core/oauth_form.c); here they get
 * their memory, once for a request: revoke->decoded, which is wiped when the
 * request ends.
 */


#include "ngx_oauth_revoke.h"


static ngx_int_t ngx_oauth_revoke_room(ngx_oauth_revoke_t *revoke, size_t len);


ngx_uint_t
ngx_oauth_revoke_has(const ngx_oauth_revoke_t *revoke, const char *name)
{
    oauth_str_t  encoded;

    return oauth_form_find(ngx_oauth_str(&revoke->body), oauth_str_of(name),
                           &encoded)
           == 0;
}


ngx_int_t
ngx_oauth_revoke_read_parameter(ngx_oauth_revoke_t *revoke, const char *name,
    oauth_str_t *value)
{
    oauth_str_t  encoded;

    if (oauth_form_find(ngx_oauth_str(&revoke->body), oauth_str_of(name),
                        &encoded)
        != 0)
    {
        return NGX_DECLINED;
    }

    if (ngx_oauth_revoke_room(revoke, encoded.len) != NGX_OK) {
        return NGX_ERROR;
    }

    revoke->decoded.len = oauth_form_decode(encoded, revoke->decoded.data);
    *value = ngx_oauth_str(&revoke->decoded);

    return NGX_OK;
}


ngx_int_t
ngx_oauth_revoke_read_query(ngx_oauth_revoke_t *revoke,
    oauth_form_pair_t *pairs, size_t *n)
{
    oauth_str_t  query;

    query = ngx_oauth_str(&revoke->request->args);

    if (ngx_oauth_revoke_room(revoke, query.len) != NGX_OK) {
        return NGX_ERROR;
    }

    return (oauth_form_read(query, revoke->decoded.data, pairs,
                            NGX_OAUTH_REVOKE_PAIRS, n)
            == 0)
           ? NGX_OK : NGX_DECLINED;
}


/* What is decoded is not longer than before. */

static ngx_int_t
ngx_oauth_revoke_room(ngx_oauth_revoke_t *revoke, size_t len)
{
    revoke->decoded.data = ngx_pcalloc(revoke->request->pool, len ? len : 1);
    if (revoke->decoded.data == NULL) {
        return NGX_ERROR;
    }

    revoke->decoded.len = len;

    return NGX_OK;
}
