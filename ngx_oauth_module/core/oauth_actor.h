
/*
 * Who acts for the subject of a token: the claim "act" (RFC 8693 section 4.1).
 * An actor is an object that names somebody by its "sub".  It may have an "act"
 * of its own, which is the actor before it, so that actors form a chain.  Only
 * the first one, the outermost, acts now; the others are there to be known, and
 * decide nothing.  The claim "may_act" is not looked at.  Nothing is copied.
 */


#ifndef OAUTH_ACTOR_H_INCLUDED
#define OAUTH_ACTOR_H_INCLUDED


#include "oauth_json.h"


#define OAUTH_ACTOR_DEPTH  10       /* actors of a chain, at most             */


/*
 * Verifies the form of all actors of a token, whose claims are the members of
 * that object.  Returns NULL: it is good, or there is no actor; else a constant
 * sentence that says what is wrong.  Every actor must be an object and have a
 * sub that is a string and not empty; its iss, if it has one, must be a string.
 * An act that is null counts as absent, and so does an iss that is null, ""
 * or [].
 */

const char *oauth_actor_verify(const oauth_json_t *claims);

/*
 * Returns the actor of a token, or the one before an actor: the member act of
 * an object.  NULL: there is none, or it is null.
 */

const oauth_json_t *oauth_actor_of(const oauth_json_t *object);

/*
 * Appends the sub of each actor, the outermost first, as oauth_json_text does
 * with the elements of an array.  It appends nothing where there is no actor.
 * The actors must have been verified.  Returns 0, or -1 like oauth_json_text.
 */

int oauth_actor_write(const oauth_json_t *claims, oauth_buf_t *buf);


#endif /* OAUTH_ACTOR_H_INCLUDED */
