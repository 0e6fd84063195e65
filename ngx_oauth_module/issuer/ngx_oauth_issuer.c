
/*
 * What follows from the configuration of an issuer alone: the identity of its
 * documents in the shared zone, and which certificates its fetches trust.
 * Nothing here allocates memory.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_md5.h>

#include "ngx_oauth_issuer.h"


static void ngx_oauth_issuer_digest(ngx_md5_t *md5, const ngx_str_t *part);


void
ngx_oauth_issuer_write_id(const ngx_oauth_issuer_t *issuer, u_char *id)
{
    ngx_md5_t  md5;

    ngx_md5_init(&md5);

    ngx_oauth_issuer_digest(&md5, &issuer->name);
    ngx_oauth_issuer_digest(&md5, &issuer->issuer);
    ngx_oauth_issuer_digest(&md5, &issuer->config_url);
    ngx_oauth_issuer_digest(&md5, &issuer->jwks_uri);
    ngx_oauth_issuer_digest(&md5, &issuer->certificates);
    ngx_md5_update(&md5, &issuer->rules.algorithms, sizeof(oauth_algs_t));
    ngx_md5_update(&md5, &issuer->allow_http, sizeof(ngx_flag_t));

    ngx_md5_final(id, &md5);
}


void
ngx_oauth_issuer_write_introspection_id(const ngx_oauth_issuer_t *issuer,
    u_char *id)
{
    ngx_md5_t  md5;

    ngx_oauth_issuer_write_id(issuer, id);

    ngx_md5_init(&md5);

    ngx_md5_update(&md5, id, NGX_OAUTH_DOC_ID);
    ngx_oauth_issuer_digest(&md5, &issuer->introspection_endpoint);
    ngx_oauth_issuer_digest(&md5, &issuer->client_id);

    ngx_md5_final(id, &md5);
}


/* The length comes first, so that two parts cannot be taken for one. */

static void
ngx_oauth_issuer_digest(ngx_md5_t *md5, const ngx_str_t *part)
{
    ngx_md5_update(md5, &part->len, sizeof(size_t));

    if (part->len) {
        ngx_md5_update(md5, part->data, part->len);
    }
}


ngx_uint_t
ngx_oauth_issuer_uses_store(const ngx_oauth_issuer_t *issuer)
{
    return issuer->doc
           && issuer->certificates.len == 0
           && issuer->issuer.len > sizeof("https:") - 1
           && ngx_strncmp(issuer->issuer.data, "https:", 6) == 0;
}
