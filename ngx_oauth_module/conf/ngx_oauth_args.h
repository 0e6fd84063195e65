
/*
 * The arguments of the directive that nginx is reading: checks and conversions
 * that several directives share.  Errors are logged at [emerg] with the file
 * and the line.  Everything is in the configuration's pool.
 */


#ifndef NGX_OAUTH_ARGS_H_INCLUDED
#define NGX_OAUTH_ARGS_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_oauth_place.h"
#include "ngx_oauth_str.h"


/*
 * A directive and its place, kept for warnings at the end of the configuration.
 */

typedef struct {
    ngx_str_t          name;            /* empty: no directive */
    ngx_oauth_place_t  place;
} ngx_oauth_args_directive_t;


/*
 * Adds an element to an array, and creates the array if it is NULL or unset.
 * Returns the element, which is not zeroed, or NULL when memory is short.
 */

void *ngx_oauth_args_push(ngx_conf_t *cf, ngx_array_t **array, size_t size);

/* Returns 1 when one of the arguments is "off". */

ngx_uint_t ngx_oauth_args_has_off(ngx_conf_t *cf);

/*
 * Accepts an argument "off": sets *array to NULL, which is an empty list, while
 * an unset array is inherited.  Returns NGX_CONF_OK, or a text for nginx to log
 * when "off" is not the only value on its level.
 */

char *ngx_oauth_args_off(ngx_conf_t *cf, ngx_array_t **array);

/*
 * Returns the arguments from number "first" on (the directive's name is number
 * 0), or NULL when memory is short, or after an [emerg] when an argument has a
 * variable.
 */

oauth_str_t *ngx_oauth_args_strings(ngx_conf_t *cf, ngx_uint_t first);

/*
 * Adds all arguments to an array of oauth_str_t, which is unset at first, or
 * accepts "off" as ngx_oauth_args_off() does.  Returns NGX_CONF_OK; a text for
 * nginx to log when one is empty, or when there are values and "off" on one
 * level; or NGX_CONF_ERROR when memory is short, or after an [emerg] when one
 * has a variable.
 */

char *ngx_oauth_args_strings_or_off(ngx_conf_t *cf, ngx_array_t **array);

/*
 * Returns NGX_OK; or NGX_ERROR when nginx would read a "$" of the value as a
 * variable, after an [emerg] that this directive evaluates no variables.
 */

ngx_int_t ngx_oauth_args_no_variables(ngx_conf_t *cf, ngx_str_t *value);

/* Returns 1 when nginx would read a "$" of the value as a variable. */

ngx_uint_t ngx_oauth_args_has_variable(ngx_str_t *value);

/*
 * Compiles a value that may have variables, and adds it to an array as
 * ngx_oauth_args_push() does.  Returns the element; or NULL when memory is
 * short, or when nginx has logged an [emerg] because it cannot compile the
 * value.
 */

ngx_http_complex_value_t *ngx_oauth_args_complex(ngx_conf_t *cf,
    ngx_array_t **array, ngx_str_t *value);

/*
 * Notes the directive that nginx is reading, unless *directive already has one:
 * the first one of a level stays.
 */

void ngx_oauth_args_note(ngx_conf_t *cf,
    ngx_oauth_args_directive_t *directive);


#endif /* NGX_OAUTH_ARGS_H_INCLUDED */
