
/*
 * The arguments of a directive, while nginx reads it.  Errors are logged at
 * [emerg] with the file and the line.  Everything is in the configuration's
 * pool.
 */


#ifndef NGX_OAUTH_ARGS_H_INCLUDED
#define NGX_OAUTH_ARGS_H_INCLUDED


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_oauth_place.h"
#include "ngx_oauth_str.h"


/* A directive, for a warning at the end of the configuration. */

typedef struct {
    ngx_str_t          name;            /* empty: there is none */
    ngx_oauth_place_t  place;
} ngx_oauth_args_directive_t;


/*
 * Adds an element to an array that may be NULL or unset, and is created then.
 * Returns the element, not zeroed, or NULL when memory is short.
 */

void *ngx_oauth_args_push(ngx_conf_t *cf, ngx_array_t **array, size_t size);

/*
 * "off" as the only argument: sets *array to NULL, which stands for an empty
 * list and differs from an unset one.  Returns NGX_CONF_OK, or the error when
 * "off" is not alone on its level.
 */

char *ngx_oauth_args_off(ngx_conf_t *cf, ngx_array_t **array);

/*
 * Returns the arguments from number "first" on, or NULL when memory is short or
 * one of them has a variable, which is logged.
 */

oauth_str_t *ngx_oauth_args_strings(ngx_conf_t *cf, ngx_uint_t first);

/*
 * Returns NGX_OK, or NGX_ERROR where nginx would read a "$" of the value as a
 * variable: an [emerg] says that the directive evaluates none.
 */

ngx_int_t ngx_oauth_args_no_variables(ngx_conf_t *cf, ngx_str_t *value);

/* Returns 1 when nginx would read a "$" of the value as a variable. */

ngx_uint_t ngx_oauth_args_has_variable(ngx_str_t *value);

/*
 * Adds a value that may have variables to an array, which may be NULL.  Returns
 * the element, or NULL and an [emerg] when nginx cannot compile the value.
 */

ngx_http_complex_value_t *ngx_oauth_args_complex(ngx_conf_t *cf,
    ngx_array_t **array, ngx_str_t *value);

/* Notes the directive that is being read, if it is the first of its level. */

void ngx_oauth_args_note(ngx_conf_t *cf,
    ngx_oauth_args_directive_t *directive);


#endif /* NGX_OAUTH_ARGS_H_INCLUDED */
