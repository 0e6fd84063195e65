
/*
 * The claims that the configuration uses: those of oauth_header,
 * oauth_require, oauth_claim_set and of the variables that it mentions.  A
 * verified token keeps the texts and members of these, by the number that they
 * get here.
 */


#ifndef NGX_OAUTH_CLAIM_H_INCLUDED
#define NGX_OAUTH_CLAIM_H_INCLUDED


#include "ngx_oauth_conf.h"
#include "oauth_token.h"


/* The variables of claims: $oauth_claim_NAME. */

#define NGX_OAUTH_CLAIM  "oauth_claim_"


/* The numbers of claims that have variables of their own. */

enum {
    NGX_OAUTH_CLAIM_SUB = 0,
    NGX_OAUTH_CLAIM_JTI,
    NGX_OAUTH_CLAIM_EXP,
    NGX_OAUTH_CLAIM_CLIENT_ID,          /* and the two that follow: RFC 9068
                                           and its forerunners */
    NGX_OAUTH_CLAIM_AZP,
    NGX_OAUTH_CLAIM_CID,
    NGX_OAUTH_CLAIMS
};


/* Starts the list.  Returns NGX_OK, or NGX_ERROR when memory is short. */

ngx_int_t ngx_oauth_claim_create(ngx_conf_t *cf, ngx_oauth_main_conf_t *mcf);

/*
 * Returns NGX_OK, or NGX_ERROR and an [emerg] where the path has a variable or
 * an empty segment: no claim has such a name.
 */

ngx_int_t ngx_oauth_claim_check(ngx_conf_t *cf, ngx_str_t *path);

/*
 * Selects a claim.  Returns NGX_OK and its number, or NGX_ERROR when memory is
 * short.
 */

ngx_int_t ngx_oauth_claim_select(ngx_oauth_main_conf_t *mcf,
    oauth_token_select_t *select, ngx_uint_t *index);

/*
 * Selects what the variables of the configuration show, and hands the complete
 * list to every issuer.  Returns NGX_OK, or NGX_ERROR when memory is short.
 */

ngx_int_t ngx_oauth_claim_hand_out(ngx_conf_t *cf,
    ngx_oauth_main_conf_t *mcf);


#endif /* NGX_OAUTH_CLAIM_H_INCLUDED */
