
/*
 * The table of the module's directives, to which the module's own structure
 * points.  It says for each directive where it may stand, and what reads it.
 */


#ifndef NGX_OAUTH_DIRECTIVES_H_INCLUDED
#define NGX_OAUTH_DIRECTIVES_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>


/* It ends with a row of all zero. */

extern ngx_command_t  ngx_oauth_directives[];


#endif /* NGX_OAUTH_DIRECTIVES_H_INCLUDED */
