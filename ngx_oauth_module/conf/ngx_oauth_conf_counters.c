
/*
 * Finds the counters of issuers and resources in the shared zone.  Resources
 * with the same URL in several servers share their counters.
 */


#include <ngx_md5.h>

#include "ngx_oauth_conf_counters.h"
#include "ngx_oauth_resource.h"


static void ngx_oauth_conf_counters_claim_server(
    ngx_oauth_counters_t *counters, ngx_oauth_srv_conf_t *server);


void
ngx_oauth_conf_counters_claim(ngx_oauth_main_conf_t *mcf)
{
    u_char                      id[NGX_OAUTH_COUNTERS_ID];
    ngx_uint_t                  i;
    ngx_oauth_issuer_t        **issuers;
    ngx_oauth_conf_location_t  *locations;

    if (mcf->counters == NULL) {
        return;
    }

    ngx_oauth_counters_claim(mcf->counters);

    issuers = mcf->issuers.elts;

    for (i = 0; i < mcf->issuers.nelts; i++) {

        ngx_oauth_issuer_write_id(issuers[i], id);

        issuers[i]->counters = mcf->counters;
        issuers[i]->counted = ngx_oauth_counters_claim_issuer(mcf->counters,
                                                              id);
    }

    locations = mcf->locations.elts;

    for (i = 0; i < mcf->locations.nelts; i++) {
        if (locations[i].top) {
            ngx_oauth_conf_counters_claim_server(mcf->counters,
                                                 locations[i].server);
        }
    }
}


static void
ngx_oauth_conf_counters_claim_server(ngx_oauth_counters_t *counters,
    ngx_oauth_srv_conf_t *server)
{
    u_char                  id[NGX_OAUTH_COUNTERS_ID];
    ngx_md5_t               md5;
    ngx_uint_t              i;
    ngx_oauth_resource_t  **resources;

    resources = server->resources.elts;

    for (i = 0; i < server->resources.nelts; i++) {

        ngx_md5_init(&md5);
        ngx_md5_update(&md5, resources[i]->url.data, resources[i]->url.len);
        ngx_md5_final(id, &md5);

        resources[i]->counted = ngx_oauth_counters_claim_resource(counters,
                                                                  id);
    }
}
