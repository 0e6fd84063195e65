
/*
 * The claims that the configuration uses: those that oauth_header,
 * oauth_require and oauth_claim_set name, and those of the variables that it
 * mentions.  Each gets a number here.  A verified token keeps the texts and
 * members of these claims, and they are found by the number.  The list is in
 * the configuration's pool.
 */


#ifndef NGX_OAUTH_CLAIM_H_INCLUDED
#define NGX_OAUTH_CLAIM_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_token.h"


/* The prefix of the variables $oauth_claim_NAME. */

#define NGX_OAUTH_CLAIM  "oauth_claim_"


/* The numbers of the claims that have a variable of another name. */

enum {
    NGX_OAUTH_CLAIM_SUB = 0,
    NGX_OAUTH_CLAIM_EXP,
    NGX_OAUTH_CLAIMS
};


/*
 * What some variables show that is not just one claim by its name.  These are
 * not numbers of the list: only if the configuration mentions such a variable,
 * what it shows gets one, so that other tokens have no place for it.
 */

enum {
    NGX_OAUTH_SELECTION_ACTOR = 0,          /* act.sub (RFC 8693 section 4.1) */
    NGX_OAUTH_SELECTION_ACTORS,             /* the sub of every actor */
    NGX_OAUTH_SELECTION_CLAIMS                 /* the whole set of claims */
};


/*
 * Creates the list with the numbers above.  Returns NGX_OK, or NGX_ERROR when
 * memory is short.
 */

ngx_int_t ngx_oauth_claim_create(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);

/*
 * Returns NGX_OK; or NGX_ERROR after an [emerg] when the path of a claim has a
 * variable, is empty, or has an empty segment between dots.
 */

ngx_int_t ngx_oauth_claim_check(ngx_conf_t *cf, ngx_str_t *path);

/*
 * Adds a claim to the list, unless the list has it.  Returns NGX_OK and sets
 * *index to its number, or NGX_ERROR when memory is short.  The names of the
 * selection must be in the configuration's pool.
 */

ngx_int_t ngx_oauth_claim_select(ngx_oauth_main_conf_t *mcf,
    oauth_token_select_t *select, ngx_uint_t *index);

/* Returns what one of NGX_OAUTH_SELECTION_ACTOR and so on selects. */

const oauth_token_select_t *ngx_oauth_claim_selection(ngx_uint_t n);

/* Returns 1 when both select the same text. */

ngx_uint_t ngx_oauth_claim_equal(const oauth_token_select_t *a,
    const oauth_token_select_t *b);

/*
 * Adds the claims of all variables that the configuration mentions, and gives
 * the complete list to every issuer.  Sets mcf->shows_scopes, too.  Returns
 * NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_claim_hand_out(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CLAIM_H_INCLUDED */
