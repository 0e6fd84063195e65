
/*
 * A token of one algorithm with about 1 KB, and separately everything that the
 * steps of its verification need: its decoded parts, a key set, a cache that
 * holds it, and contexts of OpenSSL that could be kept; and a DPoP proof for
 * it.  If something cannot be made, the program ends.
 */


#ifndef SUBJECT_H_INCLUDED
#define SUBJECT_H_INCLUDED


#include <openssl/evp.h>

#include "oauth_cache.h"
#include "proof_fixture.h"


#define SUBJECT_NOW   1700000000
#define SUBJECT_SIZE  1024              /* characters of the token            */

#define need(expression)  need_check((expression) != 0, #expression)


typedef struct {
    const oauth_alg_t  *alg;
    EVP_PKEY           *pkey;
    oauth_jwks_t       *keys;
    oauth_cache_t      *cache;

    oauth_buf_t         value;          /* of an Authorization header         */
    oauth_str_t         text;
    oauth_jwt_t        *jwt;
    oauth_str_t         segments[3];
    oauth_str_t         parts[3];       /* segments, decoded                  */
    unsigned char       decoded[3][SUBJECT_SIZE];

    EVP_MD             *md;             /* NULL: EdDSA                        */
    EVP_MD_CTX         *digest;         /* EdDSA: ready to verify             */
    EVP_PKEY_CTX       *ctx;            /* others: ready to verify            */
    unsigned char       hash[EVP_MAX_MD_SIZE];
    unsigned int        nhash;
    oauth_buf_t         signature;      /* as OpenSSL wants it                */

    oauth_buf_t         proof;          /* by the same key                    */
    oauth_proof_rules_t rules;
    oauth_proof_key_t  *proof_key;      /* imported when it is first used     */
    char                thumbprint[PROOF_SIZE];
} subject_t;


/* The policy with which all subjects are verified. */

extern const oauth_token_rules_t  subject_policy;


void subject_create(subject_t *s, oauth_alg_id_t id);

void subject_free(subject_t *s);


/* Ends the program if ok is 0. */

void need_check(int ok, const char *what);


#endif /* SUBJECT_H_INCLUDED */
