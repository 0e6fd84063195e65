
/*
 * The directives of oauth_issuer about introspection (RFC 7662): introspect,
 * introspection_endpoint, introspection_cache, and how nginx authenticates to
 * the authorization server (client_id, client_secret_file, client_key_file,
 * client_auth).
 */


#ifndef NGX_OAUTH_CONF_INTROSPECTION_H_INCLUDED
#define NGX_OAUTH_CONF_INTROSPECTION_H_INCLUDED


#include "ngx_oauth_conf.h"


#define NGX_OAUTH_CONF_INTROSPECTION_ISSUERS  4     /* that are asked about one
                                                       token, at most         */


/* The values of introspect and client_auth, for ngx_conf_set_enum_slot. */

extern ngx_conf_enum_t  ngx_oauth_conf_introspection_modes[];
extern ngx_conf_enum_t  ngx_oauth_conf_introspection_auths[];


/*
 * At the end of a block oauth_issuer: sets defaults, checks the directives as a
 * whole, and reads the files.  The secret is in the configuration's pool, and
 * wiped together with it.  Returns NGX_CONF_OK, or NGX_CONF_ERROR after an
 * [emerg].
 */

char *ngx_oauth_conf_introspection_init(ngx_conf_t *cf,
    ngx_oauth_issuer_t *issuer);

/* Returns how many of these issuers are asked about tokens. */

ngx_uint_t ngx_oauth_conf_introspection_count(const ngx_array_t *issuers);

/*
 * Counts the introspecting issuers of a level, and checks that there are not
 * more than may be asked for one request.  NGX_ERROR: an [emerg] was logged.
 */

ngx_int_t ngx_oauth_conf_introspection_check(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf);


#endif /* NGX_OAUTH_CONF_INTROSPECTION_H_INCLUDED */
