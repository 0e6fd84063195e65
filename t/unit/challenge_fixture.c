
/*
 * A place of which every fact is known.  All strings are constants, so that
 * nobody owns them.
 */


#include <string.h>

#include "challenge_fixture.h"


oauth_challenge_t
challenge_for(oauth_reason_t reason)
{
    oauth_challenge_t  challenge;

    memset(&challenge, 0, sizeof(oauth_challenge_t));

    challenge.reason = oauth_reason_info(reason);
    challenge.resource = oauth_str(RESOURCE);
    challenge.metadata = oauth_str(METADATA);
    challenge.scope = oauth_str(SCOPE);
    challenge.issuer = oauth_str(ISSUER);

    return challenge;
}


int
challenge_expected(const oauth_challenge_t *challenge)
{
    return challenge->reason->answer == OAUTH_ANSWER_CHALLENGE
           || challenge->reason->answer == OAUTH_ANSWER_REQUEST
           || challenge->reason->answer == OAUTH_ANSWER_TOKEN
           || challenge->reason->answer == OAUTH_ANSWER_PROOF
           || challenge->reason->answer == OAUTH_ANSWER_AUTHENTICATION
           || challenge->reason->answer == OAUTH_ANSWER_SCOPE;
}
