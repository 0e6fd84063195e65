
/*
 * The scopes that a location demands (RFC 6749 section 3.3): what the
 * directives oauth_scope, oauth_scope_implies and oauth_scope_advertise leave,
 * and the one walk over the terms of oauth_scope.  Everything is in the
 * configuration's pool.
 */


#ifndef NGX_OAUTH_SCOPE_H_INCLUDED
#define NGX_OAUTH_SCOPE_H_INCLUDED


#include "ngx_oauth_conf.h"


/*
 * A term of oauth_scope: a token must have one of its alternatives.  A "|" in
 * the configuration separates them; a "|" in the value of a variable does not.
 */

typedef struct {
    ngx_array_t                   *alternatives;
                                        /* ngx_http_complex_value_t */
} ngx_oauth_scope_term_t;


/* One oauth_scope: requests with these methods must meet all its terms. */

typedef struct {
    ngx_array_t                   *terms;   /* ngx_oauth_scope_term_t */
    ngx_array_t                   *methods; /* ngx_str_t; NULL: every method */
} ngx_oauth_scope_t;


/* The position of a walk over the terms of a location. */

typedef struct {
    const ngx_oauth_scope_t       *scope;
    ngx_uint_t                     left;    /* directives that are left, this
                                               one included */
    ngx_uint_t                     term;    /* the next one of this directive */
    const ngx_str_t               *method;
} ngx_oauth_scope_walk_t;


/*
 * Returns 1 when the directive demands its scopes of requests with this method.
 */

ngx_uint_t ngx_oauth_scope_applies(const ngx_oauth_scope_t *scope,
    const ngx_str_t *method);

/*
 * Starts a walk over the terms that requests with this method must meet.
 * scopes is an array of ngx_oauth_scope_t, or NULL.  With a method of NULL, the
 * walk goes over the terms of all methods.
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


/* Returns the next term, or NULL after the last one. */

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


/*
 * Returns 1 when this value of the term's alternative is "none" and it is the
 * only alternative: then the term demands nothing.
 */

ngx_uint_t ngx_oauth_scope_is_none(const ngx_oauth_scope_term_t *term,
    const ngx_str_t *value);


/*
 * The handlers of these directives.  They return NGX_CONF_OK, a text for nginx
 * to log, or NGX_CONF_ERROR after an [emerg].
 */

char *ngx_oauth_scope_parse(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_oauth_scope_parse_implies(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_oauth_scope_parse_advertise(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


#endif /* NGX_OAUTH_SCOPE_H_INCLUDED */
