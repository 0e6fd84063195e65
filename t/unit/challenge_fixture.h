
/*
 * What the tests of oauth_challenge and oauth_problem share: a
 * place, with a refusal for any reason.  The strings are constants.
 */


#ifndef CHALLENGE_FIXTURE_H_INCLUDED
#define CHALLENGE_FIXTURE_H_INCLUDED


#include "oauth_challenge.h"


#define RESOURCE  "https://wiki.example.com/docs"
#define METADATA  "https://wiki.example.com/.well-known/"                     \
                  "oauth-protected-resource/docs"
#define SCOPE     "wiki:read wiki:write"
#define ISSUER    "https://login.example.com/realms/a"


oauth_challenge_t challenge_for(oauth_reason_t reason);

/* 1 when the answer to the reason has a challenge. */

int challenge_expected(const oauth_challenge_t *challenge);


#endif /* CHALLENGE_FIXTURE_H_INCLUDED */
