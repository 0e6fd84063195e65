
/*
 * Keys whose private half the targets know: those of t/unit/token_fixture.  An
 * input names one of them as $rsa, $p256, $p384, $p521, $okp or $ed448, and the
 * members of its JWK are inserted in this place.  So a key that the core makes
 * from the input can be asked to verify a signature.  The keys are new each
 * time the program starts, so a finding must be reproducible with any key.
 */


#ifndef SIGNER_H_INCLUDED
#define SIGNER_H_INCLUDED


#include "oauth_alg.h"
#include "oauth_document.h"
#include "oauth_json.h"


/* The text that the signatures cover. */

extern const oauth_str_t  signer_input;


/* Makes the keys and signatures; only the first call does anything. */

void signer_setup(void);

/* Appends text, after replacing names of keys by their members. */

void signer_expand(oauth_buf_t *buf, oauth_str_t text);

/* A good signature over signer_input by the key for this algorithm. */

oauth_str_t signer_signature(oauth_alg_id_t id);

/* Returns 1 if a JWK has the public members of the key for this algorithm. */

int signer_is_own(const json_t *jwk, oauth_alg_id_t id);


#endif /* SIGNER_H_INCLUDED */
