
/*
 * Scopes (RFC 6749 section 3.3): case-sensitive words, separated by SP and by
 * nothing else; a hierarchy of scopes that grant others; terms "a|b" of the
 * configuration, which are met by one of their alternatives.  Only there is "|"
 * a sign: in a value and in a token it is a part of a scope's name.
 */


#ifndef OAUTH_SCOPE_H_INCLUDED
#define OAUTH_SCOPE_H_INCLUDED


#include "oauth.h"


#define OAUTH_SCOPE_TERMS  128          /* scopes in a value, at most         */
#define OAUTH_SCOPE_SIZE   8192         /* bytes of a value, at most          */


/* Who has the scope also has the implied ones, and what these imply. */

typedef struct {
    oauth_str_t           scope;
    const oauth_str_t    *implied;
    size_t                nimplied;
} oauth_scope_rule_t;


/* 1 when s is a scope-token: one or more of %x21 / %x23-5B / %x5D-7E. */

int oauth_scope_valid(oauth_str_t s);

/*
 * Takes the next word off *rest, which moves on.  1 and *word, or 0 at the
 * end.  Splits at SP only; runs of SP count as one.
 */

int oauth_scope_next(oauth_str_t *rest, oauth_str_t *word);

/*
 * Takes the next alternative off a term "a|b" as it is written in the
 * configuration: 1 and *text, or 0 at the end.  An empty alternative is
 * returned as an empty string.
 */

int oauth_scope_alternative(oauth_str_t *term, oauth_str_t *text);

/*
 * 1 when a value has so few scopes and bytes that it can be asked of a token.
 * The value may be the client's: each scope costs a walk over all that the
 * token has.
 */

int oauth_scope_bounded(oauth_str_t value);

/*
 * 1 when granted (separated by spaces) has the scope, by itself or through the
 * rules, which may form circles.
 */

int oauth_scope_granted(oauth_str_t granted, oauth_str_t scope,
    const oauth_scope_rule_t *rules, size_t nrules);

/* Appends scope to the space-separated words in buf, unless it is there. */

void oauth_scope_append(oauth_buf_t *buf, oauth_str_t scope);


#endif /* OAUTH_SCOPE_H_INCLUDED */
