
/*
 * Writes the claims of an assertion and has them signed.  The claims of the
 * token are read once more for it, since most requests need only a few of them.
 * The text of the claims is wiped: it tells who somebody is.
 */


#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "oauth_actor.h"
#include "oauth_assertion.h"
#include "oauth_base64url.h"
#include "oauth_secret.h"


#define OAUTH_ASSERTION_ID  16          /* random bytes in a jti              */


static int oauth_assertion_write(const oauth_assertion_t *assertion,
    const oauth_token_t *token, int64_t now, oauth_buf_t *buf);
static int oauth_assertion_write_id(oauth_buf_t *buf);
static int oauth_assertion_write_copies(const oauth_assertion_t *assertion,
    const oauth_token_t *token, oauth_buf_t *buf);
static void oauth_assertion_name(oauth_buf_t *buf, oauth_str_t name);
static void oauth_assertion_string(oauth_buf_t *buf, oauth_str_t name,
    oauth_str_t value);
static void oauth_assertion_number(oauth_buf_t *buf, oauth_str_t name,
    int64_t value);
static int64_t oauth_assertion_expires(const oauth_assertion_t *assertion,
    const oauth_token_t *token, int64_t now);


oauth_result_t
oauth_assertion_sign(const oauth_assertion_t *assertion,
    const oauth_token_t *token, const oauth_signer_t *signer, int64_t now,
    oauth_buf_t *buf)
{
    oauth_buf_t      claims;
    oauth_result_t   result;

    memset(&claims, 0, sizeof(oauth_buf_t));

    result = OAUTH_NO_MEMORY;

    if (oauth_assertion_write(assertion, token, now, &claims) == 0) {

        if (claims.len > OAUTH_ASSERTION_SIZE) {
            result = OAUTH_INVALID;

        } else if (oauth_signer_sign(signer, oauth_buf_str(&claims), buf)
                   == 0)
        {
            result = OAUTH_DONE;
        }
    }

    oauth_secret_free(&claims);

    return result;
}


int
oauth_assertion_is_reserved(oauth_str_t name)
{
    size_t  i;

    static const oauth_str_t  names[] = {
        oauth_string("iss"), oauth_string("aud"), oauth_string("sub"),
        oauth_string("client_id"), oauth_string("scope"),
        oauth_string("act"), oauth_string("token_iss"), oauth_string("txn"),
        oauth_string("iat"), oauth_string("exp"), oauth_string("jti")
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (oauth_str_equal(name, names[i])) {
            return 1;
        }
    }

    return 0;
}


/* Returns 0, or -1 where memory is short. */

static int
oauth_assertion_write(const oauth_assertion_t *assertion,
    const oauth_token_t *token, int64_t now, oauth_buf_t *buf)
{
    /* Room for most of them, so that no copies are left behind. */

    oauth_buf_reserve(buf, OAUTH_ASSERTION_SIZE);

    oauth_buf_append_literal(buf, "{\"iss\":");
    oauth_json_append_string(assertion->issuer, buf);

    oauth_assertion_string(buf, oauth_str("aud"), assertion->audience);
    oauth_assertion_string(buf, oauth_str("sub"), token->subject);
    oauth_assertion_string(buf, oauth_str("scope"), token->scope);
    oauth_assertion_string(buf, oauth_str("token_iss"), token->rules->issuer);
    oauth_assertion_string(buf, oauth_str("txn"), assertion->transaction);

    oauth_assertion_number(buf, oauth_str("iat"), now);
    oauth_assertion_number(buf, oauth_str("exp"),
                           oauth_assertion_expires(assertion, token, now));

    if (oauth_assertion_write_id(buf) != 0) {
        return -1;
    }

    if (token->shows_client) {
        oauth_assertion_string(buf, oauth_str("client_id"), token->client);
    }

    if (oauth_assertion_write_copies(assertion, token, buf) != 0) {
        return -1;
    }

    oauth_buf_append_literal(buf, "}");

    return buf->failed ? -1 : 0;
}


static int
oauth_assertion_write_id(oauth_buf_t *buf)
{
    unsigned char  random[OAUTH_ASSERTION_ID];

    if (oauth_secret_create(random, sizeof(random)) != 0) {
        return -1;
    }

    oauth_buf_append_literal(buf, ",\"jti\":\"");
    oauth_base64url_append(buf, (oauth_str_t) { sizeof(random), random });
    oauth_buf_append_literal(buf, "\"");

    return 0;
}


static int
oauth_assertion_write_copies(const oauth_assertion_t *assertion,
    const oauth_token_t *token, oauth_buf_t *buf)
{
    size_t                 i;
    const oauth_json_t    *value;
    oauth_token_reading_t  reading;

    if (oauth_token_read(token, &reading) != 0) {
        return -1;
    }

    value = oauth_actor_of(reading.root);

    if (value) {
        oauth_assertion_name(buf, oauth_str("act"));
        oauth_json_append(value, buf);
    }

    for (i = 0; i < assertion->nclaims; i++) {

        value = oauth_json_member(reading.root, assertion->claims[i]);

        if (value) {
            oauth_assertion_name(buf, assertion->claims[i]);
            oauth_json_append(value, buf);
        }
    }

    oauth_token_read_done(&reading);

    return 0;
}


static void
oauth_assertion_name(oauth_buf_t *buf, oauth_str_t name)
{
    oauth_buf_append_literal(buf, ",");
    oauth_json_append_string(name, buf);
    oauth_buf_append_literal(buf, ":");
}


/* Nothing is written for a value that is absent or empty. */

static void
oauth_assertion_string(oauth_buf_t *buf, oauth_str_t name, oauth_str_t value)
{
    if (value.len > 0) {
        oauth_assertion_name(buf, name);
        oauth_json_append_string(value, buf);
    }
}


static void
oauth_assertion_number(oauth_buf_t *buf, oauth_str_t name, int64_t value)
{
    char  text[24];

    (void) snprintf(text, sizeof(text), "%" PRId64, value);

    oauth_assertion_name(buf, name);
    oauth_buf_append_text(buf, text);
}


/* The leeway is for clocks that differ, and makes no token live longer. */

static int64_t
oauth_assertion_expires(const oauth_assertion_t *assertion,
    const oauth_token_t *token, int64_t now)
{
    int64_t  ends, expires;

    expires = now + assertion->ttl;
    ends = token->expires - token->rules->leeway;

    return (token->ends && ends < expires) ? ends : expires;
}
