
/*
 * Which counters the issuers and resources of a configuration have: an issuer's
 * are found by all that makes it what it is, and a resource's by its URL.  So
 * both keep their numbers over a reload.
 */


#ifndef NGX_OAUTH_CONF_COUNTERS_H_INCLUDED
#define NGX_OAUTH_CONF_COUNTERS_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * In the master, once the configuration is in force: gives each issuer and each
 * resource its counters.  Does nothing where nothing is counted.
 */

void ngx_oauth_conf_counters_claim(ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CONF_COUNTERS_H_INCLUDED */
