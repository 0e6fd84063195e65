
/*
 * A token that was refused, read once more for the log: what its header says,
 * and why it is not a JWT.  All of it is a stranger's text, and nothing of it
 * decides anything.
 */


#ifndef OAUTH_REFUSED_H_INCLUDED
#define OAUTH_REFUSED_H_INCLUDED


#include "oauth_json.h"


typedef struct {
    const char           *fault;        /* why it is not a JWT, a sentence
                                           about "it"; NULL: header and form
                                           are those of a JWT                 */
    const char           *extension;    /* the header's member that is never
                                           accepted ("crit"), or NULL         */
    oauth_str_t           type;         /* typ and alg, views into header;    */
    oauth_str_t           algorithm;    /* absent: none, or not a string      */
    unsigned              encrypted:1;  /* it has the five parts of a JWE     */
    json_t               *header;
} oauth_refused_t;


/*
 * Fills refused, which oauth_refused_free releases.  Where memory is short,
 * everything is absent.
 */

void oauth_refused_read(oauth_str_t text, oauth_refused_t *refused);

void oauth_refused_free(oauth_refused_t *refused);

/*
 * What is wrong with the payload, as of "malformed" in oauth_claims_t.  NULL:
 * nothing of that kind, or memory is short.
 */

const char *oauth_refused_claim(oauth_str_t text);

/*
 * For credentials that are not a JWT: what they look like and what to do about
 * it, a sentence about "it".  NULL: not like anything that a server issues.
 */

const char *oauth_refused_opaque(oauth_str_t text);


#endif /* OAUTH_REFUSED_H_INCLUDED */
