
/*
 * The resources of a server (RFC 9728 section 1.2), found by the path of their
 * metadata documents.  Everything is in the configuration's pool, except for
 * the scopes that are being collected for a document.
 */


#ifndef NGX_OAUTH_RESOURCE_H_INCLUDED
#define NGX_OAUTH_RESOURCE_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_metadata.h"
#include "oauth_url.h"


/* A resource and its one document, which several locations may share. */

struct ngx_oauth_resource_s {
    ngx_str_t                  url;
    ngx_oauth_place_t          derived; /* the place of "oauth", when the URL
                                           was derived from server_name and
                                           listen; line 0: oauth_resource has
                                           the URL */
    ngx_str_t                  path;    /* of the document, percent-decoded */
    ngx_str_t                  metadata;    /* the document's URL */
    ngx_str_t                  document;
    ngx_str_t                  documentation;   /* resource_documentation, or
                                                   empty */
    ngx_str_t                  link;    /* the header Link to documentation */
    ngx_array_t                issuers; /* ngx_oauth_issuer_t * */
    ngx_array_t               *members; /* oauth_metadata_member_t */
    oauth_algs_t               dpop;    /* algorithms of proofs, in all of its
                                           locations together */
    oauth_buf_t                scopes;  /* until the document is written */
    ngx_array_t                texts;   /* ngx_oauth_text_t *, shared by the
                                           locations */
    ngx_oauth_counters_resource_t  *counted;
                                        /* set when the configuration is in
                                           force; NULL: nothing is counted */
    ngx_str_node_t             node;    /* by URL, while the counters are given
                                           out */
    size_t                     origin;  /* the length of the URL's origin */
    unsigned                   bearer:1;    /* one of its locations does not
                                               require DPoP */
    unsigned                   mtls:1;  /* one of its locations accepts tokens
                                           that are bound to a certificate */
    unsigned                   reflect:1;   /* every URL below this one is a
                                               resource of its own */
    unsigned                   repeated:1;  /* another server has this URL, too,
                                               and the counters are those of its
                                               resource */
};


/*
 * The handlers of oauth_resource and oauth_metadata.  They return NGX_CONF_OK,
 * a text for nginx to log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_resource_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_resource_parse_metadata(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Adds a location to the resource of this URL, which is created if the server
 * has none.  Returns the resource; or NULL when memory is short, or after an
 * [emerg] when the resource contradicts another one of the server.
 */

ngx_oauth_resource_t *ngx_oauth_resource_create(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location, ngx_str_t *url);

/*
 * Fills in the audience that the resource demands of a token: its own URL, or a
 * URL below it that belongs to no other resource of the server.  The caller
 * adds the values of oauth_audience.  *demand refers to the configuration.
 */

void ngx_oauth_resource_demand(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_demand_t *demand);

/*
 * Returns 1 when the URL is below that of the resource, compared by path
 * segments, and the server has no other resource which it is below more
 * closely.
 */

ngx_uint_t ngx_oauth_resource_has(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_str_t url);


#endif /* NGX_OAUTH_RESOURCE_H_INCLUDED */
