
/*
 * Finds the counters of issuers and resources in the shared zone.  Resources
 * with the same URL in several servers share their counters.
 */


#include <ngx_md5.h>

#include "ngx_oauth_conf_counters.h"
#include "ngx_oauth_event.h"
#include "ngx_oauth_resource.h"


static void ngx_oauth_conf_counters_issuers(ngx_oauth_main_conf_t *mcf,
    ngx_uint_t claim);
static void ngx_oauth_conf_counters_resources(ngx_oauth_main_conf_t *mcf,
    ngx_uint_t claim);
static void ngx_oauth_conf_counters_resource(ngx_oauth_counters_t *counters,
    ngx_rbtree_t *seen, ngx_oauth_resource_t *resource, ngx_uint_t claim);


void
ngx_oauth_conf_counters_claim(ngx_oauth_main_conf_t *mcf)
{
    ngx_uint_t  claim;

    if (mcf->counters == NULL) {
        return;
    }

    ngx_oauth_counters_claim(mcf->counters);

    for (claim = 0; claim <= 1; claim++) {
        ngx_oauth_conf_counters_issuers(mcf, claim);
        ngx_oauth_conf_counters_resources(mcf, claim);
    }
}


/* Keeps the entries of those that have some; with claim, gives each its own. */

static void
ngx_oauth_conf_counters_issuers(ngx_oauth_main_conf_t *mcf, ngx_uint_t claim)
{
    u_char                id[NGX_OAUTH_COUNTERS_ID];
    ngx_uint_t            i;
    ngx_oauth_issuer_t  **issuers;

    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        ngx_oauth_issuer_write_id(issuers[i], id);

        if (!claim) {
            ngx_oauth_counters_keep(mcf->counters, NGX_OAUTH_COUNTERS_ISSUER,
                                    id);
            continue;
        }

        issuers[i]->counters = mcf->counters;
        issuers[i]->counted = ngx_oauth_counters_claim_entry(mcf->counters,
                                               NGX_OAUTH_COUNTERS_ISSUER, id);
    }
}


/* Does the same for resources. */

static void
ngx_oauth_conf_counters_resources(ngx_oauth_main_conf_t *mcf, ngx_uint_t claim)
{
    ngx_uint_t                  i, k;
    ngx_rbtree_t                seen;
    ngx_rbtree_node_t           sentinel;
    ngx_oauth_resource_t      **resources;
    ngx_oauth_conf_location_t  *locations;

    ngx_rbtree_init(&seen, &sentinel, ngx_str_rbtree_insert_value);

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {

        if (!locations[i].top) {
            continue;
        }

        resources = locations[i].server->resources.elts;

        for (k = 0; k < locations[i].server->resources.nelts; k++) {
            ngx_oauth_conf_counters_resource(mcf->counters, &seen,
                                             resources[k], claim);
        }
    }
}


static void
ngx_oauth_conf_counters_resource(ngx_oauth_counters_t *counters,
    ngx_rbtree_t *seen, ngx_oauth_resource_t *resource, ngx_uint_t claim)
{
    u_char                 id[NGX_OAUTH_COUNTERS_ID];
    uint32_t               hash;
    ngx_md5_t              md5;
    ngx_str_node_t        *node;
    ngx_oauth_resource_t  *first;

    hash = ngx_crc32_long(resource->url.data, resource->url.len);
    node = ngx_str_rbtree_lookup(seen, &resource->url, hash);

    if (node) {
        first = ngx_oauth_container(node, ngx_oauth_resource_t, node);
        resource->counted = first->counted;
        resource->repeated = 1;
        return;
    }

    resource->node.node.key = hash;
    resource->node.str = resource->url;
    ngx_rbtree_insert(seen, &resource->node.node);

    ngx_md5_init(&md5);
    ngx_md5_update(&md5, resource->url.data, resource->url.len);
    ngx_md5_final(id, &md5);

    if (claim) {
        resource->counted = ngx_oauth_counters_claim_entry(counters,
                                             NGX_OAUTH_COUNTERS_RESOURCE, id);

    } else {
        ngx_oauth_counters_keep(counters, NGX_OAUTH_COUNTERS_RESOURCE, id);
    }
}
