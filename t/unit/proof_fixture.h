
/*
 * What the tests of DPoP proofs share: rules for one request, and proofs that
 * are made from texts with places for values, and signed.  Thumbprints are
 * computed here by other means than in the core.
 */


#ifndef PROOF_FIXTURE_H_INCLUDED
#define PROOF_FIXTURE_H_INCLUDED


#include <openssl/evp.h>

#include "oauth_proof.h"


#define PROOF_NOW      1700000000
#define PROOF_HEADER   "{\"typ\":\"dpop+jwt\",\"alg\":\"$a\",\"jwk\":{$j}}"
#define PROOF_PAYLOAD  "{\"jti\":\"j1\",\"htm\":\"POST\","                     \
                       "\"htu\":\"https://api.example/a/b\","                  \
                       "\"iat\":1700000000,\"ath\":\"$h\"}"

/* The hash of the token "token". */

#define PROOF_ATH      "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A"

#define PROOF_SIZE     43


/*
 * Appends a proof that is signed with alg.  In header and payload $a is the
 * name of alg, $j stands for the members of the key's JWK, $h is PROOF_ATH.
 */

void proof_append(oauth_buf_t *buf, EVP_PKEY *key, oauth_alg_id_t id,
    oauth_str_t header, oauth_str_t payload);

/*
 * Fills the rules for a POST to https://api.example/a/b with the token "token",
 * bound to the key in the header of the proof: its thumbprint is written to
 * dst, PROOF_SIZE characters, which rules point to.  A header without the
 * members that a thumbprint needs gives one that no key has.
 */

void proof_rules(oauth_proof_rules_t *rules, oauth_str_t text, char *dst);


#endif /* PROOF_FIXTURE_H_INCLUDED */
