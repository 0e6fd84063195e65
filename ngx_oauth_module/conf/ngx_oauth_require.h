
/*
 * What a token must say: the directives oauth_audience (RFC 7519 section 4.1.3)
 * and oauth_require.
 */


#ifndef NGX_OAUTH_REQUIRE_H_INCLUDED
#define NGX_OAUTH_REQUIRE_H_INCLUDED


#include "ngx_oauth_conf.h"


/* oauth_require: the claim has one of the values, of either kind. */

typedef struct {
    oauth_str_t   claim;
    ngx_uint_t    index;                /* of the claim, as it is selected */
    ngx_array_t  *values;               /* oauth_str_t; NULL: none */
    ngx_array_t  *variables;            /* ngx_http_complex_value_t; NULL:
                                           none */
} ngx_oauth_require_t;


char *ngx_oauth_require_parse_audience(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_require_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* NGX_OAUTH_REQUIRE_H_INCLUDED */
