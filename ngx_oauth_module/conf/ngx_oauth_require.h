
/*
 * What a token must say, apart from its scopes: the directives oauth_audience
 * (RFC 7519 section 4.1.3) and oauth_require.  Everything is in the
 * configuration's pool.
 */


#ifndef NGX_OAUTH_REQUIRE_H_INCLUDED
#define NGX_OAUTH_REQUIRE_H_INCLUDED


#include "ngx_oauth_conf.h"


/* One oauth_require: the claim must have one of all these values. */

typedef struct {
    oauth_str_t   claim;
    ngx_uint_t    index;                /* the claim's number, which
                                           ngx_oauth_claim_select() gives */
    ngx_array_t  *values;               /* oauth_str_t; NULL: no value without
                                           a variable */
    ngx_array_t  *variables;            /* ngx_http_complex_value_t; NULL:
                                           no value with a variable */
} ngx_oauth_require_t;


/*
 * The handlers of these directives.  They return NGX_CONF_OK, a text for nginx
 * to log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_require_parse_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_require_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* NGX_OAUTH_REQUIRE_H_INCLUDED */
