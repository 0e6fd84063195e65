
/*
 * The chain of actors in the claim "act" (RFC 8693 section 4.1): its form, and
 * its text.  The chain is walked from the outermost actor inwards, and the walk
 * ends after OAUTH_ACTOR_DEPTH actors, whatever follows.
 */


#include "oauth_actor.h"


static const char *oauth_actor_verify_one(const oauth_json_t *actor);


const char *
oauth_actor_verify(const oauth_json_t *claims)
{
    size_t               n;
    const char          *malformed;
    const oauth_json_t  *actor;

    n = 0;

    for (actor = oauth_actor_of(claims);
         actor;
         actor = oauth_actor_of(actor))
    {
        if (n++ == OAUTH_ACTOR_DEPTH) {
            return "act has more than 10 actors";
        }

        malformed = oauth_actor_verify_one(actor);
        if (malformed) {
            return malformed;
        }
    }

    return NULL;
}


/*
 * An iss of another type would let oauth_require find a value in an array of
 * issuers, although the actor is from one of them only.
 */

static const char *
oauth_actor_verify_one(const oauth_json_t *actor)
{
    oauth_str_t  sub, issuer;

    if (!oauth_json_is(actor, OAUTH_JSON_OBJECT)) {
        return "act is not an object";
    }

    if (oauth_json_string(actor, oauth_str("sub"), &sub) != 1
        || sub.len == 0)
    {
        return "act has no sub that is a string and not empty";
    }

    if (oauth_json_optional_string(actor, oauth_str("iss"), &issuer) < 0) {
        return "iss of act is not a string";
    }

    return NULL;
}


const oauth_json_t *
oauth_actor_of(const oauth_json_t *object)
{
    const oauth_json_t  *actor;

    actor = oauth_json_member(object, oauth_str("act"));

    return oauth_json_is(actor, OAUTH_JSON_NULL) ? NULL : actor;
}


int
oauth_actor_write(const oauth_json_t *claims, oauth_buf_t *buf)
{
    size_t               start;
    const oauth_json_t  *actor;

    start = buf->len;

    for (actor = oauth_actor_of(claims);
         actor;
         actor = oauth_actor_of(actor))
    {
        if (buf->len > start) {
            oauth_buf_append_literal(buf, ",");
        }

        oauth_json_write_element(buf,
                                 oauth_json_str(oauth_json_member(actor,
                                                          oauth_str("sub"))));
    }

    return oauth_json_text_check(buf, start);
}
