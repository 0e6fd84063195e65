
/*
 * The scopes that a location demands (RFC 6749 section 3.3), as oauth_scope and
 * its siblings leave them, and the one walk over them.
 */


#ifndef NGX_OAUTH_SCOPE_H_INCLUDED
#define NGX_OAUTH_SCOPE_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * A term of oauth_scope: one of its alternatives is demanded.  They are those
 * of the configuration; what a variable holds never makes another one.
 */

typedef struct {
    ngx_array_t                   *alternatives;
                                        /* ngx_http_complex_value_t */
} ngx_oauth_scope_term_t;


/* One oauth_scope: all of its terms are demanded, for these methods. */

typedef struct {
    ngx_array_t                   *terms;   /* ngx_oauth_scope_term_t */
    ngx_array_t                   *methods; /* ngx_str_t; NULL: every method */
} ngx_oauth_scope_t;


/* Where a walk over the terms of a location stands. */

typedef struct {
    const ngx_oauth_scope_t       *scope;
    ngx_uint_t                     left;    /* directives to come, with this */
    ngx_uint_t                     term;    /* the next one of this directive */
    const ngx_str_t               *method;
} ngx_oauth_scope_walk_t;


/* Returns 1 when the directive is for this method. */

ngx_uint_t ngx_oauth_scope_applies(const ngx_oauth_scope_t *scope,
    const ngx_str_t *method);

/*
 * Starts a walk over the terms that are demanded of requests with this method.
 * scopes: of ngx_oauth_scope_t, or NULL; method: NULL stands for every method.
 */

static ngx_inline ngx_oauth_scope_walk_t
ngx_oauth_scope_start(const ngx_array_t *scopes, const ngx_str_t *method)
{
    ngx_oauth_scope_walk_t  walk;

    walk.scope = scopes ? scopes->elts : NULL;
    walk.left = scopes ? scopes->nelts : 0;
    walk.term = 0;
    walk.method = method;

    return walk;
}


/* Returns the next term, or NULL when there is no more. */

static ngx_inline const ngx_oauth_scope_term_t *
ngx_oauth_scope_next(ngx_oauth_scope_walk_t *walk)
{
    const ngx_oauth_scope_term_t  *terms;

    for ( /* void */ ; walk->left; walk->left--, walk->scope++, walk->term = 0)
    {
        if (walk->term == 0
            && walk->method
            && !ngx_oauth_scope_applies(walk->scope, walk->method))
        {
            continue;
        }

        if (walk->term < walk->scope->terms->nelts) {
            terms = walk->scope->terms->elts;
            return &terms[walk->term++];
        }
    }

    return NULL;
}


/* Returns 1 when this value of the term is "none", which demands nothing. */

ngx_uint_t ngx_oauth_scope_is_none(const ngx_oauth_scope_term_t *term,
    const ngx_str_t *value);


char *ngx_oauth_scope_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_scope_parse_implies(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_scope_parse_advertise(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* NGX_OAUTH_SCOPE_H_INCLUDED */
