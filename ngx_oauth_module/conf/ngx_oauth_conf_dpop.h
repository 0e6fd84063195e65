
/*
 * The directives oauth_dpop and oauth_dpop_replay (RFC 9449): where clients
 * have to prove, or may prove, that they have the key of their token.
 * Everything is in the configuration's pool.
 */


#ifndef NGX_OAUTH_CONF_DPOP_H_INCLUDED
#define NGX_OAUTH_CONF_DPOP_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * The handler of the directive oauth_dpop.  It returns NGX_CONF_OK, a text for
 * nginx to log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_conf_dpop_parse(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * nginx calls this when it has stored the value of oauth_dpop_replay: notes the
 * place of the directive.  Returns NGX_CONF_OK.
 */

char *ngx_oauth_conf_dpop_replay(ngx_conf_t *cf, void *post, void *data);

/*
 * A level without the directive gets the mode and all parameters of the level
 * around it; without one there, the mode is NGX_OAUTH_DPOP_OFF.
 */

void ngx_oauth_conf_dpop_merge(ngx_oauth_conf_dpop_t *conf,
    const ngx_oauth_conf_dpop_t *prev);

/*
 * At the end of the configuration, for a protected level whose issuers are
 * known, and whose resource has this URL: computes which algorithms and which
 * origin a proof must have, and notes for how long a proof may be good.
 * Returns NGX_OK, or NGX_ERROR when memory is short or the URL has no origin.
 */

ngx_int_t ngx_oauth_conf_dpop_finish(ngx_conf_t *cf,
    ngx_oauth_loc_conf_t *lcf, const ngx_str_t *url);

/*
 * Writes the names of the algorithms, with a space between them.  Returns
 * NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_conf_dpop_names(ngx_conf_t *cf, oauth_algs_t algorithms,
    ngx_str_t *names);


#endif /* NGX_OAUTH_CONF_DPOP_H_INCLUDED */
