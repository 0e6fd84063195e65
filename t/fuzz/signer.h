
/*
 * Keys whose private half the targets have, those of t/unit/token_fixture: an
 * input names one as $rsa, $p256, $p384, $p521 or $okp and gets the members of
 * its JWK in this place, so that what the core makes of them can be asked to
 * verify.  They are made when the program starts: a finding has to be
 * reproducible with any key.
 */


#ifndef SIGNER_H_INCLUDED
#define SIGNER_H_INCLUDED


#include "oauth_alg.h"
#include "oauth_json.h"


/* What is signed. */

extern const oauth_str_t  signer_input;


/* Makes keys and signatures; further calls do nothing. */

void signer_setup(void);

/* Appends text, names of keys replaced by the members. */

void signer_expand(oauth_buf_t *buf, oauth_str_t text);

/* A good signature over signer_input, by the key for that algorithm. */

oauth_str_t signer_signature(oauth_alg_id_t id);

/* 1 when a JWK has the public members of the key for that algorithm. */

int signer_is_own(const json_t *jwk, oauth_alg_id_t id);


#endif /* SIGNER_H_INCLUDED */
