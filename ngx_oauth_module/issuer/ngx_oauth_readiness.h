
/*
 * Readiness: what agents will trip over at an issuer's server, by the metadata
 * that a worker has fetched and by the configuration in force.  The findings
 * are computed anew whenever somebody asks, and logged when they change.
 */


#ifndef NGX_OAUTH_READINESS_H_INCLUDED
#define NGX_OAUTH_READINESS_H_INCLUDED


#include "ngx_oauth_issuer.h"
#include "oauth_readiness.h"


/*
 * Fills in the findings, which oauth_readiness_free releases in any case.
 * NGX_OK; NGX_DECLINED: no metadata was read, because jwks_uri or jwks_file is
 * set, or none was fetched yet; NGX_ERROR: no memory.
 */

ngx_int_t ngx_oauth_readiness_check(const ngx_oauth_issuer_t *issuer,
    oauth_readiness_t *readiness, ngx_log_t *log);

/*
 * Logs each finding with its remedy, unless some worker has logged the same
 * findings before.
 */

void ngx_oauth_readiness_log(const ngx_oauth_issuer_t *issuer, ngx_log_t *log);


#endif /* NGX_OAUTH_READINESS_H_INCLUDED */
