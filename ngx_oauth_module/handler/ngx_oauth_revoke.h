
/*
 * The directive oauth_revoke, which makes a location take revocations: of a
 * token by whoever has it, by an administrator, by signals of an authorization
 * server, or by its logout tokens.
 */


#ifndef NGX_OAUTH_REVOKE_H_INCLUDED
#define NGX_OAUTH_REVOKE_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


/*
 * The handler of the directive.  Returns NGX_CONF_OK, a text for nginx to log,
 * or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_revoke_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* NGX_OAUTH_REVOKE_H_INCLUDED */
