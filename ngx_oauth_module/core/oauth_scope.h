
/*
 * Scopes (RFC 6749 section 3.3): case-sensitive words that are separated by
 * spaces (SP) and by nothing else; rules by which a scope implies others; and
 * terms "a|b" of the configuration, for which one of the alternatives is
 * enough.  Only in a term has "|" a meaning: in a value and in a token it is
 * part of a scope's name.  Words are views of the string that they are in.
 */


#ifndef OAUTH_SCOPE_H_INCLUDED
#define OAUTH_SCOPE_H_INCLUDED


#include "oauth.h"


#define OAUTH_SCOPE_TERMS  128          /* scopes in a value, at most         */
#define OAUTH_SCOPE_SIZE   8192         /* bytes of a value, at most          */


/* Whoever has the scope also has the implied ones, and what these imply. */

typedef struct {
    oauth_str_t           scope;
    const oauth_str_t    *implied;
    size_t                nimplied;
} oauth_scope_rule_t;


/* 1 when s is a scope-token: one or more of %x21, %x23-5B, %x5D-7E; else 0. */

int oauth_scope_valid(oauth_str_t s);

/*
 * Takes the next word from the beginning of *rest.  Returns 1 and fills *word;
 * 0: there is no further word.  Several spaces count as one.
 */

int oauth_scope_next(oauth_str_t *rest, oauth_str_t *word);

/*
 * Takes the next alternative from the beginning of a term "a|b" of the
 * configuration.  Returns 1 and fills *text, which may be empty; 0: there is no
 * further alternative.
 */

int oauth_scope_alternative(oauth_str_t *term, oauth_str_t *text);

/*
 * 1 when a value has at most OAUTH_SCOPE_TERMS scopes and OAUTH_SCOPE_SIZE
 * bytes, else 0.  The value may come from the client, and to look for one scope
 * costs a walk over all that the token has.
 */

int oauth_scope_bounded(oauth_str_t value);

/*
 * 1 when granted (separated by spaces) has the scope, by itself or through the
 * rules, which may form circles; else 0.
 */

int oauth_scope_granted(oauth_str_t granted, oauth_str_t scope,
    const oauth_scope_rule_t *rules, size_t nrules);

/*
 * These append to the words in buf, with a space between two words.  Where
 * memory is short, buf->failed is set.  The first one appends a scope that is
 * not empty and not there yet.
 */

void oauth_scope_append(oauth_buf_t *buf, oauth_str_t scope);

/* Appends each word that is a scope-token, also where it is there already. */

void oauth_scope_append_words(oauth_buf_t *buf, oauth_str_t words);

/* Does the same with one word, which is not split at spaces. */

void oauth_scope_append_word(oauth_buf_t *buf, oauth_str_t word);


#endif /* OAUTH_SCOPE_H_INCLUDED */
