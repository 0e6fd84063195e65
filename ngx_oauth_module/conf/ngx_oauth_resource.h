
/*
 * The resources of a server (RFC 9728 section 1.2): a table by the path of
 * their metadata documents.
 */


#ifndef NGX_OAUTH_RESOURCE_H_INCLUDED
#define NGX_OAUTH_RESOURCE_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_metadata.h"
#include "oauth_url.h"


/* One document, however many locations share it. */

struct ngx_oauth_resource_s {
    ngx_str_t                  url;
    ngx_oauth_place_t          derived; /* of the directive oauth from which the
                                           URL follows; line 0: the URL is
                                           written */
    ngx_str_t                  path;    /* of the document, decoded */
    ngx_str_t                  metadata;    /* the document's URL */
    ngx_str_t                  document;
    ngx_str_t                  documentation;   /* resource_documentation, or
                                                   empty */
    ngx_str_t                  link;    /* to it, as the value of Link */
    ngx_array_t                issuers; /* ngx_oauth_issuer_t * */
    ngx_array_t               *members; /* oauth_metadata_member_t */
    oauth_buf_t                scopes;  /* while the document is built */
    ngx_array_t                texts;   /* ngx_oauth_text_t *, shared by the
                                           locations */
    size_t                     origin;  /* the length of the URL's origin */
    unsigned                   reflect:1;   /* URLs below are resources */
};


/* The directives oauth_resource and oauth_metadata. */

char *ngx_oauth_resource_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_resource_parse_metadata(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * Returns the resource of this URL in the location's server, new or shared,
 * with what the location adds to its document; or NULL and an [emerg].
 */

ngx_oauth_resource_t *ngx_oauth_resource_create(ngx_conf_t *cf,
    ngx_oauth_conf_location_t *location, ngx_str_t *url);

/*
 * Fills in the audience that the resource demands, without further values:
 * its own URL, and the URLs below it that belong to no other resource of the
 * server.
 */

void ngx_oauth_resource_demand(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_demand_t *demand);

/*
 * Returns 1 when the URL is below the resource by path segment and belongs to
 * no more specific resource of the server.
 */

ngx_uint_t ngx_oauth_resource_has(const ngx_oauth_srv_conf_t *scf,
    const ngx_oauth_resource_t *resource, oauth_str_t url);


#endif /* NGX_OAUTH_RESOURCE_H_INCLUDED */
